import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Login } from '../../testbed/database-server.js';
import { PROJECT_DIRECTORY } from '../../testbed/places.js';
import { startPostgres, type PostgresServer } from '../../testbed/postgres.js';
import { runProgram } from '../../testbed/run-program.js';
import { runCli } from '../cli/cli-runs.js';
import { createDatabase, createRole, dumpText, quoteIdentifier, uniqueName } from '../helpers/databases.js';
import { runActionToEnd, type ActionResult } from '../helpers/run-action.js';
import { backUp, expectSuccess, type BackupTrial } from './backup-trial.js';

const ODD = 'Odd "owner" 🚀';
const ROLES = [ODD, 'plain', 'group', 'reader', 'line\nend', 'to', 'maker', 'grantor', 'grantee', 'mapped'];
const MORE_ROLES = `
  ALTER ROLE plain LOGIN PASSWORD 's3cret' CONNECTION LIMIT 7 VALID UNTIL '2099-01-02 03:04:05+00'; ALTER ROLE reader NOINHERIT CREATEDB;
  ALTER ROLE maker SET search_path = 'a, "b"', "$user"; ALTER ROLE maker SET work_mem = '5MB'; COMMENT ON ROLE "to" IS 'it''s \\ one
of two lines';
  GRANT "group" TO plain WITH ADMIN OPTION; GRANT "line\nend" TO reader WITH INHERIT TRUE, SET FALSE; GRANT pg_monitor TO maker;`;
/** What the roles are called on the target; in the same order, as pg_dump sorts by names. */
const RENAMED = new Map([
  [ODD, 'An "owner" = 🦉'],
  ['plain', 'Plain'],
  ['maker', 'maker2'],
]);
const ROLE_MAP = '"Odd ""owner"" 🚀" = "An ""owner"" = 🦉"\nplain=Plain\nmaker=maker2';
const KEEP = { 'keep-owner': 'true', 'keep-privileges': 'true', 'keep-database-settings': 'true' };

let source: PostgresServer;
/** Another server, without any of the roles to begin with. */
let target: PostgresServer;
let superuser: Login;
let database: string;
let trial: BackupTrial;

beforeAll(async () => {
  [source, target] = await Promise.all([startPostgres({ version: 17 }), startPostgres({ version: 18 })]);
  await source.psql('postgres', ROLES.map((name) => `CREATE ROLE ${quoteIdentifier(name)};`).join(' ') + MORE_ROLES);
  superuser = { user: target.user, password: target.password };
  const sql = await readFile(join(PROJECT_DIRECTORY, '__tests__', 'fixtures', 'archives', 'roles.sql'), 'utf8');
  database = await createDatabase(source);
  await source.psql('postgres', `ALTER DATABASE ${quoteIdentifier(database)} OWNER TO plain;`);
  const path = `ALTER DATABASE ${quoteIdentifier(database)} SET search_path = app, pg_catalog;`;
  const key = `ALTER DATABASE ${quoteIdentifier(database)} SET "app.key" = 's3cret';`;
  const here = sql.replaceAll('"Odd ""db"" 🚀"', quoteIdentifier(database)).replace(/^GRANT "group" TO plain.*$/m, '');
  await source.psql(database, `${here}${path}${key}`);
  trial = await backUp(source, database, superuser, { tools: target.programs });
});

afterAll(() => Promise.all([source.stop(), target.stop()]));

const errorOf = ({ annotations }: ActionResult): string =>
  annotations.flatMap(({ level, message }) => (level === 'error' ? [message] : [])).join('\n');

/** Structure as text, with the names of the target, and without the lines that only tell. */
async function structureOf(server: PostgresServer, name: string, names = new Map<string, string>()): Promise<string[]> {
  let text = await dumpText(server, name, { pgDump: `${target.programs}/pg_dump`, args: ['--schema-only'] });
  for (const [from, to] of names) {
    for (const one of [quoteIdentifier(from), `(?<![\\w"'])${from}(?![\\w"'])`])
      text = text.replace(new RegExp(one, 'g'), quoteIdentifier(to));
  }
  return (
    text
      .replaceAll('"maker2"', 'maker2')
      .split('\n')
      .filter((line) => !line.startsWith('--') && line !== '' && !line.includes('pg_attver='))
      // In the order of their oids.
      .map((line) => line.replace(/(?<= FOR SELECT TO ).*(?= USING )/, (roles) => roles.split(', ').sort().join(', ')))
  );
}

