import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import type { Login } from '../../testbed/database-server.js';
import { handOver, type Platform } from '../../testbed/managed/platform.js';
import { PLATFORMS, startManagedServer, TIMEOUTS } from '../../testbed/managed/server.js';
import type { PostgresServer } from '../../testbed/postgres.js';
import { createRole, dropDatabase, dumpText, quoteIdentifier } from '../helpers/databases.js';
import { ManagedRuns, messageOf } from './managed-runs.js';
import { GATES, hold, releaseAll, waiting } from './restore-gates.js';
import { few } from '../helpers/depth.js';

/** Larger than the server's temporary files and memory, and with more objects than one transaction has locks for. */
const SOURCE = `
  CREATE EXTENSION pg_trgm;
  CREATE SCHEMA app;
  CREATE FUNCTION app.gate(id int) RETURNS boolean LANGUAGE plpgsql IMMUTABLE AS $$
    BEGIN
      IF id = 100 THEN PERFORM pg_advisory_xact_lock_shared(4711, 1); END IF;
      RETURN true;
    END $$;
  CREATE TYPE app.state AS ENUM ('new', 'done');
  CREATE TABLE app.people (
    id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text NOT NULL, state app.state DEFAULT 'new', CHECK (app.gate(id))
  );
  CREATE INDEX people_name ON app.people (name);
  INSERT INTO app.people (name) SELECT md5(i::text) || md5((-i)::text) FROM generate_series(1, 20000) i;
  CREATE TABLE app.orders (id int PRIMARY KEY, person int NOT NULL REFERENCES app.people, note text);
  CREATE INDEX orders_note ON app.orders USING gin (note gin_trgm_ops);
  INSERT INTO app.orders SELECT i, i, 'note ' || i FROM generate_series(1, 2000) i;
  CREATE TABLE public.settings (name text PRIMARY KEY, value text);
  INSERT INTO public.settings VALUES ('a', 'b');
  CREATE VIEW app.names AS SELECT name FROM app.people;
  CREATE MATERIALIZED VIEW app.totals AS SELECT state, count(*) AS people FROM app.people GROUP BY state;
  CREATE SEQUENCE app.numbers START 7;
  SELECT nextval('app.numbers');
  CREATE FUNCTION app.note() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN new; END';
  CREATE TRIGGER note BEFORE INSERT ON app.orders FOR EACH ROW EXECUTE FUNCTION app.note();
  ALTER TABLE public.settings ENABLE ROW LEVEL SECURITY;
  CREATE POLICY visible ON public.settings USING (name <> 'a');
  CREATE PUBLICATION orders FOR TABLE app.orders;
  SELECT lo_from_bytea(0, 'a large object');
  DO $$ BEGIN
    FOR i IN 1..60 LOOP
      EXECUTE format('CREATE TABLE app.small_%s (id int PRIMARY KEY, note text); INSERT INTO app.small_%1$s VALUES (%1$s, %1$L)', i);
    END LOOP;
  END $$;`;

let server: PostgresServer;
let runs: ManagedRuns;

beforeAll(async () => {
  server = await startManagedServer();
  runs = await ManagedRuns.create(server);
});

afterEach(releaseAll);

afterAll(async () => {
  runs.close();
  await server.stop();
});

/** The same objects and rows, but for owners and privileges, and what the platform has put there. */
async function expectSame(source: string, target: string): Promise<void> {
  const args = ['--schema=app', '--schema=public', '--no-owner', '--no-privileges'];
  const [before, after] = await Promise.all(
    [source, target].map((name) => dumpText(server, name, { args, sortRows: true })),
  );
  expect(after?.split('\n')).toEqual(before?.split('\n'));
  const rest = `SELECT count(*) FROM pg_largeobject_metadata; SELECT pubname FROM pg_publication;
    SELECT count(*) FROM pg_namespace WHERE nspname ~ 'phaselift'`;
  expect(await server.psql(target, rest)).toBe('1\norders\n0');
}

/** What a plain role, and the administrator, are told on the way. */
const TOLD: Readonly<Record<string, { plain?: RegExp[]; skipped?: string[]; administrator: RegExp[] }>> = {
  'Amazon RDS': {
    administrator: [
      /^GRANT pg_read_all_data TO "rds_first_user";$/,
      /^ALTER ROLE "rds_first_user" BYPASSRLS;$/,
      /LARGE OBJECT/,
    ],
  },
  'Google Cloud SQL': {
    administrator: [/^GRANT pg_read_all_data TO "cloudsql_first_user";$/, /BYPASSRLS;$/, /LARGE OBJECT/],
  },
  'Azure Database': {
    plain: [/^GRANT CREATE ON SCHEMA public TO "azure_app"$/],
    administrator: [/^GRANT pg_read_all_data TO "azure_first_user";$/, /BYPASSRLS;$/, /LARGE OBJECT/],
  },
  Aiven: { administrator: [/^GRANT pg_read_all_data TO "avnadmin";$/, /BYPASSRLS;$/, /LARGE OBJECT/] },
  Supabase: {
    skipped: [
      'EVENT TRIGGER issue_pg_net_access',
      'EVENT TRIGGER pgrst_ddl_watch',
      'EVENT TRIGGER pgrst_drop_watch',
      'FUNCTION extensions.grant_pg_net_access()',
      'FUNCTION extensions.pgrst_ddl_watch()',
      'FUNCTION extensions.pgrst_drop_watch()',
    ],
    administrator: [/^GRANT SELECT ON LARGE OBJECT \d+ TO "supabase_first_user";$/],
  },
  Neon: { administrator: [/LARGE OBJECT/] },
};

