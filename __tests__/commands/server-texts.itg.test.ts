import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { DatabaseServer, Login } from '../../testbed/database-server.js';
import { startPostgres, type PostgresServer } from '../../testbed/postgres.js';
import { backUp } from '../engine/backup-trial.js';
import { createDatabase, createRole, quoteIdentifier } from '../helpers/databases.js';
import type { ActionResult } from '../helpers/run-action.js';
import { sharedPostgres } from '../helpers/shared-servers.js';
import { BackupRuns } from './backup-runs.js';
import { few } from '../helpers/depth.js';

/** The value of a row, which nothing that a run says may hold. */
const VALUE = 'marked_4711';
const server = sharedPostgres();
const superuser: Login = { user: server.user, password: server.password };
let newer: PostgresServer;

beforeAll(async () => {
  newer = await startPostgres({ version: 17 });
});

afterAll(async () => {
  await newer.stop();
});

/** A table with one row, and `app.f(v)`, which does the statement in sessions of ours only. */
function guarded(statement: string, attributes = ''): string {
  return `CREATE SCHEMA app; CREATE TABLE app.t (v text); INSERT INTO app.t VALUES ('${VALUE}');
    CREATE FUNCTION app.f(v text) RETURNS boolean LANGUAGE plpgsql ${attributes} AS $$ BEGIN
      IF pg_catalog.current_setting('application_name') LIKE 'phaselift%' THEN
        ${statement}
      END IF; RETURN true; END $$;`;
}

const CHECK = 'ALTER TABLE app.t ADD CONSTRAINT c CHECK (app.f(v));';
const GENERATED = 'ALTER TABLE app.t ADD COLUMN g boolean GENERATED ALWAYS AS (app.f(v)) STORED;';
const MATVIEW = 'CREATE MATERIALIZED VIEW app.m AS SELECT app.f(v) FROM app.t;';

/** Restores what was backed up, with all that can be said; the restore must fail. */
async function failedRestore(sql: string, at: DatabaseServer = server): Promise<ActionResult> {
  const login = { user: at.user, password: at.password };
  const trial = await backUp(at, await createDatabase(at, { sql }), login);
  const result = await (await trial.start({ with: { debug: 'true', 'retry-minutes': '0' } })).handle.done;
  expect(result.exitCode).toBe(1);
  return result;
}

function expectHidden({ lines, stdout, stderr, summary, outputs, state, annotations }: ActionResult): void {
  const all = [...lines, stdout, stderr, summary, JSON.stringify({ outputs, state, annotations })].join('\n');
  expect(all.split('\n').filter((line) => line.includes(VALUE))).toEqual([]);
}

const errorOf = ({ annotations }: ActionResult): string =>
  annotations
    .filter(({ level }) => level === 'error')
    .map(({ message }) => message)
    .join('\n');