async function allRolesOf(server: PostgresServer): Promise<string> {
  const args = ['--roles-only', '--no-role-passwords'];
  const text = await runProgram(`${target.programs}/pg_dumpall`, args, { env: server.environment('postgres') });
  return text.replaceAll(/^\\(?:un)?restrict .*$/gm, '').replaceAll(/ GRANTED BY \w+/g, '');
}

const settingsOf = (name: string): Promise<string> =>
  target.psql(
    'postgres',
    `SELECT array_to_string(setconfig, ';') FROM pg_db_role_setting s JOIN pg_database d ON d.oid = setdatabase WHERE datname = '${name}' AND setrole = 0`,
  );

describe('roles and settings of a database', () => {
  test('a backup says which roles it names, to show as well', async () => {
    const shown = await runActionToEnd({ with: { mode: 'show', database, 'backup-name': 'latest', ...trial.place } });
    expectSuccess(shown);
    const { roles } = JSON.parse(shown.outputs['contents'] ?? '') as { roles: { name: string; owns: number }[] };
    expect(roles.map(({ name }) => name).sort()).toEqual([...ROLES, 'postgres'].sort());
    expect(shown.stdout).toMatch(/^it names 11 roles, which are no part of it:\nROLE +OWNS +GRANTS/m);
    expect(shown.stdout).toMatch(/^line\\nend +1 +1 +0 +0 +0$/m);
  });

  test('roles that the target lacks are named by their new names before anything is done', async () => {
    const { name, handle } = await trial.start({ target, login: superuser, with: { ...KEEP, 'role-map': ROLE_MAP } });
    const said = errorOf(await handle.done);
    expect(said).toContain('10 roles of this backup do not exist on the target');
    expect(said).toContain('CREATE ROLE "An ""owner"" = 🦉";');
    expect(said).toContain('CREATE ROLE U&"line\\000Aend";');
    expect(said).toMatch(
      /^\s*reader does not exist: named in the privileges of \d objects; named in the privileges of the database; named by/m,
    );
    expect(said).not.toContain('CREATE ROLE "Odd');
    expect(await target.psql('postgres', `SELECT count(*) FROM pg_database WHERE datname = '${name}'`)).toBe('0');
  });

  test('roles are written as SQL that makes the same ones on another server, and no store is needed', async () => {
    const connection = { 'source-host': source.host, 'source-port': String(source.port), 'source-user': source.user };
    const args = Object.entries(connection).flatMap(([name, value]) => [`--${name}`, value]);
    const env = { PATH: `${target.programs}:${process.env['PATH'] ?? ''}`, SRC_PGPASSWORD: source.password };
    const [cli, action] = await Promise.all([
      runCli(['--roles', ...args], env),
      runActionToEnd({
        with: { mode: 'roles', ...connection, 'source-password': source.password },
        env: { PATH: env.PATH },
      }),
    ]);
    expect(cli.stderr).toMatch(/^== Roles of /m);
    expect(cli.exitCode).toBe(0);
    expect(cli.stdout).not.toContain('s3cret');
    // The superuser is there already; everything else has to be right.
    await target.psql('postgres', cli.stdout.replace(/^CREATE ROLE "postgres".*$/m, ''));
    expect(await allRolesOf(target)).toBe(await allRolesOf(source));
    const { roles } = { roles: JSON.parse(action.outputs['roles'] ?? '') as { name: string }[] };
    expect(roles.find(({ name }) => name === 'plain')).toEqual({
      ...{ name: 'plain', memberOf: ['group'] },
      attributes: ['INHERIT', 'LOGIN', 'CONNECTION LIMIT 7', "VALID UNTIL '2099-01-02T03:04:05+00:00'"],
    });
  });

  test('a restore with other names of roles differs in them only, and applies what an owner could set', async () => {
    for (const [from, to] of RENAMED)
      await target.psql('postgres', `ALTER ROLE ${quoteIdentifier(from)} RENAME TO ${quoteIdentifier(to)};`);
    const restored = await trial.restore({ target, login: superuser, with: { ...KEEP, 'role-map': ROLE_MAP } });
    const { result, name } = restored;
    expect(await structureOf(target, name)).toEqual(await structureOf(source, database, RENAMED));

    expect(await settingsOf(name)).toBe('work_mem=64MB;DateStyle=ISO, DMY;temp_tablespaces="";TimeZone=Europe/Berlin');
    const acl = await target.psql(
      'postgres',
      `SELECT unnest(datacl)::text FROM pg_database WHERE datname = '${name}' ORDER BY 1`,
    );
    expect(acl.split('\n')).toEqual(
      ['"An ""owner"" = 🦉"=Cc/postgres', '=T/postgres', 'postgres=CTc/postgres', 'reader=c*/postgres'].sort(),
    );
    const said = result.stdout;
    expect(said).toContain('settings of the database: 4 settings and 4 GRANTs applied');
    expect(said).toMatch(
      /^ {2}ALTER DATABASE \S+ SET "search_path" TO 'app', 'pg_catalog'; -- it puts other schemas before pg_catalog$/m,
    );
    expect(said).toMatch(/^ {2}ALTER DATABASE \S+ SET "app\.key" TO '…'; -- the server does not know it/m);
    expect(said).toMatch(/ SET "log_min_messages" TO 'error'; -- only superusers set it/);
    expect(said).toMatch(/ALTER ROLE "reader" IN DATABASE \S+ SET "statement_timeout" TO '5s'; -- it is for one role/);
    expect(said).toMatch(/GRANT CONNECT ON DATABASE \S+ TO "grantee"; -- given by "reader", and not by the owner/);
    expect(said).toMatch(/CONNECTION LIMIT = 77; -- it could shut the restore out/);
    expect(said).not.toContain('s3cret');
  });

  test('a plain role hears what the server refuses of the settings, and the restore ends well', async () => {
    const owner = await createRole(target, { attributes: 'CREATEDB' });
    const name = uniqueName('own');
    const small = await createDatabase(source, { sql: 'CREATE TABLE t (i int);' });
    await source.psql(
      'postgres',
      `ALTER DATABASE ${small} SET "app.key" = 's3cret'; ALTER DATABASE ${small} SET work_mem = '3MB'; GRANT CREATE ON DATABASE ${small} TO reader;`,
    );
    const plain = await backUp(source, small, superuser, { tools: target.programs });
    const planned = await plain.start({ target, login: owner, database: name, with: { 'dry-run': 'true' } });
    const { stdout, exitCode } = await planned.handle.done;
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(
      /settings and GRANTs of the database at the source, which are not restored \(`keep-database-settings: true` applies/,
    );
    expect(stdout).toContain(`  ALTER DATABASE "${name}" SET "work_mem" TO '3MB';`);
    expect(stdout).toContain(`  GRANT CREATE ON DATABASE "${name}" TO "reader";`);

    const { result } = await plain.restore({
      target,
      login: owner,
      database: name,
      with: { 'keep-database-settings': 'true' },
    });
    expect(await settingsOf(name)).toBe('work_mem=3MB');
    expect(await target.psql('postgres', `SELECT has_database_privilege('reader', '${name}', 'CREATE')`)).toBe('t');
    const warnings = result.annotations.flatMap(({ level, message }) => (level === 'warning' ? [message] : []));
    expect(warnings).toContainEqual(
      expect.stringMatching(
        /^refused by the target, and left out: ALTER DATABASE \S+ SET "app\.key" TO '…'; \(permission denied/,
      ),
    );
    expect(result.stdout + stdout).not.toContain('s3cret');
  });
});
