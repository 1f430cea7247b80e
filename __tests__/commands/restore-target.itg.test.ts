import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Login } from '../../testbed/database-server.js';
import { createRole, quoteIdentifier } from '../helpers/databases.js';
import { expectFailure } from './backup-runs.js';
import { RestoreRuns } from './restore-runs.js';

const SOURCE = `
  CREATE EXTENSION pg_trgm;
  CREATE TABLE public.t (id int PRIMARY KEY, name text);
  INSERT INTO public.t SELECT i, 'name ' || i FROM generate_series(1, 100) i;
  CREATE INDEX by_name ON public.t USING gin (name gin_trgm_ops);`;

let runs: RestoreRuns;

beforeAll(async () => {
  runs = await RestoreRuns.create(SOURCE);
  await runs.backUp();
});

afterAll(() => runs.close());

describe('what is in the target already', () => {
  test('a target with a table of somebody is refused, and the table is named and left alone', async () => {
    const target = await runs.emptyTarget('CREATE TABLE mine (a int); INSERT INTO mine VALUES (1);');
    const result = await runs.run(target);
    expectFailure(
      result,
      new RegExp(`the target database ${target} is not empty.*table public\\.mine`),
      /another `target-database`/,
    );
    expect(result.outputs).toMatchObject({ 'backup-name': 'one', 'row-count': '100', phases: '[]', resumed: 'false' });
    expect(await runs.server.psql(target, 'SELECT * FROM mine')).toBe('1');
    expect(await runs.server.psql(target, "SELECT nspname FROM pg_namespace WHERE nspname ~ 'phaselift'")).toBe('');
  });

  test.each([
    ['a schema', 'CREATE SCHEMA s', /schema s/],
    ['a function', "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'", /function public\.f/],
    ['a type', "CREATE TYPE e AS ENUM ('a')", /type public\.e/],
    ['a large object', "SELECT lo_from_bytea(4242, 'x')", /large object 4242/],
  ])('a target with %s is refused as somebody’s', async (_what, sql, named) => {
    expectFailure(await runs.run(await runs.emptyTarget(sql)), named, /drop and create/);
  });

  test('a target with only extensions and their members counts as empty', async () => {
    const target = await runs.emptyTarget('CREATE EXTENSION pg_trgm; CREATE EXTENSION hstore;');
    await runs.succeed(target);
    await runs.server.psql(target, 'DROP EXTENSION hstore');
    await runs.server.psql(target, `UPDATE pg_extension SET extowner = '${runs.owner.user}'::regrole`);
    await runs.expectRestored(target);
  });
});

describe('a target that does not exist', () => {
  test('a missing target is made with encoding and locale of the source', async () => {
    const source = runs.missingTarget();
    await runs.server.psql(
      'postgres',
      `CREATE DATABASE ${source} OWNER ${runs.owner.user} TEMPLATE template0 ENCODING 'LATIN1' LOCALE 'C'`,
    );
    await runs.server.psql(source, "CREATE TABLE t (a text); INSERT INTO t VALUES (E'caf\\u00e9');", runs.owner);
    await runs.backUp('one', { database: source });
    const target = runs.missingTarget();
    await runs.succeed(target, { database: source, confirm: target });
    const made = `SELECT pg_encoding_to_char(encoding), datcollate, datctype, datdba::regrole FROM pg_database`;
    expect(await runs.server.psql('postgres', `${made} WHERE datname = '${target}'`)).toBe(
      `LATIN1|C|C|${runs.owner.user}`,
    );
    expect(await runs.server.psql(target, 'SET client_encoding = utf8; SELECT a FROM t')).toBe('café');
  });

  test('a missing target whose locale the server lacks is refused, with what to do', async () => {
    const archive = await runs.bucket.get(runs.archiveKey());
    const key = 'elsewhere/locale.dump';
    await runs.bucket.put(key, Buffer.from(archive.toString('latin1').replaceAll("'C.UTF-8'", "'X.UTF-8'"), 'latin1'));
    const target = runs.missingTarget();
    const result = await runs.run(target, { 's3-uri': runs.uriOf(key) });
    expectFailure(result, new RegExp(`target database ${target} could not be created: invalid .*locale`), /template0/);
    expect(await runs.exists(target)).toBe(false);
  });

  test('a missing target is refused when the role may not make databases', async () => {
    const login = await createRole(runs.server);
    const target = runs.missingTarget();
    const result = await runs.run(target, runs.connection('target', login));
    expectFailure(
      result,
      new RegExp(`target database ${target} does not exist, and the role ${login.user} may not create databases`),
      /CREATEDB/,
    );
    expect(await runs.exists(target)).toBe(false);
  });

  test('a missing target is not left behind when the checks refuse the backup', async () => {
    const target = runs.missingTarget();
    const login = await createRole(runs.server, { attributes: 'CREATEDB' });
    const source = await withSuperusersThings();
    const result = await runs.run(target, { database: source, ...runs.connection('target', login) });
    expectFailure(result, /cannot create/, /skip-entries/);
    expect(await runs.exists(target)).toBe(false);
  });
});

