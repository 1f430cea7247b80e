import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { beginUnit, commitUnit, createJournal, readJournal, type JournalHeader } from '../../src/engine/journal.js';
import type { PsqlSession } from '../../src/postgres/session.js';
import { Sessions } from '../../src/postgres/sessions.js';
import { createToolbox } from '../../src/postgres/toolbox/create-toolbox.js';
import type { Toolbox } from '../../src/postgres/toolbox.js';
import { exitError } from '../../src/process/exit-message.js';
import { NullLogger } from '../../src/report/memory-logger.js';
import { createDatabase, dropDatabase } from '../helpers/databases.js';
import { sharedPostgres } from '../helpers/shared-servers.js';
import { unit } from '../plan/units.js';

const HEADER: Omit<JournalHeader, 'format'> = {
  database: 'app',
  backupName: 'one',
  archiveUri: 's3://b/app/one.dump',
  archiveSha256: '',
  indexStrategy: 'empty',
  restoreArgs: [],
  reasons: [],
  leftOut: [],
};
const ROWS = { rows: 3, bytes: 10, seconds: 1 };

const server = sharedPostgres();
let toolbox: Toolbox;
let database: string;
let sessions: Sessions;
let first: PsqlSession;
let second: PsqlSession;

beforeAll(async () => {
  const settings = { client: 'path' as const, container: null, image: null, runtime: 'auto' as const };
  toolbox = await createToolbox(settings, { serverMajors: [], sslRootCert: null }, new NullLogger());
});

afterAll(() => toolbox.close());

beforeEach(async () => {
  database = await createDatabase(server);
  const { host, port, user, password } = server;
  sessions = new Sessions(toolbox, {
    connection: { host, port, user, password, database, sslMode: null, sslRootCert: null },
    applicationName: 'phaselift journal test',
    pgOptions: '',
    errorFrom: (exit) => exitError({ tool: 'psql', ...exit, side: 'target' }),
  });
  [first, second] = [await sessions.open(), await sessions.open()];
  await createJournal(first, HEADER, [unit('a'), unit('b', { unlogged: true })]);
});

afterEach(async () => {
  await Promise.all([first.kill(), second.kill()]);
  await dropDatabase(server, database);
});

describe.each([
  ['a unit', unit('a'), 'finished'],
  ['a unit of an unlogged table', unit('b', { unlogged: true }), 'finished_unlogged'],
])('%s', (_what, one, table) => {
  test('that is finished is not begun again, and leaves the session without a transaction', async () => {
    expect(await beginUnit(first, one)).toBe(true);
    await commitUnit(first, one, ROWS);
    expect(await beginUnit(second, one)).toBe(false);
    expect(await second.run('SELECT now() = statement_timestamp();')).toEqual(['t']);
    expect((await readJournal(second))?.finished).toEqual([{ unit: one.id, ...ROWS }]);
  });

  test('is claimed in a table that a crash of the server treats as it treats the rows', async () => {
    await beginUnit(first, one);
    const claims = await first.query(`SELECT tableoid::regclass::text AS table FROM phaselift_journal.${table}`);
    expect(claims).toEqual([{ table: `phaselift_journal.${table}` }]);
  });

  test('that another session is at work on is waited for, and then is finished', async () => {
    await beginUnit(first, one);
    const waiting = beginUnit(second, one);
    await untilOneWaits();
    await commitUnit(first, one, ROWS);
    expect(await waiting).toBe(false);
  });

  test('whose session dies is begun by the one that waited', async () => {
    await beginUnit(first, one);
    const waiting = beginUnit(second, one);
    await untilOneWaits();
    await first.kill();
    expect(await waiting).toBe(true);
    expect((await readJournal(second))?.finished).toMatchObject([{ unit: one.id, rows: null }]);
  });
});

/** Until a session of the test waits for another one's transaction. */
async function untilOneWaits(): Promise<void> {
  const sql = `SELECT count(*) FROM pg_stat_activity WHERE datname = '${database}' AND wait_event = 'transactionid'`;
  while ((await server.psql('postgres', sql)) !== '1');
}
