import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { startPgbouncer } from '../../testbed/pgbouncer.js';
import { startPostgres } from '../../testbed/postgres.js';
import { BackupRuns, checked, childrenOf, expectFailure } from '../commands/backup-runs.js';
import { createDatabase, createRole, dropDatabase } from '../helpers/databases.js';
import { runAction } from '../helpers/run-action.js';
import { sharedS3 } from '../helpers/shared-servers.js';
import { until } from '../postgres/toolbox/processes.js';
import { MeddlingProxy } from '../../testbed/meddling-proxy.js';
import { GatedPgDump } from './gated-pg-dump.js';
import { expectNothingLeft, HeldReaders, otherSession, sessionsOf } from './held-readers.js';
import { backUpByReaders, dumpAlone, readerInputs } from './reader-trial.js';
import { joinedArchive } from './joined-archive.js';
import { deepTest, few } from '../helpers/depth.js';

/** Tables that are read in pieces, and more than all buffers hold: four readers are at work for as long as a test wants. */
const SOURCE = `
  CREATE UNLOGGED TABLE a_large AS SELECT g, repeat('x', 1000) AS filler FROM generate_series(1, 120000) g;
  CREATE UNLOGGED TABLE b_large AS SELECT g, repeat('y', 1000) AS filler FROM generate_series(1, 120000) g;
  CREATE TABLE z_last AS SELECT g AS id, 1 AS x FROM generate_series(1, 1000) g;`;

/** As text of digests, which no compression makes much smaller: more than all buffers hold, too. */
const HARD_TO_COMPRESS = `
  CREATE UNLOGGED TABLE a_large AS SELECT g, (SELECT string_agg(md5(g || '/' || i), '') FROM generate_series(1, 30) i) AS filler FROM generate_series(1, 80000) g;
  CREATE TABLE z_last AS SELECT g AS id, md5(g::text) AS x FROM generate_series(1, 5000) g;`;

let runs: BackupRuns;
let database: string;

beforeAll(async () => {
  runs = await BackupRuns.create();
  database = await createDatabase(runs.postgres, { sql: SOURCE });
});
afterAll(async () => {
  await dropDatabase(runs.postgres, database);
  runs.close();
});

/** Ends the session of the backup whose last query matches. Returns how many there were. */
async function terminate(query: string): Promise<number> {
  const sql = `SELECT count(pg_terminate_backend(pid)) FROM (SELECT pid FROM pg_stat_activity WHERE datname = '${database}' AND application_name LIKE 'phaselift%' AND query LIKE '${query}' LIMIT 1) s`;
  return Number(await runs.postgres.psql('postgres', sql));
}

/** Comes back when somebody waits for a lock that nobody else may hold with him. */
async function somebodyWaits(name: string): Promise<void> {
  const asked = `SELECT count(*) FROM pg_locks WHERE NOT granted AND mode = 'AccessExclusiveLock' AND database = (SELECT oid FROM pg_database WHERE datname = '${name}')`;
  await until(async () => (await runs.postgres.psql('postgres', asked)) === '1');
}