describe('a value that code of the database quotes while it is restored', () => {
  test.each(
    few(
      [0, 3, 9, 10, 13],
      [
        [
          'RAISE in a CHECK',
          "RAISE EXCEPTION 'secret %', v;",
          CHECK,
          /P0001 raise_exception: COPY t, line 1, in PL\/pgSQL function app\.f\(text\) line 3/,
        ],
        [
          'RAISE with a code of rights',
          "RAISE EXCEPTION 'secret %', v USING ERRCODE = '42501', DETAIL = v, HINT = v;",
          CHECK,
          /42501 insufficient_privilege/,
        ],
        [
          'RAISE with a code of the temp limit',
          "RAISE EXCEPTION 'secret %', v USING ERRCODE = '53400';",
          CHECK,
          /53400 configuration_limit_exceeded/,
        ],
        [
          'RAISE with a code that asks for another try',
          "RAISE EXCEPTION 'secret %', v USING ERRCODE = '40001';",
          CHECK,
          /40001 serialization_failure/,
        ],
        ['RAISE with a code of notices', "RAISE EXCEPTION 'secret %', v USING ERRCODE = '01000';", CHECK, /01000 /],
        [
          'RAISE with names',
          "RAISE EXCEPTION '%', v USING ERRCODE = '23514', TABLE = v, CONSTRAINT = v, COLUMN = v, SCHEMA = v;",
          CHECK,
          /23514 check_violation/,
        ],
        ['RAISE after a notice', "RAISE NOTICE '%', v; RAISE EXCEPTION E'two\\nlines %', v;", CHECK, /P0001/],
        [
          'a long text',
          "RAISE EXCEPTION '%', pg_catalog.repeat(v || E'\\n', 20000);",
          CHECK,
          /TABLE DATA app\.t: .*not shown/,
        ],
        ['ASSERT in a CHECK', "ASSERT false, 'secret ' || v;", CHECK, /P0004 assert_failure/],
        ['RAISE in a generated column', "RAISE EXCEPTION 'secret %', v;", GENERATED, /P0001 raise_exception/],
        ['RAISE in a materialized view', "RAISE EXCEPTION 'secret %', v;", MATVIEW, /MATERIALIZED VIEW.*app\.m.*P0001/],
        ['a name put together', "EXECUTE 'SELECT FROM ' || v;", CHECK, /42P01 undefined_table/],
        ['a column put together', "EXECUTE 'SELECT ' || v;", MATVIEW, /42703 undefined_column/],
        ['a syntax error', "EXECUTE v || ' x';", CHECK, /42601 syntax_error/],
        ['a cast', 'PERFORM v::integer;', CHECK, /22P02 invalid_text_representation/],
        ['a cast to regclass', 'PERFORM v::regclass;', CHECK, /42P01 undefined_table/],
      ],
    ),
  )('a value that code quotes in a restore is not shown: %s', async (_what, statement, use, said) => {
    const result = await failedRestore(guarded(statement, 'IMMUTABLE') + use);
    expectHidden(result);
    expect(errorOf(result)).toMatch(said);
  });

  test('a value that code quotes in a restore is not shown when ANALYZE meets it', async () => {
    const statement = "IF pg_catalog.current_query() LIKE '%ANALYZE%' THEN RAISE EXCEPTION 'secret %', v; END IF;";
    const result = await failedRestore(`${guarded(statement, 'IMMUTABLE')} CREATE INDEX i ON app.t (app.f(v));`);
    expectHidden(result);
    expect(errorOf(result)).toMatch(/ANALYZE of .*P0001 raise_exception, in PL\/pgSQL function app\.f\(text\)/);
  });
});

describe('a value that code of the database quotes while it is backed up', () => {
  test('a value that code quotes in a backup is not shown when it comes from a policy', async () => {
    const reader = await createRole(server);
    const sql = `${guarded("RAISE EXCEPTION 'secret %', v;")} ALTER TABLE app.t ENABLE ROW LEVEL SECURITY;
      CREATE POLICY p ON app.t USING (app.f(v)); GRANT USAGE ON SCHEMA app TO ${quoteIdentifier(reader.user)};
      GRANT SELECT ON app.t TO ${quoteIdentifier(reader.user)};`;
    const runs = await BackupRuns.create();
    const inputs = { 'source-user': reader.user, 'source-password': reader.password, debug: 'true' };
    const result = await runs.run(await createDatabase(server, { sql }), {
      ...inputs,
      'dump-options': '--enable-row-security',
    });
    expect(result.exitCode).toBe(1);
    expectHidden(result);
    expect(errorOf(result)).toMatch(/contents of table "t".*not shown, in PL\/pgSQL function app\.f\(text\) line 3/);
    runs.close();
  });

  test('a value is not shown when an event trigger that quotes it refuses the login', async () => {
    const sql = `CREATE FUNCTION public.f() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN
        IF pg_catalog.current_setting('application_name') LIKE 'phaselift%' THEN RAISE EXCEPTION 'secret ${VALUE}'; END IF; END $$;
      CREATE EVENT TRIGGER e ON login EXECUTE FUNCTION public.f(); ALTER EVENT TRIGGER e ENABLE ALWAYS;`;
    const runs = await BackupRuns.create(newer);
    const result = await runs.run(await createDatabase(newer, { sql }), { debug: 'true' });
    expect(result.exitCode).toBe(1);
    expectHidden(result);
    expect(errorOf(result)).toMatch(
      /FATAL: not shown, in PL\/pgSQL function (?:public\.)?f\(\) line 2\n.*event trigger/s,
    );
    runs.close();
  });
});

