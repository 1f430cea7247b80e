import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { startPostgres, type PostgresServer } from '../../testbed/postgres.js';
import { BackupRuns } from '../commands/backup-runs.js';
import { createDatabase } from '../helpers/databases.js';
import '../helpers/run-action.js';
import { until } from '../postgres/toolbox/processes.js';
import { BANK, startTransfers, expectWholeBank } from './bank.js';
import { backUpByReaders, expectSameAsPgDump } from './reader-trial.js';
import { deepTest } from '../helpers/depth.js';

let primary: PostgresServer;
let standby: PostgresServer;
let runs: BackupRuns;
let database: string;

beforeAll(async () => {
  primary = await startPostgres({ settings: { max_wal_senders: '4', wal_keep_size: '512MB' } });
  database = await createDatabase(primary, { sql: `${BANK} CREATE UNLOGGED TABLE unlogged AS SELECT 1 AS a;` });
  standby = await startPostgres({
    primary,
    settings: { hot_standby_feedback: 'on', max_wal_senders: '4', max_standby_streaming_delay: '-1' },
  });
  runs = await BackupRuns.create(standby);
});
afterAll(async () => {
  runs.close();
  await standby.stop();
  await primary.stop();
});

/** Waits until the standby has all that the primary has written. */
async function caughtUp(): Promise<void> {
  const at = await primary.psql('postgres', 'SELECT pg_current_wal_lsn()');
  await until(async () => (await standby.psql('postgres', `SELECT pg_last_wal_replay_lsn() >= '${at}'`)) === 't');
}

deepTest('an archive that many readers make of a standby is as pg_dump makes it', async () => {
  await caughtUp();
  expect(await standby.psql(database, 'SELECT pg_is_in_recovery()')).toBe('t');
  const archive = await expectSameAsPgDump(runs, database);
  // A standby has no rows of a table that is not written to the log.
  expect(archive.entries.filter(({ tag }) => tag === 'unlogged').map(({ desc }) => desc)).toEqual(['TABLE']);
});

test('readers of a standby see one state of a bank whose primary is written to', async () => {
  const transfers = startTransfers(primary, database, 2);
  try {
    const archive = await backUpByReaders(runs, database, { compress: '1' });
    await expectWholeBank(primary, archive);
  } finally {
    await transfers.stop();
  }
});
