import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Login } from '../../testbed/database-server.js';
import { startPostgres, type PostgresServer } from '../../testbed/postgres.js';
import { createDatabase, createRole } from '../helpers/databases.js';
import { backUp, expectSameDump } from './backup-trial.js';

/**
 * PostgreSQL's defaults: 64 locks per transaction times 100 connections. A server of its own, for a pg_dump of 5,000 tables
 * leaves few locks to others.
 */
let server: PostgresServer;
let owner: Login;

beforeAll(async () => {
  server = await startPostgres();
  owner = await createRole(server, { attributes: 'CREATEDB' });
  expect(await server.psql('postgres', 'SHOW max_locks_per_transaction')).toBe('64');
  expect(await server.psql('postgres', 'SHOW max_connections')).toBe('100');
});
afterAll(() => server.stop());

/** Runs a statement for each number; few at a time, as one transaction has not locks enough for all. */
function forEachNumber(count: number, statement: string): string {
  const step = 500;
  return Array.from({ length: count / step }, (_, index) => {
    const [from, to] = [index * step + 1, (index + 1) * step];
    return `DO $do$ BEGIN FOR n IN ${from}..${to} LOOP EXECUTE format($f$${statement}$f$, n); END LOOP; END $do$;`;
  }).join('\n');
}

describe('more objects than one transaction has locks for', () => {
  test('a restore of 5,000 tables with keys does not run out of locks', async () => {
    const sql = `CREATE SCHEMA app;
      ${forEachNumber(5000, "CREATE TABLE app.t%1$s (id int PRIMARY KEY, note text DEFAULT 'x'); INSERT INTO app.t%1$s VALUES (%1$s)")}`;
    const trial = await backUp(server, await createDatabase(server, { sql, owner }), owner);
    const target = await trial.restore({ jobs: 3 });
    await expectSameDump({ server, name: trial.database }, target);
  });

  test('a restore of 20,000 large objects does not run out of locks', async () => {
    const sql = `
      CREATE TABLE public.t (id int);
      ${forEachNumber(20_000, "SELECT lo_from_bytea(%1$s, decode('%1$s00', 'escape'))")}`;
    const trial = await backUp(server, await createDatabase(server, { sql, owner }), owner);
    // ALTER LARGE OBJECT … OWNER locks each of them.
    const target = await trial.restore({ jobs: 2, with: { 'keep-owner': 'true' } });
    const contents = 'SELECT count(*), md5(string_agg(loid || data::text, chr(44) ORDER BY loid)) FROM pg_largeobject';
    const there = await server.psql(target.name, contents);
    expect(there).toMatch(/^20000\|/);
    expect(there).toBe(await server.psql(trial.database, contents));
  });
});
