import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { readingFault, readingScope } from '../../src/checks/source-checks.js';
import type { PhaseliftError } from '../../src/foundation/errors.js';
import { findUnreadable } from '../../src/postgres/unreadable.js';
import type { DatabaseServer, Login } from '../../testbed/database-server.js';
import { runProgram } from '../../testbed/run-program.js';
import { createDatabase, createRole, dropDatabase, uniqueName } from '../helpers/databases.js';
import { sessionsOn } from '../helpers/sessions.js';
import { sharedPostgres } from '../helpers/shared-servers.js';
import { ManagedRuns, messageOf, skippableIn, statementsIn } from './managed-runs.js';

/** Each privilege that can be missing: the message names it, before any work, with the statement that grants it; then all is well. */

const server: DatabaseServer = sharedPostgres();
const superuser: Login = { user: server.user, password: server.password };
const made: string[] = [];
let runs: ManagedRuns;
let owner: Login;

beforeAll(async () => {
  runs = await ManagedRuns.create(server);
  owner = await createRole(server);
});

afterAll(async () => {
  for (const name of made) await dropDatabase(server, name);
  runs.close();
});

/** What the checks of a backup say. */
async function faultFor(login: Login, source: string): Promise<PhaseliftError | null> {
  const sessions = await sessionsOn(server, source, { login });
  const unreadable = await sessions.use((session) => findUnreadable(session, readingScope([])));
  return readingFault(unreadable, source);
}

/** pg_dump by this role alone: what the checks say has to be what stops it. */
async function dumpedBy(login: Login, source: string): Promise<void> {
  await runProgram(join(server.programs, 'pg_dump'), ['--format=custom', '--no-sync', '--file=/dev/null'], {
    env: server.environment(source, login),
  });
}

async function database(sql = '', belongsTo: Login = superuser, name = uniqueName('rights')): Promise<string> {
  made.push(await createDatabase(server, { name, owner: belongsTo }));
  if (sql !== '') await server.psql(name, sql);
  return name;
}