describe('a role that may not do enough', () => {
  async function targetOfOthers(grants = ''): Promise<{ target: string; login: Login }> {
    const login = await createRole(runs.server);
    const role = quoteIdentifier(login.user);
    const superuser = { user: runs.server.user, password: runs.server.password };
    const target = await runs.emptyTarget(grants.replaceAll('ROLE', role), superuser);
    return { target, login };
  }

  test('a role without CREATE on the database is told the GRANT that helps, among all faults', async () => {
    const { target, login } = await targetOfOthers();
    const result = await runs.run(target, runs.connection('target', login));
    expectFailure(result, /^3 checks failed, nothing was done/, /EXTENSION pg_trgm/);
    expect(result.annotations[0]?.message).toContain(
      `the role ${login.user} may not create schemas in the target database ${target}. ` +
        `As its owner run: GRANT CREATE ON DATABASE "${target}" TO "${login.user}"`,
    );
    expect(result.annotations[0]?.message).toContain('GRANT CREATE ON SCHEMA public');
    await runs.expectUntouched(target);
  });

  test('a role without CREATE on the schema public is refused', async () => {
    const { target, login } = await targetOfOthers(
      "DO $$ BEGIN EXECUTE format('GRANT CREATE ON DATABASE %I TO ROLE', current_database()); END $$",
    );
    const result = await runs.run(target, runs.connection('target', login));
    expectFailure(
      result,
      new RegExp(`role ${login.user} may not create in the schema public of ${target}`),
      new RegExp(`GRANT CREATE ON SCHEMA public TO "${login.user}"`),
    );
    await runs.expectUntouched(target);
  });

  test('a role with a wrong password is refused', async () => {
    const target = await runs.emptyTarget();
    const result = await runs.run(target, { 'target-password': 'wrong' });
    expectFailure(result, /password authentication failed/, /target-user and target-password/);
    await runs.expectUntouched(target);
  });
});

test('a target whose transactions only read by default is restored, and stays so', async () => {
  const target = await runs.emptyTarget();
  await runs.server.psql('postgres', `ALTER DATABASE ${target} SET default_transaction_read_only = on`);
  await runs.succeed(target, { verify: 'full' });
  expect(await runs.server.psql(target, 'SELECT count(*) FROM t; SHOW default_transaction_read_only')).toBe('100\non');
});

test('a `confirm` that is not the name of the target stops everything', async () => {
  const target = await runs.emptyTarget();
  const result = await runs.run(target, { confirm: 'production' });
  expectFailure(result, /`confirm`.*production.*is not the target database/, /./);
  await runs.expectUntouched(target);
});

/** A database with one of each thing that only superusers make, or that needs what this server no longer has. */
async function withSuperusersThings(): Promise<string> {
  const source = runs.missingTarget();
  await runs.server.psql('postgres', `CREATE DATABASE ${source} OWNER ${runs.owner.user} TEMPLATE template0`);
  await runs.server.psql(source, SOURCE, runs.owner);
  await runs.server.psql(
    source,
    `CREATE FUNCTION note() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END';
     CREATE EVENT TRIGGER noting ON ddl_command_end EXECUTE FUNCTION note();
     CREATE EXTENSION file_fdw;
     CREATE EXTENSION postgres_fdw;
     CREATE SERVER remote FOREIGN DATA WRAPPER postgres_fdw;
     CREATE FOREIGN TABLE far (a int) SERVER remote;
     CREATE FUNCTION tight(int) RETURNS int LANGUAGE sql LEAKPROOF AS 'SELECT $1';
     CREATE FUNCTION helped(int) RETURNS int LANGUAGE sql SUPPORT generate_series_int4_support AS 'SELECT $1';
     CREATE TRUSTED LANGUAGE plmine HANDLER plpgsql_call_handler VALIDATOR plpgsql_validator;
     CREATE VIEW over_tight AS SELECT tight(id) FROM t;
     CREATE PUBLICATION everything FOR ALL TABLES;
     CREATE EXTENSION citext;
     UPDATE pg_extension SET extname = 'no_such_thing' WHERE extname = 'citext';`,
  );
  const superuser = { user: runs.server.user, password: runs.server.password };
  await runs.backUp('one', { database: source, ...runs.connection('source', superuser) });
  return source;
}

describe('a backup with objects that the role may not create', () => {
  test('a backup with what the role may not create is refused with the `skip-entries` to use', async () => {
    const source = await withSuperusersThings();
    const target = await runs.emptyTarget();
    const result = await runs.run(target, { database: source });
    expectFailure(
      result,
      new RegExp(`role ${runs.owner.user} cannot create \\d+ objects of this backup: `),
      /skip-entries/,
    );
    await runs.expectUntouched(target);

    const lines = result.annotations[0]?.message.split('\n') ?? [];
    const advice = lines.slice(lines.findIndex((line) => line.includes('one a line')) + 1);
    expect(advice.toSorted()).toEqual([
      'EVENT TRIGGER noting',
      'EXTENSION file_fdw',
      'EXTENSION no_such_thing',
      'EXTENSION postgres_fdw',
      'FUNCTION public.helped(integer)',
      'FUNCTION public.tight(integer)',
      'PROCEDURAL LANGUAGE plmine',
      'PUBLICATION everything',
    ]);
    const again = await runs.succeed(target, { database: source, 'skip-entries': advice.join('\n') });
    expect(again.outputs['resumed']).toBe('false');
    expect(again.stdout).toMatch(/SERVER remote is not restored: depends on EXTENSION postgres_fdw, which is left out/);
    expect(again.stdout).toMatch(/VIEW public\.over_tight is not restored: depends on FUNCTION public\.tight/);
    expect(await runs.server.psql(target, 'SELECT count(*) FROM t')).toBe('100');
    expect(await runs.server.psql(target, "SELECT proname FROM pg_proc WHERE proname IN ('note', 'tight')")).toBe(
      'note',
    );
  });
});
