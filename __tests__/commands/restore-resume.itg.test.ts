import { describe, expect, test } from '@jest/globals';
import { createRole, dumpText, quoteIdentifier } from '../helpers/databases.js';
import { waitForLine, type ActionHandle } from '../helpers/run-action.js';
import { childrenOf, expectFailure } from './backup-runs.js';
import { runs, useGatedRuns } from './gated-runs.js';
import { GATES, hold, waiting } from './restore-gates.js';
import { ended, succeeded, type Inputs } from './restore-runs.js';
import { finishRestore, stopRestore, type Stopped } from './stopped-restore.js';
import { few } from '../helpers/depth.js';

useGatedRuns();

const stopAt = (sql: string, inputs: Inputs = {}): Promise<Stopped> => stopRestore(runs, sql, inputs);

/** The newest group of the log. */
function groupOf({ lines }: ActionHandle): string | undefined {
  return lines.findLast((line) => line.startsWith('::group::'))?.slice('::group::'.length);
}

/** The process that serves the worker: the control session's is older. */
async function childOf({ handle }: Stopped, name: string): Promise<number> {
  const children = (await childrenOf(handle.pid)).filter((child) => child.name === name);
  const pid = children.at(-1)?.pid;
  if (pid === undefined) throw new Error(`the action runs no ${name}`);
  return pid;
}

async function killed(handle: ActionHandle): Promise<void> {
  handle.kill('SIGKILL');
  expect(await handle.done).toMatchObject({ exitCode: null, signal: 'SIGKILL' });
}

describe('a restore whose action was killed', () => {
  test.each(
    few([0, 2, 3], [
      ['schema', 'Phase schema', 0],
      ['indexes', 'Phase indexes', 1],
      ['data', 'Phase data', 2],
      ['constraints', 'Phase constraints', 3],
      ['analyze', 'ANALYZE', 4],
    ] as const),
  )('a restore killed in %s goes on and ends the sessions left', async (place, group, finishedPhases) => {
    const stopped = await stopAt(GATES[place], { 'restore-jobs': '2' });
    expect(groupOf(stopped.handle)).toBe(group);
    await killed(stopped.handle);

    const again = await runs.start(stopped.target, { 'restore-jobs': '2' });
    await waitForLine(again, /ending \d+ sessions? that an earlier run left behind/);
    await stopped.gate.release();
    const { outputs } = await succeeded(again);
    expect(outputs['resumed']).toBe('true');
    const phases = JSON.parse(outputs['phases'] ?? '') as { name: string; status: string; units: number }[];
    expect(phases.map(({ name, status }) => `${name} ${status}`)).toEqual(
      ['schema', 'indexes', 'data', 'constraints'].map((name) => `${name} success`),
    );
    // What was finished is not done again.
    expect(phases.slice(0, finishedPhases).map(({ units }) => units)).toEqual(Array(finishedPhases).fill(0));
    await runs.expectRestored(stopped.target);
  });

  test('a restore killed in data goes on where the login takes another role', async () => {
    const team = await createRole(runs.server);
    const target = await runs.emptyTarget('', team);
    const [login, role] = [runs.owner.user, team.user].map(quoteIdentifier);
    const sql = `GRANT ${role} TO ${login}; ALTER ROLE ${login} IN DATABASE ${target} SET role = ${role}`;
    await runs.server.psql('postgres', sql);
    const gate = await hold(runs.server, target, GATES.data);
    const handle = await runs.start(target);
    await waiting(runs.server, target);
    await killed(handle);

    const again = await runs.start(target);
    await waitForLine(again, /ending \d+ sessions? that an earlier run left behind/);
    await gate.release();
    expect((await succeeded(again)).outputs['resumed']).toBe('true');
    const rows = 'SELECT count(*), count(DISTINCT id), (SELECT count(*) FROM app.no_key) FROM app.big';
    expect(await runs.server.psql(target, rows)).toBe('3000|3000|2000');
  });

  test('a restore killed in data goes on with its role-map alone, which need not be said again', async () => {
    const [mine, other] = [await createRole(runs.server), await createRole(runs.server)];
    const { user } = runs.owner;
    await runs.server.psql(
      'postgres',
      `GRANT ${[mine, other].map((role) => quoteIdentifier(role.user)).join(', ')} TO ${quoteIdentifier(user)}`,
    );
    const keep = { 'keep-owner': 'true' };
    const stopped = await stopAt(GATES.data, { ...keep, 'role-map': `${user}=${mine.user}` });
    await killed(stopped.handle);
    const { target } = stopped;
    const seen = () =>
      runs.server.psql(target, 'SELECT array_agg(j ORDER BY j.unit) FROM phaselift_journal.finished j');
    const before = await seen();
    expectFailure(
      await runs.run(target, { ...keep, 'role-map': `${user}=${other.user}` }),
      new RegExp(`holds an unfinished restore that was begun with the role-map ${user}=${mine.user}$`),
      /Leave role-map out to go on with that one, or drop and create the target/,
    );
    expect(await seen()).toBe(before);

    await stopped.gate.release();
    expect((await runs.succeed(target, keep)).outputs['resumed']).toBe('true');
    const dump = async (name: string) => dumpText(runs.server, name, { sortRows: true });
    expect((await dump(target)).replaceAll(mine.user, user)).toBe(await dump(runs.source));
  });

  test('a restore killed in verify goes on when it is run again', async () => {
    const stopped = await stopAt(GATES.analyze);
    const verification = await hold(runs.server, stopped.target, 'ALTER SEQUENCE app.counter OWNER TO CURRENT_USER');
    await stopped.gate.release();
    await waitForLine(stopped.handle, /^::group::Verification/);
    await waiting(runs.server, stopped.target);
    await killed(stopped.handle);
    await finishRestore(runs, { ...stopped, gate: verification });
  });

  test('a restore killed in a table without a key goes on, and doubles no row', async () => {
    const stopped = await stopAt(GATES.dataWithoutKey);
    await killed(stopped.handle);
    await finishRestore(runs, stopped, { verify: 'full' });
    expect(await runs.server.psql(stopped.target, 'SELECT count(*), count(DISTINCT big_id) FROM app.no_key')).toBe(
      '2000|2000',
    );
  });
});

