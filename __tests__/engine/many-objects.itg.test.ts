import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Login } from '../../testbed/database-server.js';
import { startPostgres, type PostgresServer } from '../../testbed/postgres.js';
import { createDatabase, createRole } from '../helpers/databases.js';
import { few } from '../helpers/depth.js';
import { backUp, expectSameDump } from './backup-trial.js';

/** A server, and objects enough for it: more than one transaction of it has locks for, of tables fewer than its pg_dump has. */
const SERVERS: readonly (readonly [
  what: string,
  settings: Record<string, string>,
  tables: number,
  largeObjects: number,
])[] = [
  ['few locks', { max_locks_per_transaction: '10', max_connections: '60' }, 600, 3000],
  ["PostgreSQL's defaults, 64 locks times 100 connections", {}, 5000, 20_000],
];
const STEP = 200;

/** Runs a statement for each number; few at a time, as one transaction has not locks enough for all. */
function forEachNumber(count: number, statement: string): string {
  return Array.from({ length: count / STEP }, (_, index) => {
    const [from, to] = [index * STEP + 1, (index + 1) * STEP];
    return `DO $do$ BEGIN FOR n IN ${from}..${to} LOOP EXECUTE format($f$${statement}$f$, n); END LOOP; END $do$;`;
  }).join('\n');
}

describe.each(few([0], SERVERS))(
  'more objects than a transaction has locks for: %s',
  (_, settings, tables, largeObjects) => {
    /** One of its own: a pg_dump of so many tables leaves few locks to others. */
    let server: PostgresServer;
    let owner: Login;

    beforeAll(async () => {
      server = await startPostgres({ settings });
      owner = await createRole(server, { attributes: 'CREATEDB' });
    });
    afterAll(() => server.stop());

    test('a restore of very many tables with keys does not run out of locks', async () => {
      const sql = `CREATE SCHEMA app;
      ${forEachNumber(tables, "CREATE TABLE app.t%1$s (id int PRIMARY KEY, note text DEFAULT 'x'); INSERT INTO app.t%1$s VALUES (%1$s)")}`;
      const trial = await backUp(server, await createDatabase(server, { sql, owner }), owner);
      const target = await trial.restore({ jobs: 3 });
      await expectSameDump({ server, name: trial.database }, target);
      const inOneTransaction = server.psql(target.name, `BEGIN; DROP SCHEMA app CASCADE; ROLLBACK`);
      await expect(inOneTransaction).rejects.toThrow(/out of shared memory/);
    });

    test('a restore of very many large objects does not run out of locks', async () => {
      const sql = `
      CREATE TABLE public.t (id int);
      ${forEachNumber(largeObjects, "SELECT lo_from_bytea(%1$s, decode('%1$s00', 'escape'))")}`;
      const trial = await backUp(server, await createDatabase(server, { sql, owner }), owner);
      // ALTER LARGE OBJECT … OWNER locks each of them.
      const target = await trial.restore({ jobs: 2, with: { 'keep-owner': 'true' } });
      const contents =
        'SELECT count(*), md5(string_agg(loid || data::text, chr(44) ORDER BY loid)) FROM pg_largeobject';
      const there = await server.psql(target.name, contents);
      expect(there).toMatch(new RegExp(`^${largeObjects}\\|`));
      expect(there).toBe(await server.psql(trial.database, contents));
      const inOneTransaction = server.psql(target.name, 'SELECT count(lo_unlink(oid)) FROM pg_largeobject_metadata');
      await expect(inOneTransaction).rejects.toThrow(/out of shared memory/);
    });
  },
);
