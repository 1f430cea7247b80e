import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, test } from '@jest/globals';
import type { ActionHandle } from '../helpers/run-action.js';
import { waitForLine } from '../helpers/run-action.js';
import { expectFailure } from './backup-runs.js';
import { runs, useGatedRuns } from './gated-runs.js';
import { GATES } from './restore-gates.js';
import { ended, succeeded, type Inputs } from './restore-runs.js';
import { stopRestore } from './stopped-restore.js';
import { deepTest, few } from '../helpers/depth.js';

/** Two runs that want the same target, and runs that lose the session that holds their lock. */

useGatedRuns();

const paused = new Set<ActionHandle>();

afterEach(async () => {
  for (const handle of paused) {
    handle.kill('SIGCONT');
    handle.kill('SIGKILL');
    await handle.done;
  }
  paused.clear();
});

/** Starts a restore into a database that does not exist, and stops the run as soon as it has made that. */
async function pausedAfterCreation(inputs: Inputs = {}): Promise<{ target: string; first: ActionHandle }> {
  const target = runs.missingTarget();
  const { server } = runs;
  const watch = `DO $$ BEGIN WHILE NOT EXISTS (SELECT FROM pg_database WHERE datname = '${target}') LOOP PERFORM pg_sleep(0.001); END LOOP; END $$`;
  const psql = spawn(join(server.programs, 'psql'), ['-Xq', '-c', watch], {
    env: { ...process.env, ...server.environment('postgres') },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const made = once(psql, 'exit');
  const first = await runs.start(target, inputs);
  await made;
  first.kill('SIGSTOP');
  paused.add(first);
  return { target, first };
}

async function goOn(first: ActionHandle): ReturnType<typeof ended> {
  first.kill('SIGCONT');
  const result = await ended(first);
  paused.delete(first);
  return result;
}

describe('a database that one restore has made and another one has used since', () => {
  test.each<[string, Inputs]>(
    few(
      [0],
      [
        ['with checks', {}],
        ['without checks', { 'skip-checks': 'true' }],
      ],
    ),
  )('a database that another restore has used %s stays, and the first restore fails', async (_what, inputs) => {
    const { target, first } = await pausedAfterCreation(inputs);
    await runs.succeed(target);
    const result = await goOn(first);
    expectFailure(
      result,
      new RegExp(`another run has restored into the target database ${target}`),
      /That restore stays/,
    );
    await runs.expectRestored(target);
  });

  test('a database in which another restore is at work is refused to the one that made it', async () => {
    const { target, first } = await pausedAfterCreation();
    const second = await runs.start(target);
    await waitForLine(second, /Phase schema/);
    const result = await goOn(first);
    expect(result.exitCode).toBe(1);
    await succeeded(second);
    await runs.expectRestored(target);
    expect(result.annotations[0]?.message).toMatch(/another (run|restore)/);
  });

  test('a database whose other restore was killed is finished by the one that made it', async () => {
    const { target, first } = await pausedAfterCreation();
    const second = await runs.start(target);
    await waitForLine(second, /Phase (indexes|data)/);
    second.kill('SIGKILL');
    await second.done;
    const result = await goOn(first);
    expect(result.outputs['resumed']).toBe('true');
    expect(result.exitCode).toBe(0);
    await runs.expectRestored(target);
  });

  test('a database that was used by hand keeps what is in it', async () => {
    const { target, first } = await pausedAfterCreation();
    await runs.server.psql(target, 'CREATE TABLE mine (a int)');
    expectFailure(await goOn(first), /is not empty.*table public\.mine/, /drop and create/);
    expect(await runs.server.psql(target, 'SELECT count(*) FROM mine')).toBe('0');
  });
});

describe('a database that a restore has made', () => {
  test('a new database shows no sign of its restore when that is done, nor while it works', async () => {
    const target = runs.missingTarget();
    await runs.succeed(target);
    const limit = `SELECT datconnlimit FROM pg_database WHERE datname = '${target}'`;
    expect(await runs.server.psql('postgres', limit)).toBe('-1');
  });

  deepTest('a new database whose restore was killed right after can be restored into', async () => {
    const { target, first } = await pausedAfterCreation();
    first.kill('SIGKILL');
    first.kill('SIGCONT');
    await first.done;
    paused.delete(first);
    await runs.succeed(target);
    const limit = `SELECT datconnlimit FROM pg_database WHERE datname = '${target}'`;
    expect(await runs.server.psql('postgres', limit)).toBe('-1');
    await runs.expectRestored(target);
  });

  test('a new database is made once when ten runs want it: one restores, nine say why not or that it is done', async () => {
    const target = runs.missingTarget();
    const handles = await Promise.all(Array.from({ length: 10 }, () => runs.start(target)));
    const results = await Promise.all(handles.map((handle) => ended(handle)));
    const failed = results.filter(({ exitCode }) => exitCode !== 0);
    // Whoever comes when the restore is through finds nothing to do.
    const late = results.filter(({ stdout }) => stdout.includes('the target holds this backup already'));
    expect(failed.length + late.length).toBe(9);
    expect(late.map(({ exitCode, outputs }) => [exitCode, outputs['phases']])).toEqual(late.map(() => [0, '[]']));
    for (const { annotations } of failed) {
      expect(annotations[0]?.message).toMatch(/another (run|restore)|is not empty|ending connections/);
    }
    await runs.expectRestored(target);
  });
});

describe('a restore whose control session ends, where nothing is tried again', () => {
  const ONCE = { 'retry-minutes': '0' };

  async function endControl(target: string): Promise<void> {
    const sql = `SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
      WHERE datname = '${target}' AND application_name LIKE 'phaselift control%'`;
    expect(await runs.server.psql('postgres', sql)).toBe('1');
  }

  test.each(few([0], ['data', 'constraints'] as const))(
    'a restore without its session commits no more in %s',
    async (phase) => {
      const { target, handle, gate } = await stopRestore(runs, GATES[phase], ONCE);
      const finished = 'SELECT count(*) FROM phaselift_journal.finished';
      const before = await runs.server.psql(target, finished);
      await endControl(target);
      await gate.release();
      const result = await ended(handle);
      expectFailure(result, /the session that holds the lock of this restore was lost/, /goes on from the last commit/);
      expect(await runs.server.psql(target, finished)).toBe(before);
      const again = await runs.succeed(target);
      expect(again.outputs['resumed']).toBe('true');
      await runs.expectRestored(target);
    },
  );

  test('a restore without its session in ANALYZE leaves its journal for the next', async () => {
    const { target, handle, gate } = await stopRestore(runs, GATES.analyze, ONCE);
    await endControl(target);
    await gate.release();
    expectFailure(
      await ended(handle),
      /the session that holds the lock of this restore was lost/,
      /Run the restore again/,
    );
    expect(await runs.server.psql(target, "SELECT to_regnamespace('phaselift_journal') IS NOT NULL")).toBe('t');
    await runs.succeed(target);
    await runs.expectRestored(target);
  });

  test('a restore notices the loss of its session though nothing is committed for a while', async () => {
    const { target, handle, gate } = await stopRestore(runs, GATES.data, ONCE);
    await endControl(target);
    // The gate stays shut: only the heartbeat can tell.
    expectFailure(
      await ended(handle),
      /the session that holds the lock of this restore was lost/,
      /Run the restore again/,
    );
    await gate.release();
    await runs.succeed(target);
    await runs.expectRestored(target);
  });

  deepTest('a restore without its session ends when the next one takes the lock', async () => {
    const { target, handle, gate } = await stopRestore(runs, GATES.dataWithoutKey, ONCE);
    handle.kill('SIGSTOP');
    paused.add(handle);
    await endControl(target);
    const second = await runs.start(target);
    await waitForLine(second, /units are finished/);
    await gate.release();
    const [late, next] = [await goOn(handle), await succeeded(second)];
    expect(late.exitCode).toBe(1);
    expect(next.outputs['resumed']).toBe('true');
    await sleep(100);
    await runs.expectRestored(target);
  });
});
