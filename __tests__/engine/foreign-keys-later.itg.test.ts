import { beforeAll, describe, expect, test } from '@jest/globals';
import type { Login } from '../../testbed/database-server.js';
import { startPostgres } from '../../testbed/postgres.js';
import { createDatabase, createRole } from '../helpers/databases.js';
import { sharedPostgres } from '../helpers/shared-servers.js';
import { backUp, expectSameDump, type BackupTrial } from './backup-trial.js';

/** Restores with `validate-foreign-keys: later`. */

const server = sharedPostgres();
const LATER = { 'validate-foreign-keys': 'later' };
let owner: Login;
let trial: BackupTrial;

const SQL = `
  CREATE SCHEMA app;
  CREATE TABLE app.users (id int PRIMARY KEY, mail text UNIQUE, boss int REFERENCES app.users DEFERRABLE INITIALLY DEFERRED);
  INSERT INTO app.users SELECT i, i || '@example.org', nullif(i / 2, 0) FROM generate_series(1, 30000) i;
  CREATE TABLE app.orders (
    id int, part int, "user" int REFERENCES app.users ON DELETE SET NULL,
    mail text CONSTRAINT "odd ""name""; NOT VALID" REFERENCES app.users (mail) ON UPDATE CASCADE, PRIMARY KEY (id, part));
  INSERT INTO app.orders SELECT i, 1, i, i || '@example.org' FROM generate_series(1, 30000) i;
  COMMENT ON CONSTRAINT orders_user_fkey ON app.orders IS 'who';
  CREATE TABLE app."Odd; table" ("a, b" int, c int, FOREIGN KEY ("a, b", c) REFERENCES app.orders MATCH FULL);
  INSERT INTO app."Odd; table" VALUES (1, 1), (NULL, NULL);
  CREATE TABLE app.loose (n int);
  INSERT INTO app.loose VALUES (-1), (1);
  ALTER TABLE app.loose ADD CONSTRAINT never FOREIGN KEY (n) REFERENCES app.users NOT VALID;
  CREATE TABLE app.parts (n int PRIMARY KEY, u int REFERENCES app.users) PARTITION BY RANGE (n);
  CREATE TABLE app.parts_1 PARTITION OF app.parts FOR VALUES FROM (0) TO (100);
  ALTER TABLE app.parts_1 ADD CONSTRAINT own FOREIGN KEY (u) REFERENCES app.users ON DELETE CASCADE; -- else it would become that of app.parts
  INSERT INTO app.parts VALUES (1, 1);
  CREATE TABLE app.to_parts (n int REFERENCES app.parts);
  INSERT INTO app.to_parts VALUES (1);
  CREATE UNLOGGED TABLE app.lost (n int REFERENCES app.users);
  INSERT INTO app.lost VALUES (1);
  CREATE TABLE app.guarded (n int REFERENCES app.users);
  INSERT INTO app.guarded VALUES (1);
  ALTER TABLE app.guarded ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;`;

const NOT_VALIDATED = `SELECT string_agg(conname, ' ' ORDER BY conname) FROM pg_constraint WHERE contype = 'f' AND NOT convalidated`;

beforeAll(async () => {
  owner = await createRole(server, { attributes: 'CREATEDB' });
  // The owner herself is under the policies of app.guarded, and pg_dump refuses to read only a part of its rows.
  trial = await backUp(server, await createDatabase(server, { sql: SQL, owner }), server);
});

describe('foreign keys that are validated later', () => {
  test.each([1, 4])(
    'foreign keys that are validated later are as those of the source (restore-jobs %i)',
    async (jobs) => {
      const target = await trial.restore({ jobs, login: owner, with: LATER });
      await expectSameDump({ server, name: trial.database }, target);
      expect((await server.psql(target.name, NOT_VALIDATED)).trim()).toBe('never');
      const log = target.result.lines.join('\n');
      expect(log).toMatch(/foreign keys: added NOT VALID, then validated each on its own/);
      expect(log).toMatch(/FK CONSTRAINT app\.parts parts_u_fkey is validated as it is added: servers before 18/);
    },
  );
});

test('foreign keys of partitioned tables are validated later on 18', async () => {
  const newer = await startPostgres({ version: 18 });
  try {
    const source = await createDatabase(newer, { sql: SQL });
    const partitioned = await backUp(newer, source, newer);
    const target = await partitioned.restore({ jobs: 2, with: LATER });
    await expectSameDump({ server: newer, name: source }, target);
    expect((await newer.psql(target.name, NOT_VALIDATED)).trim()).toBe('never');
    expect(target.result.lines.join('\n')).not.toMatch(/validated as it is added/);
  } finally {
    await newer.stop();
  }
});

/** A key that the catalog of the source has for validated, and whose rows do not hold it. */
describe('a foreign key whose validation fails', () => {
  let broken: BackupTrial;
  let source: string;

  beforeAll(async () => {
    source = await createDatabase(server, {
      sql: `
        CREATE TABLE a (id int PRIMARY KEY);
        INSERT INTO a VALUES (1);
        CREATE TABLE b (n int CONSTRAINT good REFERENCES a, m int);
        INSERT INTO b VALUES (1, 1), (1, 2);
        ALTER TABLE b ADD CONSTRAINT broken FOREIGN KEY (m) REFERENCES a NOT VALID;`,
      owner,
    });
    await server.psql(source, `UPDATE pg_constraint SET convalidated = true WHERE conname = 'broken'`);
    broken = await backUp(server, source, owner);
  });

  async function failed(): Promise<string> {
    const { handle, name } = await broken.start({ with: LATER });
    const { exitCode, annotations } = await handle.done;
    const message = annotations.find(({ level }) => level === 'error')?.message ?? '';
    expect(exitCode).toBe(1);
    expect(message).toMatch(/^FK CONSTRAINT public\.b broken: .*23503/);
    expect((await server.psql(name, NOT_VALIDATED)).trim()).toMatch(/\bbroken\b/);
    return name;
  }

  test('a restore whose validation failed goes on with it once the rows are mended, whatever the input says then', async () => {
    const database = await failed();
    await server.psql(database, 'DELETE FROM b WHERE m = 2', owner);
    const { result } = await broken.restore({ database, with: { verify: 'false' } });
    expect(result.outputs['resumed']).toBe('true');
    expect(result.lines.join('\n')).toMatch(
      /`validate-foreign-keys: now` does not count: the restore was begun with later/,
    );
    expect((await server.psql(database, NOT_VALIDATED)).trim()).toBe('');
  });

  test('a restore whose validation failed goes on without it when that is what it is asked', async () => {
    const database = await failed();
    const { result } = await broken.restore({
      database,
      with: { ...LATER, 'skip-entries': 'FK CONSTRAINT public.b broken' },
    });
    expect(result.lines.join('\n')).toMatch(
      /the validation of FK CONSTRAINT public\.b broken is not restored: .*; it stays NOT VALID/,
    );
    expect((await server.psql(database, NOT_VALIDATED)).trim()).toBe('broken');
  });
});
