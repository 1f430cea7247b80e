import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import * as z from 'zod';
import { beginUnit, createJournal, divideUnit, readJournal, recordUnit } from '../../src/engine/journal.js';
import { halvesOf, type Halves } from '../../src/plan/halves.js';
import type { Unit } from '../../src/plan/unit.js';
import { exitError } from '../../src/postgres/exit-message.js';
import type { PsqlSession } from '../../src/postgres/session.js';
import { Sessions } from '../../src/postgres/sessions.js';
import type { Toolbox } from '../../src/postgres/toolbox.js';
import { createToolbox } from '../../src/postgres/toolbox/create-toolbox.js';
import { createDatabase, dropDatabase } from '../helpers/databases.js';
import { NullLogger } from '../helpers/memory-logger.js';
import { sharedPostgres } from '../helpers/shared-servers.js';
import { unit } from '../plan/units.js';
import { HEADER } from './journal-header.js';

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
    purpose: 'apply',
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
  test('a unit that is finished is not begun again, and leaves no transaction', async () => {
    expect(await beginUnit(first, one)).toBe(true);
    await commit(first, one);
    expect(await beginUnit(second, one)).toBe(false);
    expect(await second.run('SELECT now() = statement_timestamp();')).toEqual(['t']);
    expect((await readJournal(second, 'db'))?.finished).toEqual([{ unit: one.id, ...ROWS }]);
  });

  test('a unit is claimed in a table that a crash treats as it treats the rows', async () => {
    await beginUnit(first, one);
    const claims = await first.query(
      `SELECT tableoid::regclass::text AS table FROM phaselift_journal.${table}`,
      z.unknown(),
    );
    expect(claims).toEqual([{ table: `phaselift_journal.${table}` }]);
  });

  test('a unit that another session is at work on is waited for, and then is finished', async () => {
    await beginUnit(first, one);
    const waiting = beginUnit(second, one);
    await untilOneWaits();
    await commit(first, one);
    expect(await waiting).toBe(false);
  });

  test('a unit whose session dies is begun by the one that waited', async () => {
    await beginUnit(first, one);
    const waiting = beginUnit(second, one);
    await untilOneWaits();
    await first.kill();
    expect(await waiting).toBe(true);
    expect((await readJournal(second, 'db'))?.finished).toEqual([]);
  });
});

describe('a unit of several entries', () => {
  const whole = unit('c', { dumpIds: [1, 2, 3], after: ['a'], weightBytes: 3 });
  const halves = halvesOf(whole, (dumpIds) => dumpIds.join()) as Halves;
  const units = async () => (await readJournal(second, 'db'))?.units.slice(-2);

  beforeEach(async () => {
    const definition = JSON.stringify({ ...whole, dumpIds: [...whole.dumpIds, 4] });
    await first.run(`INSERT INTO phaselift_journal.plan VALUES ('c', 9, '${definition}');`);
  });

  test('a unit is divided in the plan, also twice, and what this run leaves out of it stays', async () => {
    const parts = [{ ...halves.rest, dumpIds: [3, 4] }, halves.first];
    for (const session of [first, second]) {
      expect(await divideUnit(session, halves)).toBe(true);
      await session.run('COMMIT;');
      expect(await units()).toEqual(parts);
    }
    expect((await readJournal(second, 'db'))?.finished).toEqual([]);
    expect(await beginUnit(first, halves.rest)).toBe(true);
  });

  test('a division that is not committed has not been', async () => {
    expect(await divideUnit(first, halves)).toBe(true);
    await first.kill();
    expect((await units())?.at(-1)).toEqual({ ...whole, dumpIds: [1, 2, 3, 4] });
  });

  test('a unit that is finished is not divided, and leaves no transaction', async () => {
    await beginUnit(first, whole);
    await commit(first, whole);
    expect(await divideUnit(second, halves)).toBe(false);
    expect(await second.run('SELECT now() = statement_timestamp();')).toEqual(['t']);
    expect((await units())?.at(-1)).toEqual({ ...whole, dumpIds: [1, 2, 3, 4] });
  });
});

async function commit(session: PsqlSession, one: Unit): Promise<void> {
  await recordUnit(session, one, ROWS);
  await session.run('COMMIT;');
}

/** Until a session of the test waits for another one's transaction. */
async function untilOneWaits(): Promise<void> {
  const sql = `SELECT count(*) FROM pg_stat_activity WHERE datname = '${database}' AND wait_event = 'transactionid'`;
  while ((await server.psql('postgres', sql)) !== '1');
}

describe('the journal', () => {
  test('a journal is read as it was written', async () => {
    const read = await readJournal(second, 'db');
    expect(read?.header).toEqual({ format: 1, ...HEADER });
    expect(read?.units).toEqual([unit('a'), unit('b', { unlogged: true })]);
  });

  test('a journal of thousands of units is read as it was written, whatever is in their titles', async () => {
    const many = Array.from({ length: 5000 }, (_, at) =>
      unit(`data/${at}`, {
        title: `TABLE DATA a'b\\c"d\n${at}`,
        dumpIds: [at + 1],
        after: at === 0 ? [] : [`data/${at - 1}`],
      }),
    );
    await first.run('DROP SCHEMA phaselift_journal CASCADE;');
    await createJournal(first, HEADER, many);
    expect((await readJournal(second, 'db'))?.units).toEqual(many);
  });

  test.each([
    ['of a newer format', `'{"format": 2}'`, /has format 2, and this version of Phaselift knows 1/],
    ['that is no object', `'[]'`, /cannot be read: header/],
    [
      'with arguments of pg_restore that are not ours',
      `replace(header::text, '--no-owner', '--file=/etc/passwd')`,
      /header\.restoreArgs\.0/,
    ],
    ['with an unknown strategy', `replace(header::text, '"empty"', '"full"')`, /header\.indexStrategy/],
  ])('a journal %s is refused', async (_what, value, message) => {
    await first.run(`UPDATE phaselift_journal.restore SET header = (${value})::json;`);
    await expect(readJournal(second, 'db')).rejects.toThrow(message);
  });

  test('a journal whose plan is of another form is refused', async () => {
    await first.run(`UPDATE phaselift_journal.plan SET definition = '{"id": "a"}' WHERE unit = 'a';`);
    await expect(readJournal(second, 'db')).rejects.toThrow(/cannot be read: plan\.stage/);
  });

  test('a journal finds its tables whatever search_path the session has come to', async () => {
    await first.run(`
      CREATE SCHEMA evil;
      CREATE FUNCTION evil.never(text, text) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT false';
      CREATE OPERATOR evil.= (LEFTARG = text, RIGHTARG = text, PROCEDURE = evil.never);
      SET search_path = evil, pg_catalog;`);
    const one = unit('a');
    await beginUnit(first, one);
    await first.run('SET LOCAL search_path = evil, pg_catalog;');
    await commit(first, one);
    expect((await readJournal(second, 'db'))?.finished).toEqual([{ unit: 'a', ...ROWS }]);
  });
});
