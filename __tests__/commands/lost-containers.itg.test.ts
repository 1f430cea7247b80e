import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { runProgram } from '../../testbed/run-program.js';
import { until } from '../postgres/toolbox/processes.js';
import { runtimeEnv, startRuntimes } from '../postgres/toolbox/runtimes.js';
import type { Inputs } from './managed-runs.js';
import { GATED_SOURCE, GATES, hold, releaseAll, waiting, type Held } from './restore-gates.js';
import { RestoreRuns } from './restore-runs.js';
import type { ActionHandle } from '../helpers/run-action.js';

/** Restores by tools in a container that is not ours: nothing of them stays in it, and it may go away in the middle. */

const runtimes = await startRuntimes();
let runs: RestoreRuns;

beforeAll(async () => {
  runs = await RestoreRuns.create(GATED_SOURCE);
  await runs.backUp();
});

afterEach(releaseAll);

afterAll(async () => {
  await runs.close();
  await runtimes.stop();
});

for (const runtime of runtimes.all) {
  if ('missing' in runtime) {
    test.skip(`${runtime.name}: ${runtime.missing.replaceAll('\n', ' ')}`, () => undefined);
    continue;
  }
  const { name, image } = runtime;

  async function startContainer(): Promise<{ id: string; inputs: Inputs }> {
    const sleeping = ['run', '-d', '--rm', '--network', 'host', '--entrypoint', 'sleep', image, '600'];
    const id = (await runProgram(name, sleeping)).trim();
    const inputs = { 'container-runtime': name, 'pg-client': 'container', 'pg-container': id, 'retry-minutes': '0' };
    return { id, inputs };
  }

  /** A restore whose tools are in this container, and that has come to the middle of the rows. */
  async function halfWay(inputs: Inputs): Promise<{ target: string; handle: ActionHandle; gate: Held }> {
    const target = await runs.emptyTarget();
    const gate = await hold(runs.server, target, GATES.data);
    const handle = await runs.start(target, inputs, runtimeEnv());
    await waiting(runs.server, target);
    return { target, handle, gate };
  }

  test.each(['SIGTERM', 'SIGKILL'] as const)(`nothing stays in a container of ${name} after %s`, async (signal) => {
    const { id, inputs } = await startContainer();
    try {
      const { target, handle, gate } = await halfWay(inputs);
      expect(await runProgram(name, ['top', id])).toMatch(/psql/);
      handle.kill(signal);
      await handle.done;
      await gate.release();
      await until(async () => (await runs.sessionsIn(target)) === '');
      await until(async () => !/psql|pg_restore|pg_dump/.test(await runProgram(name, ['top', id])));
      // The container is somebody else's, and still there.
      const { outputs } = await runs.succeed(target, inputs, runtimeEnv());
      expect(outputs['resumed']).toBe('true');
      await runs.expectRestored(target);
    } finally {
      await runProgram(name, ['rm', '-f', id]);
    }
  });

  test(`a restore whose container of ${name} goes away says so, and goes on in another`, async () => {
    const first = await startContainer();
    const { target, handle, gate } = await halfWay(first.inputs);
    await runProgram(name, ['kill', first.id]);
    const lost = await handle.done;
    await gate.release();
    expect(lost.exitCode).toBe(1);
    const [error] = lost.annotations.filter(({ level }) => level === 'error');
    expect(error?.message).toMatch(/^.*the container \w+ is not running any more\n.*pg-container/);
    const refused = await runs.run(target, first.inputs, runtimeEnv());
    expect(refused.annotations.at(-1)?.message).toMatch(/^no usable PostgreSQL tools: container: \w+: /);
    const second = await startContainer();
    try {
      const { outputs } = await runs.succeed(target, second.inputs, runtimeEnv());
      expect(outputs['resumed']).toBe('true');
      await runs.expectRestored(target);
    } finally {
      await runProgram(name, ['rm', '-f', second.id]);
    }
  });
}
