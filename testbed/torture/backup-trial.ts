import type { BackupLine } from '../../src/report/run-report.js';
import type { Random } from '../random.js';
import type { ActionResult } from '../runner.js';
import { endOf, SOURCE, type Bench, type Inputs } from './bench.js';
import { DisturbedRun } from './disturbed-run.js';
import type { Fault } from './fault.js';
import { planOf } from './plan.js';
import { begunTrial, type TrialResult } from './trial.js';

const MOST_RUNS = 8;

/**
 * Backs up with faults as the seed says, each run followed by its post step, and again until one succeeds. What a list shows as complete
 * then has to pass a verification, and to give back the source. (But for the unlogged table, which crashes of the server have emptied there.)
 */
export async function backupTrial(bench: Bench, seed: number, kinds: readonly Fault[]): Promise<TrialResult> {
  const result = begunTrial(seed, 'backup');
  const plan = planOf(seed, kinds, bench.usualMs.backup);
  const name = `disturbed-${seed}`;
  const how = { ...drawnInputs(plan.random), 'backup-name': name };
  const startedAt = performance.now();
  for (let last: ActionResult | null = null; last?.exitCode !== 0;) {
    if (result.runs === MOST_RUNS) {
      result.losses = [`it does not succeed in ${MOST_RUNS} runs: ${endOf(last)}`];
      break;
    }
    // A run that was cut off when its backup was complete has left one.
    const inputs: Inputs = result.runs === 0 ? how : { ...how, force: 'true' };
    result.runs++;
    const handle = await bench.start('backup', inputs);
    const run = new DisturbedRun(bench.victim(handle, SOURCE), plan, () => Promise.resolve(false));
    last = await handle.done;
    result.strikes.push(...(await run.strikes()));
    if (last.signal === null && last.leftFiles.length > 0)
      result.losses.push(`it left files: ${last.leftFiles.join(', ')}`);
    const post = await bench.post(last, inputs);
    if (post.exitCode !== 0) result.losses.push(`the post step failed: ${endOf(post)}`);
    result.losses.push(...(await untrue(bench, name, last)));
  }
  result.ms = performance.now() - startedAt;
  if (result.losses.length === 0) result.losses = await restored(bench, name, `from_${seed}`);
  result.losses.push(...(await bench.sessionsLeft()).map((session) => `a session is left: ${session}`));
  const uploads = await bench.uploadsLeft();
  if (uploads.length > 0) result.notes.push(`${uploads.length} unfinished uploads are left for a prune`);
  return result;
}

/** What is wrong with what a list shows after a run: complete is what verifies, and a run that succeeded has made one. */
async function untrue(bench: Bench, name: string, { exitCode }: ActionResult): Promise<string[]> {
  const list = await bench.undisturbed('list', {});
  const lines = JSON.parse(list.outputs['backups'] ?? '[]') as BackupLine[];
  const state = lines.find((line) => line.name === name)?.state;
  if (state !== 'complete') return exitCode === 0 ? [`its run succeeded, and a list shows it as ${String(state)}`] : [];
  const verified = await bench.undisturbed('verify', { 'backup-name': name });
  return verified.exitCode === 0 ? [] : [`a list shows it as complete, and it does not verify: ${endOf(verified)}`];
}

async function restored(bench: Bench, name: string, target: string): Promise<string[]> {
  const restore = await bench.undisturbed('restore', { 'backup-name': name, 'target-database': target });
  const losses =
    restore.exitCode === 0 ? await bench.differences(target, true) : [`it is not restored: ${endOf(restore)}`];
  await bench.drop(target);
  return losses;
}

function drawnInputs(random: Random): Inputs {
  return {
    'dump-jobs': random.pick(['1', '3']) ?? '1',
    'dump-compress': random.pick(['0', '1']) ?? '0',
    's3-chunk-size': '5MB',
  };
}
