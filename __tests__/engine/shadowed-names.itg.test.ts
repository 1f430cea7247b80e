import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { Login } from '../../testbed/database-server.js';
import { PROJECT_DIRECTORY } from '../../testbed/places.js';
import { RestoreRuns, ended } from '../commands/restore-runs.js';
import { createDatabase, createRole, dropDatabase, uniqueName } from '../helpers/databases.js';
import { runAction, type ActionResult } from '../helpers/run-action.js';
import { sharedPostgres } from '../helpers/shared-servers.js';

/**
 * Whoever may create something in a database may give it a name of PostgreSQL's own. None of that is run by a session of an
 * administrator.
 */

const server = sharedPostgres();
const SOURCE = `
  CREATE SCHEMA app;
  CREATE TABLE app.t (id int PRIMARY KEY, line text, tags text[]);
  INSERT INTO app.t SELECT i, 'line ' || i, ARRAY['a', NULL] FROM generate_series(1, 100) i;
  CREATE SEQUENCE app.numbers; SELECT nextval('app.numbers');
  CREATE MATERIALIZED VIEW app.m AS SELECT count(*) AS n FROM app.t;`;

let runs: RestoreRuns;
let administrator: Login;

beforeAll(async () => {
  runs = await RestoreRuns.create(SOURCE);
  await runs.backUp();
  administrator = await createRole(server, { attributes: 'SUPERUSER' });
});

afterAll(() => runs.close());

const asAdministrator = (): Record<string, string> => ({
  ...runs.connection('source', administrator),
  ...runs.connection('target', administrator),
});

async function backUp(database: string): Promise<ActionResult> {
  return runs.succeed('', { mode: 'backup', database, ...asAdministrator() });
}

describe('everything of pg_catalog, in a schema that the search_path names first', () => {
  const marks = 'SELECT last_value, is_called FROM shadow.marks';
  const NONE = '1|f';
  let shadow: string;
  let source: string;

  beforeAll(async () => {
    shadow = await readFile(join(PROJECT_DIRECTORY, '__tests__/fixtures/sql/shadow-schema.sql'), 'utf8');
    source = runs.missingTarget();
    await createDatabase(server, { name: source, sql: `${SOURCE}\n${shadow}` });
    await server.psql('postgres', `ALTER ROLE ${administrator.user} SET search_path = shadow, pg_catalog`);
    await server.psql('postgres', `ALTER DATABASE ${source} SET search_path = shadow, pg_catalog`);
  });

  afterAll(() => server.psql('postgres', `ALTER ROLE ${administrator.user} RESET search_path`));

  test('a shadow of pg_catalog is run by a session that does not take care', async () => {
    const made = 'SELECT pg_catalog.count(*) FROM shadow.made GROUP BY kind ORDER BY 1';
    expect((await server.psql(source, made)).split('\n').every((count) => Number(count) > 50)).toBe(true);
    const other = await createDatabase(server, { sql: shadow });
    const careless = server.psql(other, 'SET search_path = shadow, pg_catalog; SELECT current_user = session_user');
    await expect(careless).rejects.toThrow(/shadow\.= was run/);
    expect(await server.psql(other, marks)).toBe('1|t');
    await dropDatabase(server, other);
  });

  test('a shadow of pg_catalog is not run by a backup, nor by a restore of it', async () => {
    await backUp(source);
    expect(await server.psql(source, marks)).toBe(NONE);
    const target = runs.missingTarget();
    await runs.succeed(target, { database: source, verify: 'full', 'restore-jobs': '2', ...asAdministrator() });
    expect(await server.psql(target, `${marks}; SELECT n FROM app.m`)).toBe(`${NONE}\n100`);
  });

  test.each(['restore', 'all'])('a shadow in the target is refused, not run, by mode %s', async (mode) => {
    const target = await runs.emptyTarget(shadow);
    await server.psql('postgres', `ALTER DATABASE ${target} SET search_path = shadow, pg_catalog`);
    const result = await runs.run(target, {
      mode,
      'backup-name': mode === 'all' ? 'another' : 'one',
      ...asAdministrator(),
    });
    expect(result.stdout).toMatch(/is not empty.* shadow/);
    expect(await server.psql(target, marks)).toBe(NONE);
  });
});

describe('a role that may only create in one schema', () => {
  let plain: Login;
  let database: string;

  const become = (): string =>
    `IF (SELECT rolsuper FROM pg_catalog.pg_roles WHERE rolname = current_user) THEN ALTER ROLE ${plain.user} SUPERUSER; END IF;`;
  const isSuperuser = (): Promise<string> =>
    server.psql('postgres', `SELECT rolsuper FROM pg_roles WHERE rolname = '${plain.user}'`);
  const aggregate = (): string => `
    CREATE FUNCTION public.step(state json, value json) RETURNS json LANGUAGE plpgsql AS $$ BEGIN
      ${become()} RETURN (COALESCE(state::jsonb, '[]') || pg_catalog.jsonb_build_array(value))::json;
    EXCEPTION WHEN OTHERS THEN RETURN state; END $$;
    CREATE AGGREGATE public.json_agg(json) (SFUNC = public.step, STYPE = json);`;

  beforeEach(async () => {
    plain = await createRole(server);
    database = runs.missingTarget();
    const sql = `GRANT CREATE ON SCHEMA public TO ${plain.user}; CREATE SCHEMA app AUTHORIZATION ${plain.user}; CREATE TABLE public.t (id int)`;
    await createDatabase(server, { name: database, sql });
  });

  test('a backup by an administrator makes nobody superuser by an aggregate of a known name', async () => {
    await server.psql(database, aggregate(), plain);
    await backUp(database);
    expect(await isSuperuser()).toBe('f');
  });

  test('a backup by an administrator makes nobody superuser by a cast of table rows', async () => {
    const sql = `
      CREATE TABLE app.big (id int, pad text);
      INSERT INTO app.big SELECT i, repeat(md5(i::text), 8) FROM generate_series(1, 40000) i;
      CREATE FUNCTION app.row_text(r app.big) RETURNS text LANGUAGE plpgsql AS $$ BEGIN
        ${become()} RETURN r.pad; EXCEPTION WHEN OTHERS THEN RETURN r.pad; END $$;
      CREATE CAST (app.big AS text) WITH FUNCTION app.row_text(app.big);`;
    await server.psql(database, sql, plain);
    await backUp(database);
    expect(await isSuperuser()).toBe('f');
  });

  test.each([
    ['restore', 'the aggregate', /is not empty.*function public\.json_agg/],
    ['all', 'the aggregate', /is not empty.*function public\.json_agg/],
  ])('a role does not become superuser by a target prepared for %s with %s', async (mode, _what, refusal) => {
    await server.psql(database, 'DROP TABLE public.t; DROP SCHEMA app;');
    await server.psql(database, aggregate(), plain);
    const name = mode === 'all' ? uniqueName('another') : 'one';
    const result = await runs.run(database, { mode, 'backup-name': name, ...asAdministrator() });
    expect(result.stdout).toMatch(refusal);
    expect(await isSuperuser()).toBe('f');
  });
});

/** Runs that touch no database have nothing to lose there. */
test('list and verify log in to no database', async () => {
  const PATH = `${server.programs}:${process.env['PATH'] ?? ''}`;
  for (const mode of ['list', 'verify']) {
    const inputs = { ...runs.inputs('unused'), mode, 'target-port': '1' };
    const result = await ended(await runAction({ with: inputs, env: { PATH } }));
    expect(result.exitCode).toBe(0);
  }
});