describe('a source of which the role may not read everything', () => {
  const ROWS = 'CREATE TABLE app.t (a int); INSERT INTO app.t VALUES (1); GRANT SELECT ON app.t TO ROLE;';
  const APP = `CREATE SCHEMA app; GRANT USAGE ON SCHEMA app TO ROLE; ${ROWS}`;
  const cases: readonly (readonly [privilege: string, sql: string, says: RegExp, statements: readonly RegExp[]])[] = [
    [
      'USAGE of a schema',
      `CREATE SCHEMA app; ${ROWS}`,
      /may not read 1 object of \S+: TABLE app\.t\n *TABLE app\.t {2}\(USAGE of the schema is missing\)$/m,
      [/^GRANT USAGE ON SCHEMA "app" TO ROLE;$/],
    ],
    [
      'SELECT on a table, whatever its name',
      `${APP} CREATE TABLE app."Ä ""quoted"" $1%" (a int);`,
      /^ *TABLE app\.Ä "quoted" \$1% {2}\(SELECT is missing\)$/m,
      [/^GRANT SELECT ON TABLE "app"\."Ä ""quoted"" \$1%" TO ROLE;$/],
    ],
    [
      'SELECT on a partitioned table, which is locked',
      `${APP} CREATE TABLE app.p (a int) PARTITION BY LIST (a);`,
      /TABLE app\.p {2}\(SELECT is missing\)/,
      [/^GRANT SELECT ON TABLE "app"\."p" TO ROLE;$/],
    ],
    [
      'SELECT on a sequence',
      `${APP} CREATE SEQUENCE app.s; GRANT USAGE ON SEQUENCE app.s TO ROLE;`,
      /SEQUENCE app\.s {2}\(SELECT is missing\)/,
      [/^GRANT SELECT ON SEQUENCE "app"\."s" TO ROLE;$/],
    ],
    [
      'SELECT on more than a few',
      `${APP} CREATE TABLE app.t1 (); CREATE TABLE app.t2 (); CREATE SEQUENCE app.s; CREATE SCHEMA more; CREATE TABLE more.t3 ();`,
      /may not read 4 objects of \S+: SEQUENCE app\.s, TABLE app\.t1, TABLE app\.t2, TABLE more\.t3\n/,
      [/^GRANT pg_read_all_data TO ROLE;$/],
    ],
    [
      'SELECT on a large object',
      `${APP} SELECT lo_from_bytea(4711, 'x'), lo_from_bytea(4712, 'y'); GRANT SELECT ON LARGE OBJECT 4712 TO PUBLIC;`,
      /: LARGE OBJECT 4711\n *LARGE OBJECT 4711 {2}\(SELECT is missing\)/,
      [/^GRANT SELECT ON LARGE OBJECT 4711 TO ROLE;$/],
    ],
    [
      'SELECT on many large objects',
      `${APP} SELECT lo_from_bytea(n::oid, 'x') FROM generate_series(4711, 4720) n;`,
      /may not read 10 objects .*LARGE OBJECTS 4711, 4712, 4713, 4714, 4715 …\n/,
      [
        /^SELECT 'GRANT SELECT ON LARGE OBJECT ' \|\| oid \|\| ' TO ROLE' FROM pg_catalog\.pg_largeobject_metadata \\gexec$/,
      ],
    ],
    [
      'rows that row-level security hides',
      `${APP} ALTER TABLE app.t ENABLE ROW LEVEL SECURITY;`,
      /TABLE app\.t {2}\(row-level security hides rows\)/,
      [/^ALTER ROLE ROLE BYPASSRLS;$/],
    ],
    [
      'a configuration table of an extension, as that of pg_cron',
      `${APP} CREATE EXTENSION hstore; CREATE TABLE app.jobs (a int); ALTER EXTENSION hstore ADD TABLE app.jobs;
       UPDATE pg_extension SET extconfig = ARRAY['app.jobs'::regclass::oid], extcondition = ARRAY[''] WHERE extname = 'hstore';`,
      /TABLE app\.jobs {2}\(SELECT is missing\)/,
      [/^GRANT SELECT ON TABLE "app"\."jobs" TO ROLE;$/],
    ],
  ];

  test.each(cases)(
    'a role without %s stops pg_dump, and the grant that it is told helps',
    async (_what, sql, says, expected) => {
      const login = await createRole(server);
      const role = `"${login.user}"`;
      const source = await database(sql.replaceAll('ROLE;', `${role};`));
      await expect(dumpedBy(login, source)).rejects.toThrow(/permission denied for|row-level security/);
      const fault = await faultFor(login, source);
      expect(fault?.message).toMatch(says);
      const statements = statementsIn(fault?.hint ?? '');
      expect(statements.map((one) => one.replaceAll(role, 'ROLE'))).toEqual(
        expected.map((one) => expect.stringMatching(one) as unknown),
      );
      await server.psql(source, statements.join('\n'));
      expect(await faultFor(login, source)).toBeNull();
      await dumpedBy(login, source);
    },
  );

  test('a backup is told of all that its role may not read at once, before any work', async () => {
    const login = await createRole(server);
    const source = await database(
      `CREATE TABLE secret (); CREATE TABLE hidden (); GRANT SELECT ON hidden TO "${login.user}";
       ALTER TABLE hidden ENABLE ROW LEVEL SECURITY; SELECT lo_from_bytea(4711, 'x')`,
    );
    const refused = await runs.run(runs.backup(source, login));
    expect(refused.summary).toContain('| checks | ❌ failed |');
    const { statements } = await runs.settle(runs.backup(source, login), source);
    expect(statements).toHaveLength(3);
  });

  test('a backup without CONNECT is told the grant', async () => {
    const login = await createRole(server);
    const source = await database(`CREATE TABLE t (a int); GRANT SELECT ON t TO "${login.user}"`);
    await server.psql('postgres', `REVOKE CONNECT ON DATABASE ${source} FROM PUBLIC`);
    const refused = await runs.run(runs.backup(source, login));
    expect(messageOf(refused)).toMatch(
      /permission denied for database .*\nNext step: As the owner of the database run/,
    );
    const [statement = ''] = statementsIn(messageOf(refused));
    expect(statement).toBe(`GRANT CONNECT ON DATABASE "${source}" TO …;`);
    await server.psql('postgres', statement.replace('…', `"${login.user}"`));
    await runs.succeed(runs.backup(source, login));
  });

  test('a backup by `--role` is told of the membership, and of what that role may not read', async () => {
    const [login, reader] = [await createRole(server), await createRole(server)];
    const source = await database('CREATE TABLE t (a int)');
    const inputs = runs.backup(source, login, { 'dump-options': `--role=${reader.user}` });
    const [membership = ''] = statementsIn(messageOf(await runs.run(inputs)));
    expect(membership).toBe(`GRANT "${reader.user}" TO …;`);
    await server.psql('postgres', membership.replace('…', `"${login.user}"`));
    const select = statementsIn(messageOf(await runs.run(inputs)));
    expect(select).toEqual([`GRANT SELECT ON TABLE "public"."t" TO "${reader.user}";`]);
    await server.psql(source, select.join('\n'));
    await runs.succeed(inputs);
  });

  test.each([
    ['leave it out', '--exclude-table=secret'],
    ['choose others', '--table=open'],
  ])('what the role may not read is no fault where options of pg_dump %s', async (_how, option) => {
    const login = await createRole(server);
    const source = await database(
      `CREATE TABLE open (); CREATE TABLE secret (); GRANT SELECT ON open TO "${login.user}"`,
    );
    await runs.succeed(runs.backup(source, login, { 'dump-options': option }));
  });
});

