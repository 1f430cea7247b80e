import { runAction, type ActionHandle, type ActionResult, type ActionStep } from '../../testbed/runner.js';

export { runAction } from '../../testbed/runner.js';
export type { ActionHandle, ActionResult, ActionStep } from '../../testbed/runner.js';

/** Runs one step to its end. */
export async function runActionToEnd(step: ActionStep): Promise<ActionResult> {
  return (await runAction(step)).done;
}

/**
 * The first line of the step's output that matches, as soon as it is there. Throws with the end of the output when the step
 * ends without such a line.
 */
export async function waitForLine(handle: ActionHandle, pattern: RegExp): Promise<string> {
  const seen = handle.lines.find((line) => pattern.test(line));
  if (seen !== undefined) return seen;
  return new Promise((resolve, reject) => {
    handle.onLine((line) => {
      if (pattern.test(line)) resolve(line);
    });
    handle.done.then(({ exitCode, lines, stderr }) => {
      const tail = [...lines.slice(-20), stderr.slice(-1000)].join('\n');
      reject(new Error(`the step ended (${String(exitCode)}) without a line like ${String(pattern)}:\n${tail}`));
    }, reject);
  });
}
