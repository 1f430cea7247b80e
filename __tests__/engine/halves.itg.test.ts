import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Login } from '../../testbed/database-server.js';
import { startPostgres, type PostgresServer } from '../../testbed/postgres.js';
import { createDatabase, createRole } from '../helpers/databases.js';
import { backUp, expectSameDump, expectSuccess, type BackupTrial } from './backup-trial.js';

/**
 * A server whose lock table is full but for some places: a session of the test has all others. That is less than the plan
 * counts on, which goes by the server's settings.
 */

const TABLES = 60;
/** Enough for looking at the target, and too little for units of so many tables. */
const ROOM = 100;
const SQL = Array.from(
  { length: TABLES },
  (_one, n) =>
    `CREATE TABLE t${n} (id int PRIMARY KEY, note text); INSERT INTO t${n} SELECT i, 'note' FROM generate_series(1, ${n + 1}) i;`,
).join('\n');
/** The checks try out more than there is room for. */
const SCARCE = { 'skip-checks': 'true', 'retry-minutes': '2' };
/** Takes all that there are, in a session that outlives its error. */
const FILL = `DO $$ BEGIN FOR i IN 1 .. 1000000 LOOP PERFORM pg_advisory_lock(i); END LOOP; END $$;`;

let server: PostgresServer;
let owner: Login;
let trial: BackupTrial;
let hoarder: ChildProcessWithoutNullStreams;

/** Has the hoarder run SQL, and waits until it has. */
async function hoard(sql: string): Promise<void> {
  const lines = createInterface({ input: hoarder.stdout });
  hoarder.stdin.write(`${sql}\n\\echo done\n`);
  for await (const line of lines) if (line === 'done') return;
}

/** Leaves so many places of the lock table free. */
async function leave(places: number): Promise<void> {
  await hoard(
    `SELECT pg_advisory_unlock_all();\n${FILL}\nSELECT count(pg_advisory_unlock(i)) FROM generate_series(1, ${places}) i;`,
  );
}

beforeAll(async () => {
  server = await startPostgres({
    settings: { max_locks_per_transaction: '64', max_connections: '20', autovacuum: 'off' },
  });
  owner = await createRole(server, { attributes: 'CREATEDB' });
  trial = await backUp(server, await createDatabase(server, { sql: SQL, owner }), owner);
  hoarder = spawn(join(server.programs, 'psql'), ['-XqAt', '-f', '-'], {
    env: { ...process.env, ...server.environment('postgres') },
  });
});

afterAll(async () => {
  hoarder.stdin.end();
  await once(hoarder, 'exit');
  await server.stop();
});

test('units that the lock table has no room for are done in smaller parts', async () => {
  const name = await createDatabase(server, { owner });
  await leave(ROOM);
  const { handle } = await trial.start({ database: name, jobs: 2, with: SCARCE });
  const result = await handle.done;
  await hoard('SELECT pg_advisory_unlock_all();');
  expectSuccess(result);
  expect(result.stdout).toMatch(/TABLE public\.t\d+ and \d+ more: .*out of shared memory.*; doing it in smaller parts/);
  expect(result.stdout).toMatch(/failures? passed, and the work was done again: out of memory \(\d+\)/);
  await expectSameDump({ server, name: trial.database }, { server, name });
});

test('a restore that ended between the halves of a unit goes on with what is left', async () => {
  const name = await createDatabase(server, { owner });
  await leave(ROOM);
  const first = await trial.start({ database: name, with: SCARCE });
  const divided = new Promise<void>((resolve) => {
    first.handle.onLine((line) => {
      if (/doing it in smaller parts/.test(line)) resolve();
    });
  });
  await Promise.race([divided, first.handle.done]);
  const parts = `SELECT count(*) FROM phaselift_journal.plan p JOIN phaselift_journal.finished f USING (unit) WHERE p.unit LIKE '%/%/%'`;
  // There may be no room for this session either.
  const done = () => server.psql(name, parts).catch(() => '0');
  for (let wait = 0; wait < 1000 && (await done()) === '0'; wait++) await sleep(5);
  first.handle.kill('SIGKILL');
  await first.handle.done;
  await hoard('SELECT pg_advisory_unlock_all();');
  expect(Number(await server.psql(name, parts))).toBeGreaterThan(0);
  const again = await (await trial.start({ database: name, with: { verify: 'full' } })).handle.done;
  expectSuccess(again);
  expect(again.outputs['resumed']).toBe('true');
  await expectSameDump({ server, name: trial.database }, { server, name });
});
