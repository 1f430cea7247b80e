import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { makeRegressionDatabase } from '../../testbed/regression-database.js';
import { startPostgres, type PostgresServer } from '../../testbed/postgres.js';
import { BackupRuns } from '../commands/backup-runs.js';
import { backUp } from '../engine/backup-trial.js';
import { expectSameAsPgDump } from './reader-trial.js';
import { deepTest, few } from '../helpers/depth.js';

describe("the database that PostgreSQL's regression tests leave", () => {
  let server: PostgresServer;
  let runs: BackupRuns;
  let regression: string;

  beforeAll(async () => {
    // Of its own, as the scripts make roles and change settings.
    server = await startPostgres({ version: 15, settings: { allow_in_place_tablespaces: 'on' } });
    runs = await BackupRuns.create(server);
    regression = await makeRegressionDatabase(server);
  }, 600_000);
  afterAll(async () => {
    runs.close();
    await server.stop();
  });

  test.each(few([1], ['0', '1']))('is read by many readers as by pg_dump (dump-compress %s)', async (compress) => {
    const archive = await expectSameAsPgDump(runs, regression, { compress });
    expect(archive.blocks.length).toBeGreaterThan(300);
    expect(archive.entries.length).toBeGreaterThan(2000);
  });

  deepTest('is read by many readers as by pg_dump, through the roots of its partitions', async () => {
    await expectSameAsPgDump(runs, regression, { options: ['--load-via-partition-root', '--quote-all-identifiers'] });
  });

  test('is restored, and each definition and each row of it is found to be the same', async () => {
    const trial = await backUp(server, regression, server);
    const { result } = await trial.restore({ strategy: 'auto', with: { verify: 'content', 'skip-checks': 'true' } });
    expect(result.stdout).toMatch(/^ok +definitions: (1,\d{3}) of \1$/m);
    expect(result.stdout).toMatch(/^ok +contents of tables: (5\d\d) of \1 \(not compared, large objects: /m);
  });
});
