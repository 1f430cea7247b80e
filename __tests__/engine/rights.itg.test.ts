import { beforeAll, describe, expect, test } from '@jest/globals';
import type { Login } from '../../testbed/database-server.js';
import { createDatabase, createRole, quoteIdentifier, uniqueName } from '../helpers/databases.js';
import { sharedPostgres } from '../helpers/shared-servers.js';
import { backUp, expectSameDump, type BackupTrial } from './backup-trial.js';
import { few } from '../helpers/depth.js';

const server = sharedPostgres();
const superuser: Login = { user: server.user, password: server.password };
let owner: Login;

beforeAll(async () => {
  owner = await createRole(server, { attributes: 'CREATEDB' });
});

describe('an owner who revoked her own INSERT, and other privileges', () => {
  let trial: BackupTrial;

  beforeAll(async () => {
    const [she, other] = [owner.user, (await createRole(server)).user].map(quoteIdentifier);
    const sql = `
      CREATE SCHEMA app;
      CREATE TABLE app.read_only (id int PRIMARY KEY, secret text);
      INSERT INTO app.read_only SELECT n, 'x' FROM generate_series(1, 100) n;
      REVOKE INSERT, TRUNCATE ON app.read_only FROM ${she};
      GRANT SELECT (id), UPDATE (secret) ON app.read_only TO ${other};
      CREATE TABLE app.points_there (id int REFERENCES app.read_only);
      INSERT INTO app.points_there SELECT n FROM generate_series(1, 100) n;
      REVOKE ALL ON app.points_there FROM ${she};
      GRANT SELECT ON app.points_there TO ${she};
      CREATE MATERIALIZED VIEW app.copies AS SELECT id FROM app.points_there;
      GRANT SELECT ON app.copies TO ${other} WITH GRANT OPTION;
      CREATE SEQUENCE app.s;
      SELECT nextval('app.s');
      REVOKE ALL ON SEQUENCE app.s FROM ${she};
      GRANT SELECT, USAGE ON SEQUENCE app.s TO PUBLIC;
      CREATE FUNCTION app.f() RETURNS int LANGUAGE sql AS 'SELECT 1';
      REVOKE ALL ON FUNCTION app.f() FROM PUBLIC;
      GRANT USAGE ON SCHEMA app TO ${other};
      ALTER DEFAULT PRIVILEGES IN SCHEMA app GRANT SELECT ON TABLES TO ${other};
      ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;
      SELECT lo_from_bytea(4711, 'mine');
      GRANT SELECT ON LARGE OBJECT 4711 TO ${other};`;
    trial = await backUp(server, await createDatabase(server, { sql, owner }), owner);
  });

  test.each(few([1], [1, 3]))('privileges are as they were with keep-privileges and restore-jobs %i', async (jobs) => {
    const target = await trial.restore({ jobs, with: { 'keep-privileges': 'true' } });
    await expectSameDump({ server, name: trial.database }, target);
  });

  test('privileges are left out without keep-privileges', async () => {
    const target = await trial.restore();
    expect(
      await server.psql(target.name, "SELECT count(relacl) FROM pg_class WHERE relnamespace = 'app'::regnamespace"),
    ).toBe('0');
    await expectSameDump({ server, name: trial.database }, target, { args: ['--no-privileges'] });
  });
});

describe('row-level security that binds the owner too', () => {
  let trial: BackupTrial;

  beforeAll(async () => {
    const sql = `
      CREATE SCHEMA app;
      CREATE TABLE app.tenants (id int PRIMARY KEY, name text);
      CREATE TABLE app.bills (id int PRIMARY KEY, tenant int NOT NULL REFERENCES app.tenants, note text);
      INSERT INTO app.tenants SELECT n, 't' FROM generate_series(1, 100) n;
      INSERT INTO app.bills SELECT n, n % 100 + 1, 'x' FROM generate_series(1, 3000) n;
      CREATE FUNCTION app.name_of(int) RETURNS text LANGUAGE sql IMMUTABLE AS 'SELECT name FROM app.tenants WHERE id = $1';
      CREATE INDEX bills_name ON app.bills (app.name_of(tenant));
      CREATE POLICY few ON app.tenants USING (id <= 50);
      CREATE POLICY few ON app.bills USING (tenant <= 10);
      ALTER TABLE app.tenants ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
      ALTER TABLE app.bills ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
      CREATE MATERIALIZED VIEW app.visible AS SELECT t.id, count(*) FROM app.tenants t JOIN app.bills b ON b.tenant = t.id GROUP BY t.id;
      CREATE TABLE app.open (id int);
      INSERT INTO app.open VALUES (1);`;
    // Only who is above row-level security can dump such tables whole.
    trial = await backUp(server, await createDatabase(server, { sql, owner }), superuser);
  });

  test.each(
    few([1, 3], [
      ['empty', 1],
      ['empty', 3],
      ['empty-keys-last', 3],
      ['after-data', 1],
      ['after-data', 3],
    ] as const),
  )('row-level security is no obstacle (index-strategy %s, restore-jobs %i)', async (strategy, jobs) => {
    const target = await trial.restore({ login: owner, strategy, jobs });
    await expectSameDump({ server, name: trial.database }, target);
    expect(await server.psql(target.name, 'SELECT count(*), sum(count) FROM app.visible')).toBe('10|300');
  });

  test('row-level security leaves tables that verify: full cannot count, and says which', async () => {
    const { result } = await trial.restore({ login: owner, with: { verify: 'full' } });
    const line = result.lines.find((one) => one.includes('tables counted'));
    expect(line).toMatch(/^ok .*not countable.*app\.bills, app\.tenants/);
  });
});

