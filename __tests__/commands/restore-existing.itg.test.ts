import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { DatabaseServer, Login } from '../../testbed/database-server.js';
import { startPostgres, type PostgresServer } from '../../testbed/postgres.js';
import { runProgram } from '../../testbed/run-program.js';
import { backUp, expectSuccess, type BackupTrial } from '../engine/backup-trial.js';
import { createDatabase, createRole, dumpText, quoteIdentifier, uniqueName } from '../helpers/databases.js';
import { runAction } from '../helpers/run-action.js';
import { sharedPostgres, sharedS3 } from '../helpers/shared-servers.js';
import { RestoreRuns } from './restore-runs.js';
import { few } from '../helpers/depth.js';

/** Backups that hold what each new database, or the platform's template of one, has already. */

const SQL = `
  CREATE SCHEMA auth; CREATE TABLE auth.users (id int PRIMARY KEY); INSERT INTO auth.users VALUES (1), (2);
  CREATE TABLE public.prof (id int PRIMARY KEY, note text); INSERT INTO public.prof SELECT i, 'n' FROM generate_series(1, 100) i;
  CREATE VIEW public.v AS SELECT * FROM public.prof;
  COMMENT ON SCHEMA public IS 'changed';
  GRANT USAGE ON SCHEMA public TO pg_monitor;`;
const ONLY_PUBLIC = { with: { 'dump-options': '--schema=public' } };

describe.each(few([1], [15, 17] as const))('a backup of only the schema public, on PostgreSQL %i', (version) => {
  let server: DatabaseServer | PostgresServer;
  let superuser: Login;
  let owner: Login;
  let source: string;

  beforeAll(async () => {
    server = version === 15 ? sharedPostgres() : await startPostgres({ version });
    superuser = { user: server.user, password: server.password };
    owner = await createRole(server, { attributes: 'CREATEDB' });
    source = await createDatabase(server, { sql: SQL, owner });
  });
  afterAll(async () => {
    if ('stop' in server) await server.stop();
  });

  /** What stock pg_restore makes of the same, with its error about the schema that is there. */
  async function stock(): Promise<string> {
    const directory = await mkdtemp(join(tmpdir(), 'phaselift-public-'));
    const [file, name] = [join(directory, 'archive'), await createDatabase(server)];
    const args = ['-Fc', '--schema=public', '-f', file];
    await runProgram(join(server.programs, 'pg_dump'), args, { env: server.environment(source) });
    const restoring = runProgram(join(server.programs, 'pg_restore'), ['--no-owner', '--no-acl', '-d', name, file], {
      env: server.environment(name),
    });
    await expect(restoring).rejects.toThrow(/schema "public" already exists/);
    await rm(directory, { recursive: true });
    return dumpText(server, name, { args: ['--no-owner', '--no-acl'] });
  }

  test('a backup of only the schema public is restored into a new or an empty database', async () => {
    const wanted = await stock();
    for (const login of [superuser, owner]) {
      const trial = await backUp(server, source, login, ONLY_PUBLIC);
      for (const database of [undefined, await createDatabase(server, { owner })]) {
        const target = await trial.restore({ login, with: { verify: 'full' }, ...(database ? { database } : {}) });
        expect(await dumpText(server, target.name, { args: ['--no-owner', '--no-acl'] })).toBe(wanted);
        expect(target.result.stdout).not.toMatch(/SCHEMA public/);
      }
    }
  });

  test('a backup of only the schema public tells a plain role what it may not change', async () => {
    const trial = await backUp(server, source, owner, ONLY_PUBLIC);
    const database = await createDatabase(server, { owner });
    await server.psql(database, 'ALTER SCHEMA public OWNER TO postgres; GRANT CREATE ON SCHEMA public TO PUBLIC;');
    const keep = { 'keep-privileges': 'true', 'keep-owner': 'true' };
    const target = await trial.restore({ login: owner, database, with: keep });
    expect(await server.psql(database, 'SELECT count(*) FROM public.v')).toBe('100');
    expect(target.result.stdout).toMatch(
      /^COMMENT SCHEMA public is not restored: the target's schema public is another role's$/m,
    );
    expect(target.result.stdout).toMatch(
      /^ACL SCHEMA public is not restored: the target's schema public is another role's$/m,
    );
  });

  test('a backup of only the schema public goes from one database to another in one step', async () => {
    const target = uniqueName('all');
    const connection = (side: string) => ({
      [`${side}-host`]: server.host,
      [`${side}-port`]: String(server.port),
      [`${side}-user`]: owner.user,
      [`${side}-password`]: owner.password,
    });
    const trial = await backUp(server, source, owner, ONLY_PUBLIC);
    const { endpoint, accessKey, secretKey } = sharedS3();
    for (const database of [target, await createDatabase(server, { owner })]) {
      const run = await runAction({
        with: {
          mode: 'all',
          database: source,
          'target-database': database,
          'backup-name': uniqueName('of'),
          ...ONLY_PUBLIC.with,
          ...connection('source'),
          ...connection('target'),
          's3-bucket': trial.bucket,
          's3-endpoint': endpoint,
          'aws-access-key-id': accessKey,
          'aws-secret-access-key': secretKey,
        },
        env: { PATH: `${server.programs}:${process.env['PATH'] ?? ''}` },
      });
      expectSuccess(await run.done);
      expect(await server.psql(database, 'SELECT count(*) FROM public.v')).toBe('100');
    }
  });
});

