import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Login } from '../../testbed/database-server.js';
import { startPostgres, type PostgresServer } from '../../testbed/postgres.js';
import { createDatabase, createRole, dumpText } from '../helpers/databases.js';
import { backUp, expectDump, expectSameDump, expectSuccess, type BackupTrial } from './backup-trial.js';
import { few } from '../helpers/depth.js';

let server: PostgresServer;
let owner: Login;
const temporary: string[] = [];

beforeAll(async () => {
  // What is committed has to outlive the crash.
  server = await startPostgres({ settings: { synchronous_commit: 'on' } });
  owner = await createRole(server, { attributes: 'CREATEDB' });
});
afterAll(async () => {
  await server.stop();
  for (const directory of temporary) await rm(directory, { recursive: true });
});

/** Waits until SQL in a database gives what is wanted, however long that takes. */
async function until(database: string, sql: string, wanted: string): Promise<void> {
  for (;;) {
    const found = await server.psql(database, sql).catch(() => '(no such database or table yet)');
    if (found === wanted) return;
    await sleep(20);
  }
}

describe('a server that crashes in the middle of a restore', () => {
  test('is waited for, and what it has lost is loaded again', async () => {
    const sql = `
      CREATE FUNCTION slowly(int) RETURNS bool LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(coalesce(nullif(current_setting('trial.pause', true), ''), '0')::float8); RETURN true; END $$;
      CREATE UNLOGGED TABLE a_lost (id int PRIMARY KEY);
      INSERT INTO a_lost SELECT generate_series(1, 90000);
      CREATE TABLE kept (id int PRIMARY KEY REFERENCES kept);
      INSERT INTO kept SELECT generate_series(1, 50000);
      CREATE TABLE slow (id int CHECK (slowly(id)));
      INSERT INTO slow SELECT generate_series(1, 100);`;
    const trial = await backUp(server, await createDatabase(server, { sql, owner }), owner);
    const source = await dumpText(server, trial.database);
    const { name, handle } = await trial.start({ with: { 'pg-options': '-c trial.pause=0.05' } });
    const loading =
      "SELECT count(*) FROM pg_stat_activity WHERE application_name ~ 'phaselift' AND query ~ 'COPY public.slow'";
    await until(name, loading, '1');
    expect(await server.psql(name, 'SELECT count(*) FROM a_lost')).toBe('90000');
    await server.crash();
    await server.restart();
    const result = await handle.done;
    expectSuccess(result);
    expect(result.summary).toMatch(/failures? passed, and the work was done again/);
    await expectDump(source, { server, name });
  });
});

describe('a failure that passes', () => {
  /** Fails with a code, as long as a moment has not come. */
  const sql = `
    CREATE FUNCTION lucky(int) RETURNS bool LANGUAGE plpgsql AS $$ BEGIN
      IF extract(epoch FROM clock_timestamp()) < coalesce(nullif(current_setting('trial.until', true), ''), '0')::float8
      THEN RAISE 'unlucky' USING ERRCODE = current_setting('trial.code'); END IF;
      RETURN true; END $$;
    CREATE TABLE rows (id int CHECK (lucky(id)));
    INSERT INTO rows SELECT generate_series(1, 10);`;
  let trial: BackupTrial;

  beforeAll(async () => {
    trial = await backUp(server, await createDatabase(server, { sql, owner }), owner);
  });

  const failing = (code: string, seconds: number): Record<string, string> => ({
    'pg-options': `-c trial.code=${code} -c trial.until=${Math.ceil(Date.now() / 1000) + seconds}`,
  });

  test.each(few([0, 2], ['40P01', '40001', '53200', '55P03']))(
    'a unit that fails with %s is done again',
    async (code) => {
      const target = await trial.restore({ with: failing(code, 8) });
      expect(target.result.summary).toMatch(/failures? passed, and the work was done again/);
      await expectSameDump({ server, name: trial.database }, target);
    },
  );

  test.each(few([0], ['22012', '53100', '42501']))('a unit that fails with %s is not done again', async (code) => {
    const { handle } = await trial.start({ with: failing(code, 60) });
    const result = await handle.done;
    expect(result.exitCode).toBe(1);
    expect(result.stdout).not.toMatch(/trying again/);
  });
});