describe('a table that is changed between snapshot and lock', () => {
  beforeEach(async () => {
    await runs.postgres.psql(
      database,
      'DROP TABLE IF EXISTS victim; CREATE TABLE victim AS SELECT g AS id, 1 AS x FROM generate_series(1, 1000) g;',
    );
  });

  test.each(
    few(
      [0, 3, 6],
      [
        ['truncated', 'TRUNCATE victim'],
        ['truncated and filled again', 'TRUNCATE victim; INSERT INTO victim VALUES (1, 2)'],
        ['rewritten', 'ALTER TABLE victim ALTER x TYPE bigint'],
        ['dropped', 'DROP TABLE victim'],
        ['renamed', 'ALTER TABLE victim RENAME TO victim_2'],
        ['moved to another schema', 'CREATE SCHEMA IF NOT EXISTS elsewhere; ALTER TABLE victim SET SCHEMA elsewhere'],
        ['changed by DROP COLUMN', 'ALTER TABLE victim DROP COLUMN x'],
      ],
    ),
  )('a backup by many readers fails when a table is %s before it is locked', async (_, change) => {
    const gate = await GatedPgDump.create(runs.postgres.programs);
    try {
      const handle = await runs.start(database, readerInputs({}), { env: gate.env });
      await Promise.race([gate.reached(), handle.done]);
      await runs.postgres.psql(database, change);
      await gate.open();
      const result = await checked(handle, runs.inputs(database));
      expectFailure(result, /victim/);
      await expectNothingLeft(runs, database);
    } finally {
      await gate.remove();
      await runs.postgres.psql(database, 'DROP TABLE IF EXISTS victim_2, elsewhere.victim');
    }
  });

  test('a backup by many readers has the columns of its snapshot when one is added before the table is locked', async () => {
    const gate = await GatedPgDump.create(runs.postgres.programs);
    try {
      const options = ['--table=public.victim'];
      const before = joinedArchive(await dumpAlone(runs, database, { options }));
      const handle = await runs.start(database, readerInputs({ options }), { env: gate.env });
      await Promise.race([gate.reached(), handle.done]);
      await runs.postgres.psql(database, "ALTER TABLE victim ADD COLUMN later text NOT NULL DEFAULT 'new'");
      await gate.open();
      expect(await checked(handle, runs.inputs(database))).toMatchObject({ exitCode: 0 });
      const archive = joinedArchive(await runs.bucket.get(`${database}/one.dump`));
      expect(archive.blocks).toEqual(before.blocks);
      expect(archive.entries.find(({ desc }) => desc === 'TABLE')?.definition).not.toContain('later');
    } finally {
      await gate.remove();
      await forget(database);
    }
  });
});

/** Removes the backup that a test has made on purpose. */
async function forget(name: string): Promise<void> {
  await runs.bucket.delete(`${name}/one.dump`);
  await runs.bucket.delete(`${name}/one.manifest.json`);
}

describe('a pg_dump that ends early', () => {
  test.each(
    few(
      [0],
      [
        ['the table of contents', '*--snapshot=*'],
        ['the large objects', '*--exclude-table=*'],
      ],
    ),
  )('a backup by many readers fails when the pg_dump is killed that makes %s', async (_, killedAt) => {
    const own = await createDatabase(runs.postgres, {
      sql: "CREATE TABLE t AS SELECT g FROM generate_series(1, 1000) g; SELECT lo_from_bytea(0, 'kept')",
    });
    const broken = await GatedPgDump.create(runs.postgres.programs, { killedAt });
    try {
      const result = await runs.run(own, readerInputs({}), { env: broken.env });
      expectFailure(result, /pg_dump.*SIGKILL/);
      await expectNothingLeft(runs, own);
    } finally {
      await broken.remove();
      await dropDatabase(runs.postgres, own);
    }
  });
});

