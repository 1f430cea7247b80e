import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Login } from '../../testbed/database-server.js';
import { startPostgres, type PostgresServer } from '../../testbed/postgres.js';
import { createDatabase, createRole, dropDatabase, quoteIdentifier, uniqueName } from '../helpers/databases.js';
import type { ActionResult } from '../helpers/run-action.js';
import { runAction } from '../helpers/run-action.js';
import { sharedS3 } from '../helpers/shared-servers.js';
import { backUp, type BackupTrial } from './backup-trial.js';

/** Roles of the source: a name that wants quotes, one of a group, and so on. */
const ROLES = ['Odd "owner"', 'second_owner', 'third_owner', 'mapped', 'reader', 'grantor', 'grantee', 'maker'];
const SQL = `
  CREATE SCHEMA app; CREATE TABLE app.a (i int, j int); CREATE TABLE app.b (i int); CREATE TABLE app.c (i int);
  CREATE FUNCTION app.f() RETURNS int LANGUAGE sql AS 'SELECT 1';
  CREATE EXTENSION postgres_fdw; CREATE SERVER far FOREIGN DATA WRAPPER postgres_fdw;
  CREATE USER MAPPING FOR mapped SERVER far; CREATE USER MAPPING FOR public SERVER far;
  CREATE POLICY p ON app.b TO reader USING (true);
  ALTER TABLE app.a OWNER TO "Odd ""owner"""; ALTER TABLE app.b OWNER TO second_owner; ALTER TABLE app.c OWNER TO third_owner;
  ALTER FUNCTION app.f() OWNER TO second_owner;
  GRANT USAGE ON SCHEMA app TO grantor; GRANT SELECT ON app.c TO grantor WITH GRANT OPTION;
  SET ROLE grantor; GRANT SELECT ON app.c TO grantee; RESET ROLE; GRANT UPDATE (j) ON app.a TO reader;
  GRANT SELECT ON app.a TO PUBLIC; ALTER DEFAULT PRIVILEGES FOR ROLE maker IN SCHEMA app GRANT SELECT ON TABLES TO reader;`;
const KEEP = { 'keep-owner': 'true', 'keep-privileges': 'true' };

let source: PostgresServer;
/** Another server, which has none of the roles. */
let target: PostgresServer;
let login: Login;
let trial: BackupTrial;

beforeAll(async () => {
  [source, target] = await Promise.all([startPostgres(), startPostgres({ version: 17 })]);
  await source.psql('postgres', ROLES.map((name) => `CREATE ROLE ${quoteIdentifier(name)};`).join(' '));
  login = { user: source.user, password: source.password };
  trial = await backUp(source, await createDatabase(source, { sql: SQL }), login);
});

afterAll(() => Promise.all([source.stop(), target.stop()]));

const errorOf = ({ annotations }: ActionResult): string =>
  annotations
    .filter(({ level }) => level === 'error')
    .map(({ message }) => message)
    .join('\n');
const exists = async (name: string): Promise<boolean> =>
  (await target.psql('postgres', `SELECT 1 FROM pg_database WHERE datname = '${name}'`)) === '1';

function expectAllNamed(said: string): void {
  expect(said).toMatch(/8 roles of this backup do not exist on the target: grantor, second_owner, /);
  expect(said).toMatch(/^\s*Odd "owner" does not exist: owner of 1 object$/m);
  expect(said).toMatch(/^\s*second_owner does not exist: owner of 2 objects$/m);
  expect(said).toMatch(/^\s*mapped does not exist: named by USER MAPPING USER MAPPING mapped SERVER far$/m);
  expect(said).toMatch(/^\s*reader does not exist: named in the privileges of 2 objects; named by POLICY app\.b p$/m);
  expect(said).toMatch(/^\s*grantor does not exist: named in the privileges of 2 objects$/m);
  expect(said).toMatch(/^\s*maker does not exist: 1 entry of its default privileges$/m);
  for (const name of ROLES) expect(said).toContain(`CREATE ROLE ${quoteIdentifier(name)};`);
  expect(said).toContain('`keep-owner: false`');
  expect(said).toContain('`keep-privileges: false`');
  expect(said).toMatch(/skip-entries.*\n\s*USER MAPPING USER MAPPING mapped SERVER far\n\s*POLICY app\.b p/s);
}