describe('a tool or session that dies in the middle of the data, where nothing is tried again', () => {
  const ONCE = { 'retry-minutes': '0' };

  test('a restore goes on after its psql dies in the middle of the data', async () => {
    const stopped = await stopAt(GATES.data, ONCE);
    process.kill(await childOf(stopped, 'psql'), 'SIGKILL');
    const result = await ended(stopped.handle);
    expectFailure(result, /TABLE DATA app\.big: psql failed \(killed by SIGKILL\)/, /./);
    expect(result.outputs['phases']).toMatch(/"data","status":"failed"/);
    await finishRestore(runs, stopped);
  });

  test('a restore goes on after its pg_restore dies in the middle of the data', async () => {
    // Rows of COPY need none.
    const inserts = { 'backup-name': 'inserts' };
    await runs.backUp('inserts', { 'dump-options': '--inserts' });
    const stopped = await stopAt(GATES.data, { ...ONCE, ...inserts });
    process.kill(await childOf(stopped, 'pg_restore'), 'SIGKILL');
    await stopped.gate.release();
    const result = await ended(stopped.handle);
    expectFailure(result, /TABLE DATA app\.big: pg_restore failed \(killed by SIGKILL\)/, /./);
    expect(await runs.server.psql(stopped.target, 'SELECT count(*) FROM app.big')).toBe('0');
    await finishRestore(runs, stopped, inserts);
  });

  test('a restore goes on after its session in the server dies in the middle of the data', async () => {
    const stopped = await stopAt(GATES.data, ONCE);
    await runs.server.psql('postgres', `SELECT pg_terminate_backend(${stopped.session})`);
    const result = await ended(stopped.handle);
    expectFailure(
      result,
      /TABLE DATA app\.big: psql failed .*(terminating connection|closed the connection)/,
      /load balancers/,
    );
    await finishRestore(runs, stopped);
  });
});

describe('a cancelled run', () => {
  test.each(['SIGINT', 'SIGTERM'] as const)(
    'a restore cancelled by %s ends its sessions, says so, and can be run again',
    async (signal) => {
      const stopped = await stopAt(GATES.data, { 'restore-jobs': '2' });
      stopped.handle.kill(signal);
      const result = await ended(stopped.handle);
      expect(result).toMatchObject({ exitCode: 1, signal: null });
      expect(result.annotations.map(({ message }) => message)).toEqual([
        expect.stringMatching(/^the run was cancelled\n.*run it again/),
      ]);
      expect(result.summary).toMatch(/cancelled/i);
      expect(result.outputs['phases']).toMatch(/"data","status":"cancelled"/);
      expect(await runs.sessionsIn(stopped.target)).toBe('');
      await finishRestore(runs, stopped);
    },
  );
});
