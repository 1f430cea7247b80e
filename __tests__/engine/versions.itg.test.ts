import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Login } from '../../testbed/database-server.js';
import { startPostgres, type PostgresServer } from '../../testbed/postgres.js';
import { runProgram } from '../../testbed/run-program.js';
import { createDatabase, createRole } from '../helpers/databases.js';
import { sharedPostgres } from '../helpers/shared-servers.js';
import { backUp, expectSameDump, type BackupTrial } from './backup-trial.js';
import { few } from '../helpers/depth.js';

describe('an archive of PostgreSQL 17', () => {
  const old = sharedPostgres();
  let server: PostgresServer;
  let owner: Login;
  let trial: BackupTrial;

  beforeAll(async () => {
    server = await startPostgres({ version: 17 });
    owner = await createRole(server, { attributes: 'CREATEDB' });
    const sql = `
      CREATE SCHEMA app;
      CREATE TABLE app.t (id int PRIMARY KEY, line text);
      INSERT INTO app.t SELECT n, (ARRAY['BEGIN;', 'COMMIT;', 'SET transaction_timeout = 0;'])[n % 3 + 1] FROM generate_series(1, 99) n;
      CREATE FUNCTION app.f() RETURNS text LANGUAGE sql AS $$
SET transaction_timeout = 0;
COMMIT;
SELECT 'never called' $$;
      CREATE INDEX t_brin ON app.t USING brin (id);
      CREATE MATERIALIZED VIEW app.m AS SELECT id, line, count(*) FROM app.t GROUP BY id;
      CREATE UNIQUE INDEX m_id ON app.m (id);
      SELECT count(lo_from_bytea(n, convert_to('object ' || n || E'\\nCOMMIT;\\n', 'UTF8'))) FROM generate_series(1, 2500) n;
      SELECT lo_create(2501);
      COMMENT ON LARGE OBJECT 77 IS 'a comment';
      GRANT SELECT ON LARGE OBJECT 78 TO PUBLIC;
      COMMENT ON LARGE OBJECT 2501 IS 'the empty one';`;
    trial = await backUp(server, await createDatabase(server, { sql, owner }), owner);
  });
  afterAll(() => server.stop());

  test.each(
    few([1], [
      ['empty', 1],
      ['empty', 3],
      ['after-data', 3],
    ] as const),
  )('an archive of 17 is the same in 17 (index-strategy %s, restore-jobs %i)', async (strategy, jobs) => {
    const target = await trial.restore({ strategy, jobs, with: { verify: 'full', 'keep-privileges': 'true' } });
    await expectSameDump({ server, name: trial.database }, target);
  });

  test('an archive of 17 is analyzed where the database ends transactions early', async () => {
    const sql = `
      CREATE FUNCTION public.slow(n int) RETURNS int IMMUTABLE LANGUAGE sql AS 'SELECT n FROM pg_catalog.pg_sleep(0.03)';
      CREATE TABLE public.t AS SELECT n FROM generate_series(1, 80) n;
      CREATE INDEX t_slow ON public.t (public.slow(n));`;
    const slow = await backUp(server, await createDatabase(server, { sql, owner }), owner);
    const database = await createDatabase(server, { owner });
    await server.psql('postgres', `ALTER DATABASE ${database} SET transaction_timeout = '1500ms'`);
    await slow.restore({ database, with: { verify: 'full' } });
  });

  /** Servers do not write everything alike, so the measure is what stock pg_restore makes of the same database in 15. */
  test.each([1, 3])(
    'an archive of 17 is in 15, without transaction_timeout, as pg_restore has it (restore-jobs %i)',
    async (jobs) => {
      const login = await createRole(old, { name: owner.user, attributes: 'CREATEDB' }).catch(() => owner);
      const stock = await stockRestored(trial, login);
      const target = await trial.restore({
        target: old,
        login,
        tools: server.programs,
        jobs,
        with: { 'keep-privileges': 'true' },
      });
      await expectSameDump({ server: old, name: stock }, target);
      const contents = "SELECT string_agg(loid || encode(data, 'escape'), ',' ORDER BY loid) FROM pg_largeobject";
      expect(await old.psql(target.name, contents)).toBe(await server.psql(trial.database, contents));
    },
  );

  test('what 17 has and 15 does not know is told as such, and goes on without it', async () => {
    const login = await createRole(old, { name: owner.user, attributes: 'CREATEDB' }).catch(() => owner);
    const sql = 'CREATE TABLE public.t (a int); INSERT INTO public.t VALUES (1); GRANT MAINTAIN ON public.t TO PUBLIC;';
    const newer = await backUp(server, await createDatabase(server, { sql, owner }), owner);
    const into = { target: old, login, tools: server.programs, with: { 'keep-privileges': 'true' } };
    const begun = await newer.start(into);
    const refused = (await begun.handle.done).annotations.at(-1)?.message ?? '';
    expect(refused).toMatch(/^ACL public\.TABLE t: unrecognized privilege type "maintain"/);
    expect(refused).toMatch(/The source was PostgreSQL 17, and the target, 15, does not know what came between them/);
    const [, entry = ''] = /`skip-entries: (.*?)`/.exec(refused) ?? [];
    const rest = { ...into, database: begun.name, with: { ...into.with, 'skip-entries': entry } };
    expect((await newer.restore(rest)).result.outputs['resumed']).toBe('true');
    expect(await old.psql(begun.name, 'SELECT a FROM public.t')).toBe('1');
  });

  /** Into a new database of the old server. pg_restore goes on after the one error, and says so with its exit code. */
  async function stockRestored(trial: BackupTrial, login: Login): Promise<string> {
    const name = await createDatabase(old, { owner: login });
    const pipe =
      '"$PROGRAMS/pg_dump" -Fc | PGPORT=$OLD_PORT PGDATABASE=$OLD_DATABASE "$PROGRAMS/pg_restore" -d "" 2>&1 | grep "errors ignored"';
    const env = { PROGRAMS: server.programs, OLD_PORT: String(old.port), OLD_DATABASE: name };
    const said = await runProgram('sh', ['-c', pipe], {
      env: { ...server.environment(trial.database, owner), ...env },
    });
    expect(said).toMatch(/errors ignored on restore: 1$/m);
    return name;
  }
});