describe('roles that the target lacks', () => {
  test('roles that the target lacks are named all at once before a restore does anything', async () => {
    const superuser = { user: target.user, password: target.password };
    const { name, handle } = await trial.start({ target, login: superuser, with: KEEP });
    expectAllNamed(errorOf(await handle.done));
    expect(await exists(name)).toBe(false);
  });

  test('roles that the target lacks are named before the backup of mode all', async () => {
    const s3 = sharedS3();
    for (const database of [uniqueName('made'), await createDatabase(target)]) {
      const handle = await runAction({
        with: {
          mode: 'all',
          ...{ database: trial.database, 'backup-name': 'never', 'target-database': database, ...KEEP },
          ...{ 'source-host': source.host, 'source-port': String(source.port) },
          ...{ 'source-user': source.user, 'source-password': source.password },
          ...{ 'target-host': target.host, 'target-port': String(target.port) },
          ...{ 'target-user': target.user, 'target-password': target.password },
          ...{ 's3-bucket': trial.bucket, 's3-endpoint': s3.endpoint },
          ...{ 'aws-access-key-id': s3.accessKey, 'aws-secret-access-key': s3.secretKey },
        },
        env: { PATH: `${target.programs}:${process.env['PATH'] ?? ''}` },
      });
      const result = await handle.done;
      expect(result.exitCode).toBe(1);
      expectAllNamed(errorOf(result));
      expect(result.stdout).not.toContain(`Backup of ${trial.database} to`);
    }
  });

  test('roles that the target lacks are no obstacle where nothing keeps them', async () => {
    const superuser = { user: target.user, password: target.password };
    const skip = 'USER MAPPING USER MAPPING mapped SERVER far\nPOLICY app.b p';
    const { name } = await trial.restore({ target, login: superuser, with: { 'skip-entries': skip } });
    await dropDatabase(target, name);
  });
});

describe('a plain owner', () => {
  test('a plain owner hears of roles out of reach together with missing ones', async () => {
    const owner = await createRole(target, { attributes: 'CREATEDB' });
    await target.psql('postgres', 'CREATE ROLE third_owner; CREATE ROLE second_owner;');
    await target.psql('postgres', `GRANT second_owner TO ${quoteIdentifier(owner.user)} WITH SET FALSE;`);
    const { handle } = await trial.start({ target, login: owner, with: KEEP });
    const said = errorOf(await handle.done);
    expect(said).toMatch(/6 roles of this backup do not exist on the target: .*; the role \S+ may not act for /);
    expect(said).toMatch(/^\s*third_owner does not have \S+ as a member: owner of 1 object$/m);
    expect(said).toMatch(/^\s*second_owner does not have \S+ as a member: owner of 2 objects$/m);
    expect(said).toMatch(/^\s*postgres is a superuser: owner of 2 objects$/m);
    expect(said).not.toContain('GRANT "postgres"');
    expect(said).toContain(`GRANT "third_owner" TO "${owner.user}";`);
    expect(said).toContain('only superusers grant in the name of other roles');
  });

  test('a plain owner restores all once what was named is made', async () => {
    const superuser = { user: target.user, password: target.password };
    const missing = ROLES.filter((name) => !['third_owner', 'second_owner'].includes(name));
    await target.psql('postgres', missing.map((name) => `CREATE ROLE ${quoteIdentifier(name)};`).join(' '));
    const restored = await trial.restore({ target, login: superuser, with: KEEP });
    const owners =
      "SELECT string_agg(relowner::regrole::text, ',' ORDER BY relname) FROM pg_class WHERE relnamespace = 'app'::regnamespace";
    expect(await target.psql(restored.name, owners)).toBe('"Odd ""owner""",second_owner,third_owner');
  });
});
