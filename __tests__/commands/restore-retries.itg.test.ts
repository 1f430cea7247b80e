import { describe, expect, test } from '@jest/globals';
import { waitForLine } from '../helpers/run-action.js';
import { childrenOf, expectFailure } from './backup-runs.js';
import { runs, useGatedRuns } from './gated-runs.js';
import { GATES, waiting } from './restore-gates.js';
import { ended, succeeded } from './restore-runs.js';
import { stopRestore, type Stopped } from './stopped-restore.js';
import { few } from '../helpers/depth.js';

useGatedRuns();

/** Opens the gate: the run that is at work goes on by itself, and nothing is lost or doubled. Returns its log and summary. */
async function expectGoesOn({ target, handle, gate }: Stopped): Promise<string> {
  await gate.release();
  const { lines, outputs, summary } = await succeeded(handle);
  expect(outputs['resumed']).toBe('false');
  await runs.expectRestored(target);
  return [...lines, summary].join('\n');
}

async function endControl(target: string): Promise<void> {
  const sql = `SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
    WHERE datname = '${target}' AND application_name LIKE 'phaselift control%'`;
  expect(await runs.server.psql('postgres', sql)).toBe('1');
}

describe('a restore that goes on by itself', () => {
  test.each(few([0, 2], ['schema', 'indexes', 'data', 'dataWithoutKey', 'constraints', 'analyze'] as const))(
    'a session that the server ends in %s is replaced, and its work done again',
    async (place) => {
      const stopped = await stopRestore(runs, GATES[place], { 'restore-jobs': '2' });
      await runs.server.psql('postgres', `SELECT pg_terminate_backend(${stopped.session})`);
      const told = await expectGoesOn(stopped);
      expect(told).toMatch(/; trying again in 0\.5 s$/m);
      expect(told).toMatch(/1 failure passed, and the work was done again: connection lost \(1\)/);
    },
  );

  test('a psql that is killed is replaced', async () => {
    const stopped = await stopRestore(runs, GATES.data);
    const psqls = (await childrenOf(stopped.handle.pid)).filter(({ name }) => name === 'psql');
    process.kill(psqls.at(-1)?.pid ?? 0, 'SIGKILL');
    expect(await expectGoesOn(stopped)).toMatch(/psql ended \(1\)/);
  });

  test.each(few([1], ['data', 'constraints', 'analyze'] as const))(
    'the lock is taken again when its session ends in %s',
    async (place) => {
      const stopped = await stopRestore(runs, GATES[place], { 'restore-jobs': '2' });
      await endControl(stopped.target);
      await expectGoesOn(stopped);
    },
  );

  test('all sessions may end at once', async () => {
    const stopped = await stopRestore(runs, GATES.data, { 'restore-jobs': '4' });
    const sql = `SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
      WHERE datname = '${stopped.target}' AND application_name LIKE 'phaselift%'`;
    expect(Number(await runs.server.psql('postgres', sql))).toBeGreaterThan(1);
    await expectGoesOn(stopped);
  });

  test('a restore whose lock another run has taken ends, and leaves the work to that', async () => {
    const stopped = await stopRestore(runs, GATES.data);
    stopped.handle.kill('SIGSTOP');
    await endControl(stopped.target);
    const second = await runs.start(stopped.target);
    // The second one has the lock, ends the first one's sessions, and waits at the gate.
    await waitForLine(second, /ending \d+ sessions? that an earlier run left behind/);
    await waitForLine(second, /Phase data/);
    await waiting(runs.server, stopped.target);
    stopped.handle.kill('SIGCONT');
    const first = await ended(stopped.handle);
    expectFailure(first, /another restore is at work in this database/);
    await stopped.gate.release();
    expect((await succeeded(second)).outputs['resumed']).toBe('true');
    await runs.expectRestored(stopped.target);
  });
});