describe('an archive of PostgreSQL 18', () => {
  let server: PostgresServer;
  let owner: Login;
  let extensions: string;

  beforeAll(async () => {
    extensions = await mkdtemp(join(tmpdir(), 'phaselift-extensions-'));
    await mkdir(join(extensions, 'extension'));
    const files = {
      'trial_config.control':
        "default_version = '1.0'\nsuperuser = false\nrelocatable = false\nschema = trial_config\n",
      // By name and by size the table with the foreign key comes first.
      'trial_config--1.0.sql': `
        CREATE TABLE a_items (id int GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY, kind int, builtin bool DEFAULT false, note text);
        CREATE TABLE z_kinds (id int PRIMARY KEY, builtin bool DEFAULT false);
        ALTER TABLE a_items ADD FOREIGN KEY (kind) REFERENCES z_kinds;
        INSERT INTO z_kinds VALUES (1, true);
        INSERT INTO a_items (kind, builtin) VALUES (1, true);
        SELECT pg_catalog.pg_extension_config_dump('z_kinds', 'WHERE NOT builtin');
        SELECT pg_catalog.pg_extension_config_dump('a_items', 'WHERE NOT builtin');
        SELECT pg_catalog.pg_extension_config_dump('a_items_id_seq', '');`,
    };
    for (const [name, text] of Object.entries(files)) await writeFile(join(extensions, 'extension', name), text);
    for (const directory of [extensions, join(extensions, 'extension')]) await chmod(directory, 0o755);
    server = await startPostgres({ version: 18, settings: { extension_control_path: `${extensions}:$system` } });
    owner = await createRole(server, { attributes: 'CREATEDB' });
  });
  afterAll(async () => {
    await server.stop();
    await rm(extensions, { recursive: true });
  });

  test.each(few([1], [1, 3]))(
    'an archive of 18 keeps the row order of configuration tables (restore-jobs %i)',
    async (jobs) => {
      const sql = `
      CREATE SCHEMA app;
      CREATE EXTENSION trial_config;
      INSERT INTO trial_config.z_kinds SELECT n FROM generate_series(2, 50) n;
      INSERT INTO trial_config.a_items (kind, note) SELECT n % 49 + 2, repeat('x', 300) FROM generate_series(1, 3000) n;
      CREATE TABLE app.t (id int PRIMARY KEY, item int REFERENCES trial_config.a_items);
      INSERT INTO app.t SELECT n, n FROM generate_series(1, 10) n;`;
      const trial = await backUp(server, await createDatabase(server, { sql, owner }), owner);
      const target = await trial.restore({ jobs, with: { verify: 'full' } });
      await expectSameDump({ server, name: trial.database }, target);
      expect(await server.psql(target.name, 'SELECT count(*) FROM trial_config.a_items')).toBe('3001');
    },
  );

  test.each([
    ['empty', 1],
    ['empty-keys-last', 3],
    ['after-data', 3],
  ] as const)(
    'an archive of 18 with all constraints is the same (index-strategy %s, restore-jobs %i)',
    async (strategy, jobs) => {
      const sql = `
      CREATE SCHEMA app;
      CREATE EXTENSION btree_gist;
      CREATE TABLE app.parents (id int PRIMARY KEY, n int CONSTRAINT n_given NOT NULL, doubled int GENERATED ALWAYS AS (n * 2) VIRTUAL);
      INSERT INTO app.parents SELECT n, n FROM generate_series(1, 100) n;
      CREATE TABLE app.children (id int, parent int, CHECK (id > 1000) NOT ENFORCED);
      INSERT INTO app.children SELECT n, n FROM generate_series(1, 200) n;
      ALTER TABLE app.children ADD CONSTRAINT to_parent FOREIGN KEY (parent) REFERENCES app.parents NOT ENFORCED;
      ALTER TABLE app.children ADD CONSTRAINT to_parent_later FOREIGN KEY (parent) REFERENCES app.parents NOT VALID;
      INSERT INTO app.children VALUES (NULL, 1);
      ALTER TABLE app.children ADD CONSTRAINT id_given NOT NULL id NOT VALID;
      CREATE TABLE app.stays (room int, during tsrange, PRIMARY KEY (room, during WITHOUT OVERLAPS));
      INSERT INTO app.stays SELECT n, tsrange('2026-01-01', '2026-01-02') FROM generate_series(1, 50) n;
      CREATE MATERIALIZED VIEW app.m AS SELECT id, n, count(*) FROM app.parents GROUP BY id;
      CREATE INDEX m_expression ON app.m ((n + 1));
      ANALYZE;`;
      const database = await createDatabase(server, { sql, owner });
      const trial = await backUp(server, database, owner, { with: { 'dump-options': '--statistics' } });
      const target = await trial.restore({ strategy, jobs, with: { verify: 'full', analyze: 'false' } });
      await expectSameDump({ server, name: database }, target);
      const statistics = "SELECT count(*) FROM pg_stats WHERE schemaname = 'app'";
      expect(await server.psql(target.name, statistics)).toBe(await server.psql(database, statistics));
    },
  );
});
