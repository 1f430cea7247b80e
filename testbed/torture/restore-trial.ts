import type { Random } from '../random.js';
import type { ActionResult } from '../runner.js';
import { BACKUP, endOf, type Bench, type Inputs } from './bench.js';
import { DisturbedRun } from './disturbed-run.js';
import { type Fault } from './fault.js';
import { planOf } from './plan.js';
import { begunTrial, type TrialResult } from './trial.js';

const MOST_RUNS = 8;
const STRATEGIES = ['empty', 'empty-keys-last', 'after-data', 'auto'];

/** Restores with faults as the seed says, runs the action again until it succeeds, and compares. */
export async function restoreTrial(
  bench: Bench,
  seed: number,
  kinds: readonly Fault[],
  inputs?: Inputs,
): Promise<TrialResult> {
  const result = begunTrial(seed, 'restore');
  const plan = planOf(seed, kinds, bench.usualMs.restore);
  const target = `disturbed_${seed}`;
  const how = { ...(inputs ?? drawnInputs(plan.random)), 'backup-name': BACKUP, 'target-database': target };
  const startedAt = performance.now();
  let isUnloggedLost = false;
  for (let last: ActionResult | null = null; last?.exitCode !== 0;) {
    if (result.runs === MOST_RUNS) {
      result.losses = [`it does not succeed in ${MOST_RUNS} runs: ${endOf(last)}`];
      break;
    }
    result.runs++;
    const handle = await bench.start('restore', how);
    const run = new DisturbedRun(bench.victim(handle, target), plan, () => isThrough(bench, target));
    last = await handle.done;
    result.strikes.push(...(await run.strikes()));
    if (last.signal === null && last.leftFiles.length > 0)
      result.losses.push(`it left files: ${last.leftFiles.join(', ')}`);
    isUnloggedLost ||= run.hitAfterEnd;
    // What a crash has emptied when all was done is no restore of this backup any more, and is refused rightly.
    if (isUnloggedLost && /has 0 of \d+ rows/.test(endOf(last))) break;
  }
  result.ms = performance.now() - startedAt;
  if (isUnloggedLost) result.notes.push('but for the unlogged table, which the crash after the end has emptied');
  if (result.losses.length === 0) result.losses = await bench.differences(target, isUnloggedLost);
  result.losses.push(...(await bench.sessionsLeft()).map((session) => `a session is left: ${session}`));
  await bench.drop(target);
  return result;
}

function drawnInputs(random: Random): Inputs {
  return {
    'restore-jobs': String(1 + random.below(4)),
    'index-strategy': random.pick(STRATEGIES) ?? 'empty',
    verify: random.pick(['true', 'full']) ?? 'true',
  };
}

/** The restore has made all, and its journal is gone. */
async function isThrough({ server }: Bench, target: string): Promise<boolean> {
  const exists = await server.psql('postgres', `SELECT count(*) FROM pg_database WHERE datname = '${target}'`);
  if (exists === '0') return false;
  const sql = "SELECT to_regnamespace('shop') IS NOT NULL AND to_regnamespace('phaselift_journal') IS NULL";
  return (await server.psql(target, sql)) === 't';
}
