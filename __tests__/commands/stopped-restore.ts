import { expect } from '@jest/globals';
import type { ActionHandle, ActionResult } from '../helpers/run-action.js';
import { hold, waiting, type Held } from './restore-gates.js';
import type { Inputs, RestoreRuns } from './restore-runs.js';

/** A restore that has come to a gate and waits there. */
export interface Stopped {
  target: string;
  handle: ActionHandle;
  gate: Held;
  /** The session in the server that waits. */
  session: number;
}

/** Starts a restore into a new target, with one of the GATES closed, and waits until it is there. */
export async function stopRestore(runs: RestoreRuns, gateSql: string, inputs: Inputs = {}): Promise<Stopped> {
  const target = await runs.emptyTarget();
  const gate = await hold(runs.server, target, gateSql);
  const handle = await runs.start(target, inputs);
  return { target, handle, gate, session: await waiting(runs.server, target) };
}

/** Leaves a target whose restore was killed in the middle of the data of app.big. */
export async function unfinishedRestore(runs: RestoreRuns, gateSql: string, inputs: Inputs = {}): Promise<string> {
  const stopped = await stopRestore(runs, gateSql, inputs);
  stopped.handle.kill('SIGKILL');
  await stopped.handle.done;
  await stopped.gate.release();
  return stopped.target;
}

/** Runs the restore again, with the gate open: it goes on, and target and source are the same. */
export async function finishRestore(
  runs: RestoreRuns,
  { target, gate }: Pick<Stopped, 'target' | 'gate'>,
  inputs: Inputs = {},
): Promise<ActionResult> {
  await gate.release();
  const result = await runs.succeed(target, inputs);
  expect(result.outputs['resumed']).toBe('true');
  await runs.expectRestored(target);
  return result;
}