describe('a server crash between the data and the end', () => {
  const sql = `
    CREATE SCHEMA app;
    CREATE TABLE app.kept (id int PRIMARY KEY);
    INSERT INTO app.kept SELECT generate_series(1, 500);
    CREATE UNLOGGED TABLE app.a_child (id int GENERATED ALWAYS AS IDENTITY (START 7), parent int);
    CREATE UNLOGGED TABLE app.b_parent (id int PRIMARY KEY, at int);
    INSERT INTO app.b_parent SELECT n, n FROM generate_series(1, 400) n;
    INSERT INTO app.a_child (parent) SELECT id FROM app.b_parent;
    ALTER TABLE app.a_child ADD FOREIGN KEY (parent) REFERENCES app.b_parent;
    CREATE INDEX b_parent_brin ON app.b_parent USING brin (at);
    CREATE UNLOGGED SEQUENCE app.lost;
    SELECT setval('app.lost', 99);
    CREATE TABLE app.mixed (id int, part int) PARTITION BY LIST (part);
    CREATE UNLOGGED TABLE app.mixed_1 PARTITION OF app.mixed FOR VALUES IN (1);
    CREATE TABLE app.mixed_2 PARTITION OF app.mixed FOR VALUES IN (2);
    INSERT INTO app.mixed SELECT n, n % 2 + 1 FROM generate_series(1, 100) n;
    CREATE TABLE app.audit (what text);
    CREATE FUNCTION app.note() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO app.audit VALUES (TG_TABLE_NAME); RETURN NEW; END $$;
    CREATE TRIGGER note_child BEFORE INSERT ON app.a_child FOR EACH ROW EXECUTE FUNCTION app.note();
    CREATE TRIGGER note_mixed BEFORE INSERT ON app.mixed FOR EACH ROW EXECUTE FUNCTION app.note();
    CREATE POLICY half ON app.b_parent USING (id < 200);
    ALTER TABLE app.b_parent ENABLE ROW LEVEL SECURITY;
    ALTER TABLE app.b_parent FORCE ROW LEVEL SECURITY;
    CREATE UNLOGGED TABLE app.breaks (id int);
    INSERT INTO app.breaks VALUES (1);
    ALTER TABLE app.breaks ADD CHECK (id > 1000) NOT VALID;
    ALTER TABLE app.mixed ADD CHECK (id > 1000) NOT VALID;
    CREATE TABLE app.up (id int);
    CREATE UNLOGGED TABLE app.down () INHERITS (app.up);
    INSERT INTO app.down VALUES (1);
    ALTER TABLE app.up ADD CHECK (id > 1000) NOT VALID;
    CREATE DOMAIN app.small AS int;
    CREATE TYPE app.sizes AS (id app.small);
    CREATE UNLOGGED TABLE app.made_of_domain (sizes app.sizes);
    CREATE TABLE app.measures (id app.small);
    INSERT INTO app.made_of_domain VALUES (ROW(1));
    ALTER DOMAIN app.small ADD CHECK (VALUE > 1000) NOT VALID;
    CREATE FUNCTION app.stop() RETURNS int LANGUAGE plpgsql AS $$ BEGIN RETURN 1 / (coalesce(nullif(current_setting('trial.stop', true), ''), '1')::int); END $$;
    CREATE MATERIALIZED VIEW app.last AS SELECT app.stop() AS x;`;

  test.each(
    few([1], [
      ['empty', 1],
      ['after-data', 3],
    ] as const),
  )(
    'a server crash loses no unlogged rows, doubles none (index-strategy %s, restore-jobs %i)',
    async (strategy, jobs) => {
      const superuser = { user: server.user, password: server.password };
      const trial = await backUp(server, await createDatabase(server, { sql, owner }), superuser);
      const source = await dumpText(server, trial.database); // the crash is to come over it too
      // The refresh of the materialized view comes after all else but the last transaction.
      const first = await trial.start({ login: owner, strategy, jobs, with: { 'pg-options': '-c trial.stop=0' } });
      const failed = await first.handle.done;
      expect(failed.exitCode).toBe(1);
      expect(failed.annotations[0]?.message).toMatch(/^MATERIALIZED VIEW DATA app\.last: /);
      await server.crash();
      await server.restart();
      expect(
        await server.psql(first.name, 'SELECT (SELECT count(*) FROM app.kept), (SELECT count(*) FROM app.a_child)'),
      ).toBe('500|0');

      const target = await trial.restore({ login: owner, database: first.name, strategy, jobs });
      expect(target.result.outputs['resumed']).toBe('true');
      await expectDump(source, target);
      expect(await server.psql(target.name, 'SELECT count(*) FROM app.audit')).toBe('0');
      expect(await server.psql(target.name, 'SELECT last_value FROM app.lost')).toBe('99');
    },
  );
});