describe('a backup by many readers in its middle', () => {
  test('a TRUNCATE waits until many readers have read the table, and they do not wait for it', async () => {
    const held = await HeldReaders.start(runs, database);
    const other = otherSession(runs.postgres, database);
    try {
      expect((await sessionsOf(runs.postgres, database)).length).toBeGreaterThan(4);
      other.send('TRUNCATE z_last');
      await somebodyWaits(database);
      expect(await held.end()).toMatchObject({ exitCode: 0 });
      const archive = joinedArchive(await runs.bucket.get(`${database}/one.dump`));
      expect(archive.blocks.at(-1)).toMatch(/^table \d+: 589[0-9] bytes|^table \d+: [1-9]\d{3} bytes/);
    } finally {
      await other.end();
      await forget(database);
      await runs.postgres.psql(
        database,
        'TRUNCATE z_last; INSERT INTO z_last SELECT g, 1 FROM generate_series(1, 1000) g',
      );
    }
  });

  deepTest('what no reader can lock is compressed as well', async () => {
    const own = await createDatabase(runs.postgres, { sql: HARD_TO_COMPRESS });
    const trial = { compress: '1' };
    const wanted = joinedArchive(await dumpAlone(runs, own));
    const held = await HeldReaders.start(runs, own, trial);
    const other = otherSession(runs.postgres, own);
    try {
      other.send('TRUNCATE z_last');
      await somebodyWaits(own);
      expect(await held.end()).toMatchObject({ exitCode: 0 });
      const archive = await runs.bucket.get(`${own}/one.dump`);
      expect(joinedArchive(archive).blocks).toEqual(wanted.blocks);
    } finally {
      await other.end();
      await forget(own);
      await dropDatabase(runs.postgres, own);
    }
  });

  deepTest('a backup fails when its store is gone in the middle, and no session stays', async () => {
    const held = await HeldReaders.start(runs, database, { with: { 's3-max-retries': '0' } });
    await held.loseStore();
    const result = await checked(held.handle, runs.inputs(database));
    expectFailure(result, /^cannot (reach|write)/);
    await until(async () => (await sessionsOf(runs.postgres, database)).length === 0);
    await removeByPost(result.state);
  });

  test('a backup fails when the session ends that holds the locks for its readers', async () => {
    const held = await HeldReaders.start(runs, database);
    const idle = `SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = '${database}' AND state = 'idle in transaction' AND query NOT LIKE '%COPY %' AND pid IN (SELECT pid FROM pg_locks WHERE relation IS NOT NULL AND mode = 'AccessShareLock' GROUP BY pid HAVING count(*) >= 3)`;
    expect(Number(await runs.postgres.psql('postgres', idle))).toBe(1);
    expectFailure(
      await held.end(),
      /^the session that holds the backup's snapshot and its locks has ended: /,
      /run the backup again/,
    );
    await expectNothingLeft(runs, database);
  });

  test('a backup fails with the name of the table when the server ends one of its readers', async () => {
    const held = await HeldReaders.start(runs, database);
    expect(await terminate('%COPY %')).toBe(1);
    expectFailure(await held.end(), /^reading TABLE DATA public\.[ab]_large failed: .*terminat/);
    await expectNothingLeft(runs, database);
  });

  deepTest('a backup fails when one of its readers is killed', async () => {
    const held = await HeldReaders.start(runs, database);
    const psqls = (await childrenOf(held.handle.pid)).filter(({ name }) => name === 'psql' || name === 'stdbuf');
    expect(psqls.length).toBeGreaterThan(4);
    process.kill(psqls.at(-1)?.pid ?? 0, 'SIGKILL');
    expectFailure(await held.end(), /killed by SIGKILL/);
    await expectNothingLeft(runs, database);
  });

  test('a backup with four readers leaves nothing when it gets SIGTERM', async () => {
    const held = await HeldReaders.start(runs, database);
    held.handle.kill('SIGTERM');
    const result = await checked(held.handle, runs.inputs(database));
    await held.end();
    expect(result).toMatchObject({ exitCode: 1, signal: null });
    expect(result.annotations).toEqual([
      expect.objectContaining({ level: 'error', message: expect.stringMatching(/^the run was cancelled/) }),
    ]);
    await expectNothingLeft(runs, database);
  });

  test('a backup with four readers leaves no session when it gets SIGKILL, and the post step removes the rest', async () => {
    const held = await HeldReaders.start(runs, database);
    held.handle.kill('SIGKILL');
    const result = await held.handle.done;
    await held.loseStore();
    await until(async () => (await sessionsOf(runs.postgres, database)).length === 0);
    await removeByPost(result.state);
  });
});

/** The post step of a run whose way to the store is gone, with the store itself in its place: it removes what was left. */
async function removeByPost(left: Readonly<Record<string, string>>): Promise<void> {
  const state = JSON.parse(
    JSON.stringify(left).replaceAll(/http:\/\/127\.0\.0\.1:\d+/g, sharedS3().endpoint),
  ) as Record<string, string>;
  const post = await runAction({ with: runs.inputs(database), entry: 'post', state });
  expect((await post.done).exitCode).toBe(0);
  expect(await runs.visible()).toEqual([]);
}

