import { beforeAll, describe, expect, test } from '@jest/globals';
import type { Login } from '../../testbed/database-server.js';
import { createDatabase, createRole } from '../helpers/databases.js';
import { sharedPostgres } from '../helpers/shared-servers.js';
import { backUp, expectSameDump, type BackupTrial } from './backup-trial.js';

/** What PostgreSQL's own regression database brought to light: docs/foreign-databases.md. */

const server = sharedPostgres();
const superuser: Login = { user: server.user, password: server.password };
let owner: Login;

beforeAll(async () => {
  owner = await createRole(server, { attributes: 'CREATEDB' });
});

test('names as long as PostgreSQL allows are found again by the verification', async () => {
  const [table, trigger, rule] = ['t', 'g', 'r'].map((letter) => letter.repeat(63));
  const sql = `
    CREATE SCHEMA ${'s'.repeat(63)};
    SET search_path = ${'s'.repeat(63)};
    CREATE TABLE ${table} (id int PRIMARY KEY);
    CREATE TABLE plain (id int);
    CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
    CREATE TRIGGER ${trigger} BEFORE INSERT ON ${table} FOR EACH ROW EXECUTE FUNCTION f();
    CREATE RULE ${rule} AS ON DELETE TO ${table} DO ALSO NOTIFY x;`;
  const trial = await backUp(server, await createDatabase(server, { sql }), superuser);
  const target = await trial.restore();
  await expectSameDump({ server, name: trial.database }, target);
});

describe('what only superusers create', () => {
  let trial: BackupTrial;

  beforeAll(async () => {
    const sql = `
      CREATE SCHEMA app;
      CREATE TABLE app.t (id int);
      CREATE TYPE app.shell;
      CREATE FUNCTION app.to_sql(internal) RETURNS internal IMMUTABLE STRICT LANGUAGE internal AS 'prsd_lextype';
      CREATE TRANSFORM FOR int LANGUAGE sql (FROM SQL WITH FUNCTION app.to_sql(internal));
      CREATE AGGREGATE app.internal_state(float8 ORDER BY anyelement) (
        SFUNC = ordered_set_transition, STYPE = internal, FINALFUNC = percentile_disc_final, FINALFUNC_EXTRA);
      CREATE AGGREGATE app.plain_state(int) (SFUNC = int4pl, STYPE = int);
      CREATE PUBLICATION in_schema FOR TABLES IN SCHEMA app;
      CREATE PUBLICATION of_table FOR TABLE app.t;`;
    trial = await backUp(server, await createDatabase(server, { sql }), superuser);
  });

  test('what only superusers create is named at once to another role, for skip-entries', async () => {
    const refused = await (await trial.start({ login: owner })).handle.done;
    expect(refused.exitCode).toBe(1);
    const [annotation] = refused.annotations.filter(({ level }) => level === 'error');
    const lines = annotation?.message.split('\n') ?? [];
    const skip = lines.slice(
      lines.findIndex((line) => line.startsWith('Or leave the objects out with input `skip-entries`')) + 1,
    );
    expect([...skip].sort()).toEqual([
      'AGGREGATE app.internal_state(double precision, anyelement)',
      'FUNCTION app.to_sql(internal)',
      'PUBLICATION TABLES IN SCHEMA app.in_schema app',
      'TRANSFORM TRANSFORM FOR integer LANGUAGE sql',
      'TYPE app.shell',
    ]);
    expect(refused.summary).toContain('\nTYPE app.shell\n');

    const target = await trial.restore({ login: owner, with: { 'skip-entries': skip.join('\n') } });
    const made = "SELECT count(*) FROM pg_aggregate WHERE aggfnoid::regprocedure::text LIKE 'app.%'";
    expect(await server.psql(target.name, made)).toBe('1');
  });

  test('what only superusers create is named by its statement where checks were skipped', async () => {
    const { handle } = await trial.start({ login: owner, with: { 'skip-checks': 'true' } });
    const failed = await handle.done;
    expect(failed.exitCode).toBe(1);
    expect(failed.annotations.at(-1)?.message).toMatch(/^FUNCTION app\.to_sql\(internal\): permission denied .*42501/);
  });

  test('what only superusers create is no matter for a superuser', async () => {
    const target = await trial.restore();
    await expectSameDump({ server, name: trial.database }, target);
  });
});

describe('ANALYZE', () => {
  test('ANALYZE asks no other server: tables above foreign ones are left out, and named', async () => {
    const sql = `
      CREATE EXTENSION postgres_fdw;
      CREATE SERVER nowhere FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host '127.0.0.1', port '1');
      CREATE USER MAPPING FOR PUBLIC SERVER nowhere OPTIONS (user 'nobody', password 'none');
      CREATE TABLE public.whole (id int) PARTITION BY LIST (id);
      CREATE TABLE public.half PARTITION OF public.whole FOR VALUES IN (1, 2) PARTITION BY LIST (id);
      CREATE FOREIGN TABLE public.there PARTITION OF public.half FOR VALUES IN (1) SERVER nowhere;
      CREATE TABLE public.here PARTITION OF public.half FOR VALUES IN (2);
      INSERT INTO public.here SELECT 2 FROM generate_series(1, 100);`;
    const trial = await backUp(server, await createDatabase(server, { sql }), superuser);
    const target = await trial.restore();
    const leftOut = target.result.lines.filter((line) => line.includes('was not analyzed'));
    expect(leftOut.map((line) => line.split(' ')[0]).sort()).toEqual(['public.half', 'public.whole']);
    expect(await server.psql(target.name, "SELECT reltuples FROM pg_class WHERE relname = 'here'")).toBe('100');
    await expectSameDump({ server, name: trial.database }, target);
  });

  test('an ANALYZE that fails says which tables, and goes on when it is run again', async () => {
    const sql = `
      CREATE FUNCTION public.picky(id int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS $$
        BEGIN IF current_query() LIKE 'ANALYZE%' THEN RAISE 'not now'; END IF; RETURN id; END $$;
      CREATE TABLE public.t (id int);
      CREATE INDEX picky_index ON public.t (public.picky(id));
      INSERT INTO public.t SELECT generate_series(1, 100);`;
    const trial = await backUp(server, await createDatabase(server, { sql }), superuser);
    const { handle, name } = await trial.start();
    const failed = await handle.done;
    expect(failed.exitCode).toBe(1);
    expect(failed.annotations.at(-1)?.message).toMatch(
      /^ANALYZE of public\.t: .*P0001[^]*\nNext step: .*`analyze: false`/,
    );
    const target = await trial.restore({ database: name, with: { analyze: 'false' } });
    expect(target.result.outputs['resumed']).toBe('true');
    await expectSameDump({ server, name: trial.database }, target);
  });
});
