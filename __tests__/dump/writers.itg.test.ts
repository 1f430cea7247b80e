import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { BackupRuns, checked } from '../commands/backup-runs.js';
import { createDatabase, dropDatabase } from '../helpers/databases.js';
import '../helpers/run-action.js';
import { BANK, expectWholeBank, startTransfers, transfersMade } from './bank.js';
import { HeldReaders } from './held-readers.js';
import { few } from '../helpers/depth.js';

let runs: BackupRuns;
let database: string;

beforeAll(async () => {
  runs = await BackupRuns.create();
  database = await createDatabase(runs.postgres, { sql: BANK });
});
afterAll(async () => {
  await dropDatabase(runs.postgres, database);
  runs.close();
});

test.each(few([1], ['0', '1']))(
  'readers see one state of a bank while money is transferred (dump-compress %s)',
  async (compress) => {
    const transfers = startTransfers(runs.postgres, database, 3);
    try {
      await transfersMade(runs.postgres, database, 50);
      const held = await HeldReaders.start(runs, database, { compress });
      // The snapshot is old by now, and the tables have grown.
      await transfersMade(runs.postgres, database, 300);
      held.letGo();
      const result = await checked(held.handle, runs.inputs(database));
      await held.end();
      expect(result).toMatchObject({ exitCode: 0 });
      const now = Number(await runs.postgres.psql(database, 'SELECT count(*) FROM ledger'));
      const { transfers: seen } = await expectWholeBank(runs.postgres, await runs.bucket.get(`${database}/one.dump`));
      expect(seen).toBeGreaterThan(49);
      expect(seen).toBeLessThan(now);
    } finally {
      await transfers.stop();
    }
  },
);