describe('a target made of a template', () => {
  const server = sharedPostgres();

  test("a target made of a template takes what belongs into the platform's schema", async () => {
    const owner = await createRole(server, { attributes: 'CREATEDB' });
    const trial: BackupTrial = await backUp(
      server,
      await createDatabase(server, {
        sql: "CREATE SCHEMA rds_tools; CREATE TABLE rds_tools.t (i int); INSERT INTO rds_tools.t VALUES (1); COMMENT ON SCHEMA rds_tools IS 'x'; CREATE TABLE public.u AS SELECT 2 AS i;",
        owner,
      }),
      owner,
    );
    const database = await createDatabase(server, { owner });
    const name = quoteIdentifier(owner.user);
    await server.psql(database, `CREATE SCHEMA rds_tools; GRANT CREATE, USAGE ON SCHEMA rds_tools TO ${name};`);
    const target = await trial.restore({ login: owner, database });
    expect(await server.psql(database, 'SELECT (SELECT i FROM rds_tools.t), (SELECT i FROM public.u)')).toBe('1|2');
    expect(target.result.stdout).toMatch(/^SCHEMA rds_tools is not restored: the target has it already$/m);
    expect(target.result.stdout).toMatch(/^COMMENT SCHEMA rds_tools is not restored: .* is another role's$/m);
  });
});

test('the journal of a restore is not restored from an archive of stock pg_dump', async () => {
  const runs = await RestoreRuns.create(
    `CREATE SCHEMA app; CREATE TABLE app.t AS SELECT 1 AS i;
     CREATE SCHEMA phaselift_journal; COMMENT ON SCHEMA phaselift_journal IS 'of another restore';
     CREATE TABLE phaselift_journal.finished (unit text PRIMARY KEY); INSERT INTO phaselift_journal.finished VALUES ('data/0001');`,
  );
  try {
    const made = await promisify(execFile)(join(runs.server.programs, 'pg_dump'), ['-Fc'], {
      env: { ...process.env, ...runs.server.environment(runs.source) },
      encoding: 'buffer',
    });
    await runs.bucket.put('elsewhere/middle', made.stdout);
    const target = await runs.emptyTarget();
    const result = await runs.succeed(target, { 's3-uri': runs.uriOf('elsewhere/middle'), verify: 'full' });
    expect(result.stdout.match(/^.* is not restored: .*$/gm)).toEqual([
      expect.stringMatching(
        /^SCHEMA phaselift_journal is not restored: the backup was made while a restore was under way/,
      ),
    ]);
    const left = "SELECT count(*) FROM pg_namespace WHERE nspname = 'phaselift_journal'";
    expect(await runs.server.psql(target, `SELECT (SELECT i FROM app.t), (${left})`)).toBe('1|0');
  } finally {
    await runs.close();
  }
});