describe('a target in which the role may not do everything', () => {
  const NAME = 'target of "others" $1';
  let role: string;
  let told: string;
  let statements: readonly string[];

  beforeAll(async () => {
    const login = await createRole(server);
    role = `"${login.user}"`;
    const source = await database(
      `CREATE TABLE public.t (a int);
       CREATE SCHEMA tools; CREATE TABLE tools.t (a int);
       CREATE SCHEMA ext; CREATE EXTENSION file_fdw SCHEMA ext;
       CREATE EXTENSION postgres_fdw; CREATE SERVER far FOREIGN DATA WRAPPER postgres_fdw;
       CREATE FUNCTION tools.f() RETURNS int LANGUAGE plpgsql AS 'BEGIN RETURN 1; END';`,
    );
    await runs.succeed(runs.backup(source, superuser));
    const target = await database(
      `CREATE SCHEMA tools; CREATE EXTENSION hstore SCHEMA tools; CREATE EXTENSION postgres_fdw; REVOKE USAGE ON LANGUAGE plpgsql FROM PUBLIC`,
      superuser,
      NAME,
    );
    const settled = await runs.settle(runs.restore(source, target, login), target);
    told = settled.messages.join('\n');
    statements = settled.statements;
  });

  test.each<[privilege: string, says: RegExp, statement: string]>([
    [
      'CREATE on the database',
      /may not create schemas in the target database target of "others" \$1/,
      'GRANT CREATE ON DATABASE "target of ""others"" $1" TO ROLE',
    ],
    ['CREATE on the schema public', /may not create in the schema public of/, 'GRANT CREATE ON SCHEMA public TO ROLE'],
    [
      'CREATE on the schema of an extension',
      /may not create in the schema tools of/,
      'GRANT USAGE, CREATE ON SCHEMA "tools" TO ROLE',
    ],
    [
      'an extension that is not trusted, in a schema of its own',
      /EXTENSION file_fdw {2}\(permission denied to create extension "file_fdw"\)/,
      'CREATE SCHEMA IF NOT EXISTS "ext"; CREATE EXTENSION "file_fdw" SCHEMA "ext";',
    ],
    [
      'USAGE of a foreign-data wrapper',
      /SERVER far {2}\(the role may not use the foreign-data wrapper postgres_fdw\)/,
      'GRANT USAGE ON FOREIGN DATA WRAPPER "postgres_fdw" TO ROLE;',
    ],
    [
      'USAGE of a trusted language',
      /FUNCTION tools\.f\(\) {2}\(the role may not use the language plpgsql\)/,
      'GRANT USAGE ON LANGUAGE "plpgsql" TO ROLE;',
    ],
  ])('a restore without %s is told what grants it, and is well then', (_privilege, says, statement) => {
    expect(told).toMatch(says);
    expect(statements).toContain(statement.replace('ROLE', role));
  });

  test('a restore with keep-owner is told whom the schema is closed to, before any work', async () => {
    const [login, other] = [await createRole(server), await createRole(server)];
    const [mine, theirs] = [`"${owner.user}"`, `"${other.user}"`];
    const source = await database(
      `CREATE SCHEMA app AUTHORIZATION ${mine}; CREATE TABLE app.t (a int); ALTER TABLE app.t OWNER TO ${theirs};
       CREATE TABLE public.p (a int); ALTER TABLE public.p OWNER TO ${theirs};`,
    );
    await runs.succeed(runs.backup(source, superuser));
    const target = await database('', login);
    const inputs = runs.restore(source, target, login, { 'keep-owner': 'true' });
    const { messages, statements } = await runs.settle(inputs, target);
    expect(messages[0]).toMatch(new RegExp(`the role ${login.user} may not act for `));
    expect(messages[0]).toMatch(new RegExp(`${other.user} may not create in the schema app: owner of TABLE app\\.t\n`));
    expect(statements.toSorted()).toEqual(
      [
        `GRANT ${mine} TO "${login.user}";`,
        `GRANT ${theirs} TO "${login.user}";`,
        `GRANT ${mine} TO ${theirs};`,
        `GRANT CREATE ON SCHEMA "public" TO ${theirs};`,
      ].toSorted(),
    );
    const owners = "SELECT relname || ' ' || relowner::regrole FROM pg_class WHERE relname IN ('p', 't') ORDER BY 1";
    expect(await server.psql(target, owners)).toBe(`p ${other.user}\nt ${other.user}`);
  });

  test('a restore without CONNECT is told the grant', async () => {
    const login = await createRole(server);
    const target = await database();
    await server.psql('postgres', `REVOKE CONNECT ON DATABASE ${target} FROM PUBLIC`);
    const refused = await runs.run(runs.restore('any', target, login));
    expect(statementsIn(messageOf(refused))).toEqual([`GRANT CONNECT ON DATABASE "${target}" TO …;`]);
  });

  test('what no GRANT gives is said to be so, with the lines that leave it out', async () => {
    const source = await database(
      `CREATE FUNCTION public.f() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END';
       CREATE EVENT TRIGGER e ON ddl_command_end EXECUTE FUNCTION public.f();
       CREATE PUBLICATION all_tables FOR ALL TABLES;`,
    );
    await runs.succeed(runs.backup(source, superuser));
    const login = await createRole(server);
    const target = await database('', login);
    const refused = await runs.run(runs.restore(source, target, login));
    expect(messageOf(refused)).toMatch(
      /\nNext step: No GRANT of PostgreSQL gives the right: restore as a role that has it/,
    );
    expect(statementsIn(messageOf(refused))).toEqual([]);
    const skipped = skippableIn(messageOf(refused));
    expect(skipped.toSorted()).toEqual(['EVENT TRIGGER e', 'PUBLICATION all_tables']);
    await runs.succeed(runs.restore(source, target, login, { 'skip-entries': skipped.join('\n') }));
  });
});