describe('event triggers', () => {
  test.each(few([1], [1, 3]))(
    'event triggers spare our own work, and are there after (restore-jobs %i)',
    async (jobs) => {
      const sql = `
      CREATE TABLE public.ddl_log (what text);
      CREATE FUNCTION public.note_ddl() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO public.ddl_log VALUES (tg_tag); END $$;
      CREATE FUNCTION public.no_drops() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'nothing may be dropped here'; END $$;
      CREATE TABLE public.t (id int PRIMARY KEY);
      CREATE MATERIALIZED VIEW public.m AS SELECT id FROM public.t;
      CREATE EVENT TRIGGER a_note_ddl ON ddl_command_end EXECUTE FUNCTION public.note_ddl();
      CREATE EVENT TRIGGER b_no_drops ON sql_drop EXECUTE FUNCTION public.no_drops();
      COMMENT ON EVENT TRIGGER a_note_ddl IS 'of the database itself';
      ALTER EVENT TRIGGER a_note_ddl ENABLE ALWAYS;
      CREATE EVENT TRIGGER c_off ON ddl_command_start EXECUTE FUNCTION public.no_drops();
      ALTER EVENT TRIGGER c_off DISABLE;`;
      const trial = await backUp(server, await createDatabase(server, { sql }), superuser);
      const target = await trial.restore({ jobs });
      await expectSameDump({ server, name: trial.database }, target);
      expect(await server.psql(target.name, 'SELECT count(*) FROM public.ddl_log')).toBe('0');
      await expect(server.psql(target.name, 'DROP TABLE public.t CASCADE')).rejects.toThrow(/nothing may be dropped/);
    },
  );
});

/** An empty database of the owner, in another encoding than the server's. Returns its name. */
async function databaseIn(encoding: string): Promise<string> {
  const name = uniqueName(encoding.toLowerCase());
  await server.psql(
    'postgres',
    `CREATE DATABASE ${name} OWNER ${quoteIdentifier(owner.user)} TEMPLATE template0 ENCODING '${encoding}' LOCALE 'C';`,
  );
  return name;
}

test('a database in LATIN1 stays one, names and rows alike', async () => {
  const database = await databaseIn('LATIN1');
  await server.psql(
    database,
    `SET client_encoding = 'UTF8';
     CREATE SCHEMA "Größe";
     CREATE TABLE "Größe"."tâche" (id serial CONSTRAINT "clé" PRIMARY KEY, "naïf" text DEFAULT 'é', CHECK ("naïf" <> 'ß'));
     INSERT INTO "Größe"."tâche" ("naïf") VALUES ('déjà vu'), ('ÿ'), (E'ä\\nö');
     CREATE INDEX "índice" ON "Größe"."tâche" ("naïf");
     CREATE INDEX "brún" ON "Größe"."tâche" USING brin (id);
     COMMENT ON TABLE "Größe"."tâche" IS 'à faire';
     SELECT lo_from_bytea(1, '\\xff');
     ALTER DATABASE ${database} SET search_path = "Größe";`,
    owner,
  );
  const trial = await backUp(server, database, owner);
  for (const jobs of [1, 3]) {
    const target = await trial.restore({ jobs, with: { verify: 'full' } });
    await expectSameDump({ server, name: database }, target);
    expect(await server.psql(target.name, 'SHOW server_encoding')).toBe('LATIN1');
    expect(target.result.lines.join('\n')).toMatch(/INDEX Größe\.brún is built after the data/);
    await server.psql(target.name, 'CREATE TABLE public.more ();');
    const again = await trial.start({ database: target.name, with: { 'skip-checks': 'true' } });
    expect((await again.handle.done).lines.join('\n')).toMatch(/::error title=.*::TABLE Größe\.tâche: /);
  }
});

test('a database in SQL_ASCII is restored with names that are no UTF-8', async () => {
  const database = await databaseIn('SQL_ASCII');
  await server.psql(
    database,
    `DO $$ BEGIN
       EXECUTE replace(
         'CREATE TABLE "t~ble" (id serial PRIMARY KEY, "n~me" text CHECK ("n~me" <> ''~''));
          CREATE INDEX "by n~me" ON "t~ble" ("n~me");
          CREATE SEQUENCE "s~quence";
          SELECT nextval(''"s~quence"'');
          COMMENT ON TABLE "t~ble" IS ''~ comment'';
          INSERT INTO "t~ble" ("n~me") VALUES (''w~rd''), (''plain'')', '~', convert_from('\\xe4', 'SQL_ASCII'));
     END $$;`,
    owner,
  );
  const trial = await backUp(server, database, owner);
  const target = await trial.restore({ jobs: 2, with: { verify: 'full' } });
  await expectSameDump({ server, name: database }, target);
  const said = target.result.lines.join('\n');
  expect(said).toMatch(/^ok +tables counted: 0 of 0 \(1 more not compared: their names are no text\)/m);
  expect(said).toMatch(/^ok +sequences: 0 of 0 \(2 more not compared: their names are no text\)/m);
  const analyzed = "SELECT count(*) FROM pg_stat_user_tables WHERE last_analyze IS NOT NULL AND relname LIKE 't%'";
  expect(await server.psql(target.name, analyzed)).toBe('1');
});
