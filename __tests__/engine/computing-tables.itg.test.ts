import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Login } from '../../testbed/database-server.js';
import { runProgram } from '../../testbed/run-program.js';
import { createDatabase } from '../helpers/databases.js';
import { sharedPostgres } from '../helpers/shared-servers.js';
import { backUp, expectSameDump, type BackupTrial } from './backup-trial.js';
import { few, IS_DEEP } from '../helpers/depth.js';

/** Tables whose rows run functions that read other tables, larger than those: the largest data is loaded first otherwise. */

const server = sharedPostgres();
const superuser: Login = { user: server.user, password: server.password };

const kinds = `
  CREATE SCHEMA shop;
  CREATE TABLE shop.a_kinds (kind text PRIMARY KEY, rate numeric);
  INSERT INTO shop.a_kinds SELECT 'k' || n, n * 1.5 FROM generate_series(1, 50) n;
  CREATE FUNCTION shop.rate_of(k text) RETURNS numeric IMMUTABLE LANGUAGE sql AS 'SELECT rate FROM shop.a_kinds WHERE kind = k';
  CREATE FUNCTION shop.known(k text) RETURNS bool STABLE LANGUAGE sql AS 'SELECT EXISTS (SELECT FROM shop.a_kinds WHERE kind = k)';
  CREATE DOMAIN shop.kind AS text CHECK (shop.known(VALUE));
  CREATE FUNCTION shop.is_kind(k text, yes bool) RETURNS bool IMMUTABLE LANGUAGE sql AS 'SELECT shop.known(k) = yes';
  CREATE OPERATOR shop.?? (LEFTARG = text, RIGHTARG = bool, FUNCTION = shop.is_kind);
  CREATE TYPE shop.of_kind AS (k text);
  CREATE FUNCTION shop.number(k shop.of_kind) RETURNS int IMMUTABLE LANGUAGE sql AS 'SELECT shop.rate_of(k.k)::int';
  CREATE CAST (shop.of_kind AS int) WITH FUNCTION shop.number(shop.of_kind);`;
const rows = (what: string) =>
  `SELECT i, ${what}, repeat('x', 100) FROM generate_series(1, 6000) i, LATERAL (SELECT 'k' || (1 + i % 50) AS k) kinds`;

const cases: Readonly<Record<string, string>> = {
  generated: `
    CREATE TABLE shop.t (id int PRIMARY KEY, kind text, rated numeric GENERATED ALWAYS AS (id * shop.rate_of(kind)) STORED, pad text);
    INSERT INTO shop.t (id, kind, pad) ${rows('k')};`,
  check: `
    CREATE TABLE shop.t (id int PRIMARY KEY, kind text CHECK (shop.known(kind)), pad text);
    INSERT INTO shop.t ${rows('k')};`,
  domains: `
    CREATE TABLE shop.t (id int PRIMARY KEY, kind shop.kind, pad text);
    INSERT INTO shop.t ${rows('k')};
    CREATE TABLE shop.u (id int, kinds shop.kind[], pad text);
    INSERT INTO shop.u ${rows('ARRAY[k]')};`,
  operator: `
    CREATE TABLE shop.t (id int PRIMARY KEY, kind text CHECK (kind OPERATOR(shop.??) true), pad text);
    INSERT INTO shop.t ${rows('k')};`,
  cast: `
    CREATE TABLE shop.t (id int PRIMARY KEY, kind shop.of_kind, n int GENERATED ALWAYS AS (kind::int) STORED, pad text);
    INSERT INTO shop.t (id, kind, pad) ${rows('ROW(k)::shop.of_kind')};`,
  inherited: `
    CREATE TABLE shop.t (id int, kind text CHECK (shop.known(kind)), pad text, rated numeric GENERATED ALWAYS AS (shop.rate_of(kind)) STORED);
    CREATE TABLE shop.child (more int) INHERITS (shop.t);
    INSERT INTO shop.child (id, kind, pad) ${rows('k')};`,
  partitions: `
    CREATE TABLE shop.t (id int, kind text, pad text) PARTITION BY LIST ((shop.rate_of(kind) > 30));
    CREATE TABLE shop.t_low PARTITION OF shop.t FOR VALUES IN (false);
    CREATE TABLE shop.t_high PARTITION OF shop.t DEFAULT;
    INSERT INTO shop.t ${rows('k')};`,
};

const everyWay = [
  ['empty', 1],
  ['empty', 4],
  ['empty-keys-last', 4],
  ['after-data', 4],
] as const;

