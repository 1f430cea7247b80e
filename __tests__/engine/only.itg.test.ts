import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Login } from '../../testbed/database-server.js';
import { createDatabase, createRole, dropDatabase } from '../helpers/databases.js';
import { sharedPostgres } from '../helpers/shared-servers.js';
import { backUp, expectSuccess, type BackupTrial } from './backup-trial.js';

const server = sharedPostgres();
const SQL = `
  CREATE SCHEMA app;
  CREATE SCHEMA other;
  CREATE TYPE app.mood AS ENUM ('good', 'bad');
  CREATE FUNCTION app.note() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$;
  CREATE TABLE app.customers (id int PRIMARY KEY, name text);
  INSERT INTO app.customers SELECT g, 'customer ' || g FROM generate_series(1, 100) g;
  CREATE TABLE app.orders (id serial PRIMARY KEY, customer int REFERENCES app.customers, feels app.mood, twice int GENERATED ALWAYS AS (1 + 1) STORED);
  INSERT INTO app.orders (customer, feels) SELECT g % 100 + 1, 'good' FROM generate_series(1, 2000) g;
  CREATE INDEX by_customer ON app.orders (customer);
  CREATE TRIGGER note BEFORE INSERT ON app.orders FOR EACH ROW EXECUTE FUNCTION app.note();
  COMMENT ON TABLE app.orders IS 'the orders';
  CREATE TABLE other.large AS SELECT g, repeat(md5(g::text), 50) FROM generate_series(1, 20000) g;
  CREATE TABLE other.parts (id int, at int) PARTITION BY LIST (at);
  CREATE TABLE other.parts_1 PARTITION OF other.parts FOR VALUES IN (1);
  INSERT INTO other.parts VALUES (1, 1), (2, 1);
  CREATE VIEW app.open AS SELECT id FROM app.orders;
  CREATE MATERIALIZED VIEW app.totals AS SELECT customer, count(*) FROM app.orders GROUP BY 1;`;

let owner: Login;
let trial: BackupTrial;
const made: string[] = [];

beforeAll(async () => {
  owner = await createRole(server, { attributes: 'CREATEDB' });
  const source = await createDatabase(server, { sql: SQL, owner });
  made.push(source);
  trial = await backUp(server, source, owner);
});
afterAll(async () => {
  for (const name of made) await dropDatabase(server, name);
});

/** Names of the relations that a target has, but indexes and TOAST. */
function relationsIn(database: string): Promise<string> {
  return server.psql(
    database,
    "SELECT string_agg(oid::regclass::text, ' ' ORDER BY oid::regclass::text) FROM pg_class WHERE oid >= 16384 AND relkind IN ('r', 'p', 'v', 'm', 'S') AND relnamespace <> 'pg_toast'::regnamespace",
  );
}

describe('a restore of only some of a backup', () => {
  test('one table comes with all that it needs, and reads its own bytes', async () => {
    const { name, result } = await trial.restore({ with: { only: 'TABLE app.orders', verify: 'full' } });
    made.push(name);
    expect(await relationsIn(name)).toBe('app.orders app.orders_id_seq');
    const facts = `SELECT count(*), max(id), (SELECT nextval('app.orders_id_seq')), obj_description('app.orders'::regclass),
      (SELECT count(*) FROM pg_index WHERE indrelid = 'app.orders'::regclass), (SELECT count(*) FROM pg_trigger WHERE tgrelid = 'app.orders'::regclass) FROM app.orders`;
    expect(await server.psql(name, facts)).toBe('2000|2000|2001|the orders|2|1');
    expect(result.stdout).toMatch(
      /orders_customer_fkey is not restored: it needs TABLE app\.customers, which only does not name/,
    );
    const phases = JSON.parse(result.outputs['phases'] ?? '') as { name: string; bytes: number }[];
    expect(phases.find((phase) => phase.name === 'data')?.bytes).toBeLessThan(200_000);
  });

  test.each([
    ['TABLE app.orders\napp.customers', 'app.customers app.orders app.orders_id_seq'],
    ['VIEW app.open', 'app.open app.orders app.orders_id_seq'],
    ['MATERIALIZED VIEW app.totals', 'app.orders app.orders_id_seq app.totals'],
    ['SCHEMA other', 'other.large other.parts other.parts_1'],
    ['other.p*', 'other.parts other.parts_1'],
    ['TYPE app.mood', ''],
  ])('%j brings %s', async (only, relations) => {
    const { name } = await trial.restore({ with: { only, verify: 'full' }, jobs: 2 });
    made.push(name);
    expect(await relationsIn(name)).toBe(relations);
  });

  test('a pattern that matches nothing is refused, with names like it, and nothing is made', async () => {
    const { handle, name } = await trial.start({ with: { only: 'TABLE app.ordes\nSCHEMA nowhere' } });
    made.push(name);
    const result = await handle.done;
    expect(result.exitCode).toBe(1);
    expect(result.stdout).toMatch(
      /`TABLE app\.ordes` matches nothing in the backup: did you mean `TABLE app\.orders`\?/,
    );
    expect(result.stdout).toMatch(/`SCHEMA nowhere` matches nothing in the backup/);
    expect(await relationsIn(name).catch(() => '')).toBe('');
  });

  test('a restore of some goes on as such, and not with others', async () => {
    const only = { only: 'other.large' };
    const { handle, name } = await trial.start({ with: only });
    made.push(name);
    const begun = 'SELECT count(*) FROM phaselift_journal.plan';
    for (let wait = 0; wait < 3000 && (await server.psql(name, begun).catch(() => '0')) === '0'; wait++)
      await new Promise((resolve) => setTimeout(resolve, 5));
    handle.kill('SIGKILL');
    await handle.done;
    const other = await (await trial.start({ database: name, with: { only: 'app.orders' } })).handle.done;
    expect(other.exitCode).toBe(1);
    expect(other.stdout).toMatch(/holds an unfinished restore of only other\.large/);
    const again = await (await trial.start({ database: name })).handle.done;
    expectSuccess(again);
    expect(await relationsIn(name)).toBe('other.large');
  });
});
