import { beforeAll, expect, test } from '@jest/globals';
import type { Login } from '../../testbed/database-server.js';
import { createDatabase, createRole } from '../helpers/databases.js';
import { sharedPostgres } from '../helpers/shared-servers.js';
import { backUp, expectSameDump } from './backup-trial.js';

/** Settings of a role that suit an application, and not a backup or a restore. `pg-options` of one's own do not bring them back. */

const server = sharedPostgres();
const SETTINGS = [
  "statement_timeout = '150ms'",
  "lock_timeout = '150ms'",
  "idle_in_transaction_session_timeout = '150ms'",
  'default_transaction_read_only = on',
  "default_transaction_isolation = 'serializable'",
  'array_nulls = off',
  'row_security = off',
  'search_path = nowhere',
];
const SQL = `
  CREATE SCHEMA app;
  CREATE TABLE app.tags (id int PRIMARY KEY, tags text[]);
  INSERT INTO app.tags SELECT i, ARRAY['a', NULL, 'NULL'] FROM generate_series(1, 100) i;
  CREATE FUNCTION app.slow(n int) RETURNS int IMMUTABLE LANGUAGE sql AS 'SELECT n FROM pg_catalog.pg_sleep(0.03)';
  CREATE TABLE app.t AS SELECT n FROM generate_series(1, 30) n;
  CREATE INDEX t_slow ON app.t (app.slow(n));
  CREATE MATERIALIZED VIEW app.m AS SELECT app.slow(n) FROM app.t;`;
let owner: Login;
let database: string;

beforeAll(async () => {
  owner = await createRole(server, { attributes: 'CREATEDB' });
  database = await createDatabase(server, { sql: SQL, owner });
  for (const setting of SETTINGS) await server.psql('postgres', `ALTER ROLE ${owner.user} SET ${setting}`);
});

test.each(['-c work_mem=8MB', '-c statement_timeout=100 -c lock_timeout=100 -c search_path=public'])(
  'a backup and a restore with pg-options %s go well all the same',
  async (pgOptions) => {
    const trial = await backUp(server, database, owner, { with: { 'pg-options': pgOptions } });
    const target = await trial.restore({ jobs: 2, with: { 'pg-options': pgOptions, verify: 'full' } });
    await expectSameDump({ server, name: database }, target);
  },
);

test('patterns of dump-options without a schema mean what they mean to pg_dump', async () => {
  const role = await createRole(server, { attributes: 'CREATEDB' });
  const sql = `CREATE SCHEMA app; CREATE TABLE app.log AS SELECT 1 AS n; CREATE TABLE app.kept AS SELECT 1 AS n;
    CREATE TABLE app.gone AS SELECT 1 AS n;`;
  const name = await createDatabase(server, { sql, owner: role });
  await server.psql('postgres', `ALTER ROLE ${role.user} IN DATABASE ${name} SET search_path = app`);
  const options = '--exclude-table-data=log\n--exclude-table=gone';
  const trial = await backUp(server, name, role, { with: { 'dump-options': options } });
  const target = await trial.restore({});
  const rows = '(SELECT count(*) FROM app.log), (SELECT count(*) FROM app.kept)';
  expect(await target.server.psql(target.name, `SELECT ${rows}, to_regclass('app.gone') IS NULL`)).toBe('0|1|t');
});