/** Of all rows, with the generated columns, which pg_dump leaves out. */
async function digests(database: string): Promise<string[]> {
  const tables =
    "SELECT oid::regclass FROM pg_class WHERE relnamespace = 'shop'::regnamespace AND relkind = 'r' ORDER BY 1";
  const names = (await server.psql(database, tables)).split('\n');
  const digest = "md5(string_agg(t::text, ';' ORDER BY t::text))";
  return Promise.all(
    names.map(async (name) => `${name} ${await server.psql(database, `SELECT ${digest} FROM ONLY ${name} t`)}`),
  );
}

describe.each(Object.entries(cases))('what the rows of a table compute out of another: %s', (name, sql) => {
  let trial: BackupTrial;
  let reference: string;
  let directory: string;

  beforeAll(async () => {
    trial = await backUp(server, await createDatabase(server, { sql: kinds + sql }), superuser);
    directory = await mkdtemp(join(tmpdir(), 'phaselift-computing-'));
    const [file, env] = [join(directory, 'archive'), server.environment(trial.database)];
    await runProgram(join(server.programs, 'pg_dump'), ['-Fc', '-f', file], { env });
    reference = await createDatabase(server);
    await runProgram(join(server.programs, 'pg_restore'), ['--exit-on-error', '-d', reference, file], { env });
  });
  afterAll(() => rm(directory, { recursive: true }));

  test.each(
    name === 'generated' ? few([0, 3], everyWay) : name === 'check' && IS_DEEP ? everyWay : everyWay.slice(1, 2),
  )('a computing table is as pg_restore makes it (index-strategy %s, restore-jobs %i)', async (strategy, jobs) => {
    const target = await trial.restore({ strategy, jobs, with: { verify: 'full' } });
    await expectSameDump({ server, name: reference }, target);
    expect(await digests(target.name)).toEqual(await digests(reference));
    expect(target.result.stdout).toMatch(
      /TABLE DATA shop\.\w+ is loaded after all other data: its rows run FUNCTION shop\./,
    );
  });
});

test('a restore killed while it loaded a computing table goes on with what is left', async () => {
  const pause = "pg_sleep(coalesce(nullif(current_setting('trial.pause', true), ''), '0')::float8)";
  const sql = `${kinds}
    CREATE FUNCTION shop.slowly(k text) RETURNS bool LANGUAGE plpgsql AS $$ BEGIN PERFORM ${pause}; RETURN shop.known(k); END $$;
    CREATE TABLE shop.s_first (kind text CHECK (shop.known(kind)));
    INSERT INTO shop.s_first SELECT 'k' || n FROM generate_series(1, 50) n;
    CREATE TABLE shop.t_slow (kind text CHECK (shop.slowly(kind)));
    INSERT INTO shop.t_slow SELECT 'k' || (1 + n % 50) FROM generate_series(1, 100) n;
    CREATE FUNCTION shop.counted(k text) RETURNS bool LANGUAGE sql AS 'SELECT (SELECT count(*) FROM shop.t_slow) = 100';
    CREATE TABLE shop.u_last (kind text CHECK (shop.counted(kind)), pad text);
    INSERT INTO shop.u_last SELECT 'k1', repeat('x', 1000) FROM generate_series(1, 3000);`;
  const trial = await backUp(server, await createDatabase(server, { sql }), superuser);
  const { name, handle } = await trial.start({ jobs: 4, with: { 'pg-options': '-c trial.pause=0.05' } });
  const loading = `SELECT count(*) FROM pg_stat_activity WHERE application_name ~ 'phaselift' AND query ~ 'COPY shop.t_slow'`;
  while ((await server.psql(name, loading).catch(() => '0')) === '0') await sleep(20);
  handle.kill('SIGKILL');
  await handle.done;
  const target = await trial.restore({ jobs: 4, database: name });
  expect(target.result.outputs['resumed']).toBe('true');
  await expectSameDump({ server, name: trial.database }, target);
});

test('a check that the other table contradicts says what to do, and doing so helps', async () => {
  const sql = `${kinds}${cases['check'] ?? ''} DELETE FROM shop.a_kinds WHERE kind = 'k7';`;
  const trial = await backUp(server, await createDatabase(server, { sql }), superuser);
  const { name, handle } = await trial.start();
  const failed = await handle.done;
  expect(failed.exitCode).toBe(1);
  const said = failed.annotations.map(({ message }) => message).join('\n');
  expect(said).toMatch(/^TABLE DATA shop\.t: 23514 check_violation/);
  expect(said).toMatch(/runs FUNCTION shop\.known\(text\), which may read what is not loaded yet or differs/);
  expect(said).toMatch(/NOT VALID at the source.* `skip-entries: TABLE DATA shop\.t`/);
  expect(said).not.toMatch(/run the restore again/);
  const target = await trial.restore({ database: name, with: { 'skip-entries': 'TABLE DATA shop.t' } });
  expect(await server.psql(target.name, 'SELECT count(*) FROM shop.a_kinds')).toBe('49');
});