describe('a name without its schema in a function', () => {
  const KINDS = `CREATE SCHEMA shop; SET search_path = shop; CREATE TABLE kinds (k text); INSERT INTO kinds VALUES ('a');
    CREATE FUNCTION known(k text) RETURNS boolean LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN
      RETURN EXISTS (SELECT FROM kinds WHERE kinds.k = known.k); END $$;
    CREATE FUNCTION known_sql(k text) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT EXISTS (SELECT FROM kinds WHERE kinds.k = known_sql.k)';
    CREATE FUNCTION known_too(k text) RETURNS boolean LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN RETURN known(k); END $$;
    CREATE TABLE things (k text); INSERT INTO things VALUES ('a');`;

  test.each(
    few(
      [0, 4],
      [
        [
          'CHECK',
          'ALTER TABLE things ADD CHECK (known(k));',
          'relation "kinds" does not exist (SQLSTATE 42P01), in PL/pgSQL function shop.known(text) line 2',
        ],
        [
          'CHECK in SQL',
          'ALTER TABLE things ADD CHECK (known_sql(k));',
          'relation "kinds" does not exist (SQLSTATE 42P01), in SQL function "known_sql"',
        ],
        [
          'function',
          'ALTER TABLE things ADD CHECK (known_too(k));',
          'function known(text) does not exist (SQLSTATE 42883), in PL/pgSQL function shop.known_too(text) line 1',
        ],
        [
          'generated column',
          'ALTER TABLE things ADD COLUMN g boolean GENERATED ALWAYS AS (known(k)) STORED;',
          '(SQLSTATE 42P01), in PL/pgSQL function shop.known(text) line 2',
        ],
        [
          'index',
          'CREATE INDEX i ON things (known(k));',
          '(SQLSTATE 42P01), in PL/pgSQL function shop.known(text) line 2',
        ],
        [
          'materialized view',
          'CREATE MATERIALIZED VIEW m AS SELECT known(k) FROM things;',
          '(SQLSTATE 42P01), in PL/pgSQL function shop.known(text) line 2',
        ],
      ],
    ),
  )('a name without its schema is told with its function and what to do: %s', async (_what, use, said) => {
    // From 17 on the server itself looks names up so when it builds an index or a view: there it cannot come about.
    for (const at of /^CREATE (?:INDEX|MATERIALIZED)/.test(use) ? [server] : [server, newer]) {
      const result = await failedRestore(`${KINDS} ${use}`, at);
      expect(errorOf(result)).toContain(said);
      expect(errorOf(result)).toMatch(/Next step: The function names something without its schema.*SET search_path/);
    }
  });

  test('a name without its schema is not the advice for a statement of the backup itself', async () => {
    const role = await createRole(server);
    const sql = `CREATE TABLE public.t (id int); ALTER TABLE public.t OWNER TO ${quoteIdentifier(role.user)};`;
    const trial = await backUp(server, await createDatabase(server, { sql }), superuser);
    await server.psql(
      trial.database,
      `ALTER TABLE public.t OWNER TO postgres; DROP ROLE ${quoteIdentifier(role.user)};`,
    );
    const run = await trial.start({ with: { 'keep-owner': 'true', 'skip-checks': 'true' } });
    const said = errorOf(await run.handle.done);
    expect(said).toContain(`role "${role.user}" does not exist (SQLSTATE 42704)`);
    expect(said).toMatch(/Next step: Something that the backup does not hold is missing on the target: create it/);
  });
});