/**
 * Tools whose psql has somebody to write to when the action is gone, as it has inside of a container. (A psql of our own
 * would end with SIGPIPE at its next line.)
 */
async function toolsThatOutliveUs(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'phaselift-tools-'));
  for (const tool of ['pg_dump', 'pg_restore']) await symlink(join(server.programs, tool), join(directory, tool));
  const script = `#!/bin/sh\n${join(server.programs, 'psql')} "$@" | (trap '' PIPE; cat 2> /dev/null; cat > /dev/null)\n`;
  await writeFile(join(directory, 'psql'), script, { mode: 0o755 });
  temporary.push(directory);
  return directory;
}

describe('the action killed with SIGKILL in the middle of a unit', () => {
  let trial: BackupTrial;

  /** Each row takes its time while it is loaded, and the whole table fits into the pipe to psql. */
  const sql = `
    CREATE SCHEMA app;
    CREATE FUNCTION app.slowly(int) RETURNS bool LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(coalesce(nullif(current_setting('trial.pause', true), ''), '0')::float8); RETURN true; END $$;
    CREATE TABLE app.before (id int);
    INSERT INTO app.before SELECT generate_series(1, 200000);
    CREATE TABLE app.slow (id int CHECK (app.slowly(id)));
    INSERT INTO app.slow SELECT generate_series(1, 100);
    SELECT lo_from_bytea(1, 'one');`;
  const loading =
    "SELECT count(*) FROM pg_stat_activity WHERE application_name ~ 'phaselift' AND query ~ 'COPY app.slow'";

  beforeAll(async () => {
    trial = await backUp(server, await createDatabase(server, { sql, owner }), owner);
  });

  /** A restore that was killed while the table was loading. Returns its target. */
  async function killed(tools?: string): Promise<string> {
    const { name, handle } = await trial.start({
      with: { 'pg-options': '-c trial.pause=0.03' },
      ...(tools === undefined ? {} : { tools }),
    });
    await until(name, loading, '1');
    handle.kill('SIGKILL');
    expect((await handle.done).signal).toBe('SIGKILL');
    return name;
  }

  test('an orphaned psql commits nothing of what is in its pipe', async () => {
    const name = await killed(await toolsThatOutliveUs());
    await until(name, "SELECT count(*) FROM pg_stat_activity WHERE application_name ~ 'phaselift'", '0');
    expect(await server.psql(name, 'SELECT count(*) FROM app.slow')).toBe('0');
    const target = await trial.restore({ database: name });
    expect(target.result.outputs['resumed']).toBe('true');
    await expectSameDump({ server, name: trial.database }, target);
  });

  test('a run right behind a killed one ends what is left, and does nothing twice', async () => {
    const name = await killed();
    const finishedBefore = await server.psql(name, 'SELECT unit FROM phaselift_journal.finished');
    expect(finishedBefore).toMatch(/data\/0001/);
    const target = await trial.restore({ database: name });
    await expectSameDump({ server, name: trial.database }, target);
    expect(target.result.lines.join('\n')).toMatch(/going on with the restore of .*: \d of \d units are finished/);
  });

  test('one of two runs at the same time restores, the other says that it is not alone', async () => {
    const { name, handle } = await trial.start({ with: { 'pg-options': '-c trial.pause=0.12' } });
    await until(name, loading, '1');
    const second = await (await trial.start({ database: name })).handle.done;
    expect(second.exitCode).toBe(1);
    expect(second.annotations[0]?.message).toMatch(/another restore is at work in this database/);
    const first = await handle.done;
    expectSuccess(first);
    await expectSameDump({ server, name: trial.database }, { server, name });
  });
});