describe('a backup by many readers that cannot be', () => {
  test('a backup by many readers leaves nothing when the store refuses a part', async () => {
    const proxy = await MeddlingProxy.start(sharedS3().endpoint);
    try {
      let parts = 0;
      proxy.meddler = (line) => (/^PUT .*[?&]partNumber=/.test(line) && ++parts > 3 ? { status: 403 } : undefined);
      const result = await runs.run(database, {
        ...readerInputs({}),
        's3-chunk-size': '5MB',
        's3-endpoint': proxy.endpoint,
      });
      expectFailure(result, /^cannot write s3:.*one\.dump/);
      await expectNothingLeft(runs, database);
    } finally {
      await proxy.stop();
    }
  });

  test('a backup by many readers names the table that its role may not read', async () => {
    const role = await createRole(runs.postgres);
    await runs.postgres.psql(database, `GRANT SELECT ON a_large, b_large TO ${role.user}`);
    const inputs = readerInputs({ login: role, with: { 'skip-checks': 'true' } });
    const result = await runs.run(database, inputs);
    expectFailure(result, /permission denied for table z_last/, /Grant SELECT/);
    await expectNothingLeft(runs, database);
  });

  test('a backup by many readers names the table whose rows cannot be read', async () => {
    // Its value is not in the catalog any more: no output function can write it.
    const sql = `CREATE TABLE fine AS SELECT g FROM generate_series(1, 1000) g; CREATE TYPE lost AS ENUM ('label');
      CREATE TABLE torn AS SELECT 'label'::lost AS x; DELETE FROM pg_enum WHERE enumtypid = 'lost'::regtype;`;
    const own = await createDatabase(runs.postgres, { sql });
    try {
      const result = await runs.run(own, readerInputs({}));
      expectFailure(result, /^reading TABLE DATA public\.torn failed: 22P03/);
      await expectNothingLeft(runs, own);
    } finally {
      await dropDatabase(runs.postgres, own);
    }
  });

  test('a backup by many readers through a pooler says that it is one', async () => {
    const pooler = await startPgbouncer(runs.postgres);
    try {
      const result = await runs.run(database, { ...readerInputs({}), 'source-port': String(pooler.port) });
      expectFailure(result, /./, /pooler/);
      await expectNothingLeft(runs, database);
    } finally {
      await pooler.stop();
    }
  });

  test('a backup takes fewer readers when its role may have few connections, and says so', async () => {
    const role = await createRole(runs.postgres, { attributes: 'IN ROLE pg_read_all_data CONNECTION LIMIT 6' });
    const trial = { login: role, with: { 'dump-jobs': '64' } };
    const result = await runs.succeed(database, readerInputs(trial));
    expect(result.stdout).toMatch(/dump-jobs/);
    const ours = joinedArchive(await runs.bucket.get(`${database}/one.dump`));
    expect(ours.blocks).toEqual(joinedArchive(await backUpByReaders(runs, database)).blocks);
  });

  test('a backup takes fewer readers when the server has few connections for anybody, and says so', async () => {
    const server = await startPostgres({ settings: { max_connections: '10' } });
    const small = await BackupRuns.create(server);
    try {
      const own = await createDatabase(server, { sql: 'CREATE TABLE t AS SELECT g FROM generate_series(1, 1000) g' });
      const result = await small.succeed(own, readerInputs({ with: { 'dump-jobs': '64' } }));
      expect(result.annotations).toEqual([
        expect.objectContaining({
          level: 'warning',
          message: expect.stringMatching(
            /^[1-8] readers?: the server has \d+ sessions left, and `dump-jobs: 64` needs 66/,
          ),
        }),
      ]);
    } finally {
      small.close();
      await server.stop();
    }
  });
});