/** RDS, the plainest, and Supabase, which has most of its own in a database. */
const IN_GATE = [0, 4];

describe.each(
  few(
    IN_GATE,
    PLATFORMS.map((platform): [string, Platform] => [platform.name, platform]),
  ),
)('%s', (name, platform) => {
  const prefix = platform.administrator.user.replace(/_.*|admin$/, '');
  const source = `${prefix} source "$1" %`;
  const told = TOLD[name] ?? { administrator: [] };
  let owner: Login;

  async function emptyTarget(role = owner): Promise<string> {
    const target = `${prefix}_${String(Math.random()).slice(2, 10)}`;
    await handOver(server, platform, target, role.user);
    return target;
  }

  /** What the platform makes one leave out, as the first restore was told. */
  const skipping = { 'skip-entries': (told.skipped ?? []).join('\n') };
  /** In a database that it has not handed over its extension is missing as well. */
  const extension = platform.extension === null ? [] : [`EXTENSION ${platform.extension}`];
  const skippingAll = { 'skip-entries': [...(told.skipped ?? []), ...extension].join('\n') };

  beforeAll(async () => {
    owner = await createRole(server, { name: `${prefix}_app` });
    await handOver(server, platform, source, owner.user);
    await server.psql(source, `GRANT CREATE ON SCHEMA public TO ${quoteIdentifier(owner.user)}`);
    await server.psql(source, SOURCE, owner);
    for (const setting of TIMEOUTS)
      await server.psql('postgres', `ALTER ROLE ${quoteIdentifier(owner.user)} SET ${setting} = '15ms'`);
    await runs.succeed(runs.backup(source, owner));
  });

  test(`${name}: a plain owner restores into a database of its own, or is told all that is missing`, async () => {
    const target = await emptyTarget();
    const { statements, skipped, result } = await runs.settle(runs.restore(source, target, owner), target);
    expect(statements).toEqual((told.plain ?? []).map((one) => expect.stringMatching(one) as unknown));
    expect(skipped.toSorted()).toEqual(told.skipped ?? []);
    expect(result.outputs).toMatchObject({ 'table-count': '63', 'row-count': '22061' });
    await expectSame(source, target);
  });

  test(`${name}: a database that has to be made needs CREATEDB, which the message grants`, async () => {
    const target = `${prefix}_made`;
    const restore = runs.restore(source, target, owner, skippingAll);
    const refused = await runs.run(restore);
    expect(refused.exitCode).toBe(1);
    expect(messageOf(refused)).toMatch(
      new RegExp(`does not exist, and the role ${owner.user} may not create databases`),
    );
    expect(messageOf(refused)).toContain(`\nCREATE DATABASE "${target}" OWNER "${owner.user}" TEMPLATE template0;\n`);
    for (const own of platform.databases) expect(messageOf(refused)).not.toContain(own);
    const { statements } = await runs.settle(restore, 'postgres');
    expect(statements).toEqual([`ALTER ROLE "${owner.user}" CREATEDB;`]);
    await expectSame(source, target);
    await server.psql('postgres', `ALTER ROLE ${quoteIdentifier(owner.user)} NOCREATEDB`);
  });

  test(`${name}: a restore that was killed among the rows goes on`, async () => {
    const target = await emptyTarget();
    if (told.plain !== undefined) await server.psql(target, `GRANT CREATE ON SCHEMA public TO ${owner.user}`);
    const gate = await hold(server, target, GATES.data);
    const handle = await runs.start(runs.restore(source, target, owner, skipping));
    await waiting(server, target);
    handle.kill('SIGKILL');
    await handle.done;
    await gate.release();
    const { outputs } = await runs.succeed(runs.restore(source, target, owner, skipping));
    expect(outputs['resumed']).toBe('true');
    await expectSame(source, target);
  });

  test(`${name}: the administrator backs up the database of another, and restores it into a new one`, async () => {
    const { administrator } = platform;
    const more = { 'backup-name': 'of-administrator' };
    const { statements } = await runs.settle(runs.backup(source, administrator, more), source);
    expect(statements).toEqual(told.administrator.map((one) => expect.stringMatching(one) as unknown));
    const target = `${prefix}_by_administrator`;
    await runs.succeed(runs.restore(source, target, administrator, { ...more, ...skippingAll }));
    await expectSame(source, target);
    await dropDatabase(server, target);
  });
});
