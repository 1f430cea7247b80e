import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { estimateArchiveBytes, readRelations } from '../../src/postgres/source-catalog.js';
import type { DatabaseServer } from '../../testbed/database-server.js';
import { startPostgres, type PostgresServer } from '../../testbed/postgres.js';
import { runProgram } from '../../testbed/run-program.js';
import { createDatabase, dropDatabase } from '../helpers/databases.js';
import { sessionsOn } from '../helpers/sessions.js';
import { sharedPostgres } from '../helpers/shared-servers.js';

/** What pg_dump writes of a database, uncompressed. */
async function dumpedBytes(server: DatabaseServer, database: string): Promise<number> {
  const command = '"$PROGRAMS/pg_dump" -Fc -Z0 | wc -c';
  const env = { ...server.environment(database), PROGRAMS: server.programs, PATH: process.env['PATH'] ?? '' };
  return Number(await runProgram(join('/bin', 'sh'), ['-c', command], { env }));
}

async function estimateOf(server: DatabaseServer, database: string): Promise<number> {
  const sessions = await sessionsOn(server, database);
  return sessions.use(async (session) => estimateArchiveBytes(session, await readRelations(session)));
}

describe('the estimate of an archive', () => {
  const columns = Array.from({ length: 1600 }, (_, index) => `c${index} bool DEFAULT true`).join(', ');
  const tables: Record<string, string> = {
    'a table with a column that has the name of our alias': `
      CREATE TABLE t (t text, other text, large text);
      INSERT INTO t SELECT 'x', 'y', repeat(md5(i::text), 10) FROM generate_series(1, 40000) i;`,
    'a table with dropped and generated columns': `
      CREATE TABLE t (id int, gone text, kept text, twice text GENERATED ALWAYS AS (kept || kept) STORED);
      INSERT INTO t SELECT i, repeat('x', 200), repeat(md5(i::text), 4) FROM generate_series(1, 40000) i;
      ALTER TABLE t DROP COLUMN gone;`,
    'a table of 1,600 columns': `CREATE TABLE t (${columns}); INSERT INTO t (c0) SELECT true FROM generate_series(1, 9000);`,
    'a table whose name and columns are odd': `
      CREATE SCHEMA "s ""%s"; CREATE TABLE "s ""%s"."t %I\u2028" ("a ""%s" int, "b\u2029" text);
      INSERT INTO "s ""%s"."t %I\u2028" SELECT i, repeat(md5(i::text), 10) FROM generate_series(1, 40000) i;`,
    'a table under a cast to text of its owner’s': `
      CREATE TABLE t (id int, large text);
      INSERT INTO t SELECT i, repeat(md5(i::text), 10) FROM generate_series(1, 40000) i;
      CREATE FUNCTION row_text(t) RETURNS text LANGUAGE plpgsql AS $$ BEGIN RAISE 'was run'; END $$;
      CREATE CAST (t AS text) WITH FUNCTION row_text(t);`,
    'columns of types under casts to text and to json of their owner’s': `
      CREATE TYPE pair AS (a text, b text);
      CREATE TABLE t (id int, p pair);
      INSERT INTO t SELECT i, ROW(repeat(md5(i::text), 5), repeat(md5(i::text), 5))::pair FROM generate_series(1, 40000) i;
      CREATE FUNCTION pair_text(pair) RETURNS text LANGUAGE plpgsql AS $$ BEGIN RAISE 'was run'; END $$;
      CREATE FUNCTION pair_json(pair) RETURNS json LANGUAGE plpgsql AS $$ BEGIN RAISE 'was run'; END $$;
      CREATE CAST (pair AS text) WITH FUNCTION pair_text(pair); CREATE CAST (pair AS json) WITH FUNCTION pair_json(pair);`,
  };

  test.each(Object.keys(tables))('the estimate of an archive is near the truth for %s', async (what) => {
    const server = sharedPostgres();
    const database = await createDatabase(server, { sql: tables[what] ?? '' });
    const estimate = await estimateOf(server, database);
    const bytes = await dumpedBytes(server, database);
    expect(bytes).toBeGreaterThan(4 * 1024 * 1024);
    expect(estimate / bytes).toBeGreaterThan(0.75);
    expect(estimate / bytes).toBeLessThan(1.35);
    await dropDatabase(server, database);
  });

  test('the estimate of an archive comes about where a table has no columns', async () => {
    const server = sharedPostgres();
    const sql = 'CREATE TABLE t (); INSERT INTO t SELECT FROM generate_series(1, 300000)';
    const database = await createDatabase(server, { sql });
    const estimate = await estimateOf(server, database);
    expect(estimate).toBeGreaterThan(200_000);
    expect(estimate).toBeLessThan(1_500_000);
    await dropDatabase(server, database);
  });
});

describe('on PostgreSQL 18', () => {
  let server: PostgresServer;

  beforeAll(async () => {
    server = await startPostgres({ version: 18 });
  });

  afterAll(() => server.stop());

  test('the estimate of an archive leaves virtual columns out', async () => {
    const sql = `CREATE TABLE t (id int, kept text, thrice text GENERATED ALWAYS AS (kept || kept || kept) VIRTUAL);
      INSERT INTO t SELECT i, repeat(md5(i::text), 8) FROM generate_series(1, 40000) i;`;
    const database = await createDatabase(server, { sql });
    const estimate = await estimateOf(server, database);
    const bytes = await dumpedBytes(server, database);
    expect(estimate / bytes).toBeGreaterThan(0.75);
    expect(estimate / bytes).toBeLessThan(1.35);
  });
});
