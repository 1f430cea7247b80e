import { afterAll, beforeAll, expect, test } from '@jest/globals';
import * as z from 'zod';
import { countRows, readSequences } from '../../src/verify/target-state.js';
import type { Login } from '../../testbed/database-server.js';
import { createDatabase, createRole, dropDatabase } from '../helpers/databases.js';
import { sessionsOn } from '../helpers/sessions.js';
import { sharedPostgres } from '../helpers/shared-servers.js';

const server = sharedPostgres();
let database: string;
let owner: Login;

beforeAll(async () => {
  owner = await createRole(server);
  const sql = `
    CREATE EXTENSION postgres_fdw;
    CREATE SERVER nowhere FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host '127.0.0.1', port '1');
    CREATE USER MAPPING FOR PUBLIC SERVER nowhere OPTIONS (user 'nobody', password 'none');
    CREATE SCHEMA app AUTHORIZATION ${owner.user};
    CREATE TABLE app.plain (id int); INSERT INTO app.plain SELECT generate_series(1, 3);
    CREATE TABLE app.child () INHERITS (app.plain); INSERT INTO app.child VALUES (4);
    CREATE TABLE app.secret (id int); INSERT INTO app.secret VALUES (1);
    ALTER TABLE app.secret ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
    CREATE TABLE app.whole (id int) PARTITION BY LIST (id);
    CREATE TABLE app.here PARTITION OF app.whole FOR VALUES IN (1); INSERT INTO app.here VALUES (1), (1);
    CREATE TABLE app.split (id int) PARTITION BY LIST (id);
    CREATE TABLE app.half PARTITION OF app.split FOR VALUES IN (1, 2) PARTITION BY LIST (id);
    CREATE FOREIGN TABLE app.there PARTITION OF app.half FOR VALUES IN (1) SERVER nowhere;
    CREATE SEQUENCE app.numbers START 7;
    CREATE VIEW app.swapped AS SELECT 1 AS id FROM app.plain;
    ALTER TABLE app.plain OWNER TO ${owner.user};
    ALTER TABLE app.secret OWNER TO ${owner.user};`;
  database = await createDatabase(server, { sql });
});

afterAll(() => dropDatabase(server, database));

async function count(sqlName: string, login: Login = server): Promise<[number | null, string | null]> {
  const sessions = await sessionsOn(server, database, { login });
  const { rows, reason } = await sessions.use((session) => countRows(session, sqlName));
  return [rows, reason];
}

test('a table is counted without its children, a partitioned one with its partitions', async () => {
  expect(await count('app.plain')).toEqual([3, null]);
  expect(await count('app.whole')).toEqual([2, null]);
});

test('a missing table has no rows, nor has a view that stands in its place', async () => {
  expect(await count('app.missing')).toEqual([0, null]);
  expect(await count('app.swapped')).toEqual([0, null]);
});

test('rows that row-level security hides are not countable, and no error', async () => {
  expect(await count('app.secret', owner)).toEqual([null, 'row-level security hides rows']);
  expect(await count('app.secret')).toEqual([1, null]);
});

test.each(['app.there', 'app.split'])('rows on another server are not asked for: %s', async (name) => {
  expect(await count(name)).toEqual([null, 'rows are on another server']);
});

test('a sequence of the target is found where it stands', async () => {
  const sessions = await sessionsOn(server, database);
  expect(await sessions.use((session) => readSequences(session, ['app.numbers', 'app.missing', 'app.plain']))).toEqual([
    { sqlName: 'app.numbers', lastValue: '7', isCalled: false },
  ]);
});

test('a view that takes the place of a table after our look is refused by the server', async () => {
  const sessions = await sessionsOn(server, database);
  const reading = sessions.use((session) => session.query('SELECT pg_catalog.count(*) FROM app.swapped', z.unknown()));
  await expect(reading).rejects.toThrow(/restricted/);
});
