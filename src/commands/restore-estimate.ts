import type { FinishedUnit } from '../engine/journal-format.js';
import { plural } from '../foundation/format.js';
import { isChain, phaseOfStage, PHASES, type Phase } from '../plan/stage.js';
import type { Unit } from '../plan/unit.js';
import type { PlannedPhase, PlannedUnit, TimeEstimate } from '../report/run-plan.js';

/** What is left to do of a restore, and how long it may take by the units that are finished. Pure. */

/** What is left in each phase; `jobs` is how many workers there are. */
export function plannedPhases(units: readonly Unit[], finished: readonly FinishedUnit[], jobs: number): PlannedPhase[] {
  const secondsOf = new Map(finished.map(({ unit, seconds }) => [unit, seconds]));
  return PHASES.map((phase) => {
    const all = units.filter(({ stage }) => phaseOfStage(stage) === phase);
    const left = all.filter(({ id }) => !secondsOf.has(id));
    const done = all.filter(({ id }) => secondsOf.has(id));
    return {
      phase,
      units: left.length,
      unitsFinished: done.length,
      bytes: phase === 'data' ? weightOf(left) : null,
      seconds: secondsLeft(left, done, secondsOf, jobs),
    };
  });
}

/** Units that are not finished, in the order of the plan. */
export function plannedUnits(units: readonly Unit[], finished: readonly FinishedUnit[]): PlannedUnit[] {
  const done = new Set(finished.map(({ unit }) => unit));
  return units
    .filter(({ id }) => !done.has(id))
    .map(({ id, stage, title, weightBytes }) => {
      const phase = phaseOfStage(stage);
      return { id, phase, title, bytes: phase === 'data' ? weightBytes : null };
    });
}

/** Of the whole restore: known when that of each phase is. */
export function restoreTime(phases: readonly PlannedPhase[]): TimeEstimate {
  const finished = phases.reduce((sum, { unitsFinished }) => sum + unitsFinished, 0);
  if (finished === 0) return { seconds: null, basis: 'no earlier run to estimate by' };
  const unknown = phases.filter(({ seconds }) => seconds === null).map(({ phase }) => phase);
  if (unknown.length > 0) return { seconds: null, basis: `${phaseNames(unknown)} not begun yet` };
  const seconds = phases.reduce((sum, phase) => sum + (phase.seconds ?? 0), 0);
  return {
    seconds: Math.round(seconds * 10) / 10,
    basis: `by ${plural(finished, 'finished unit')}, without ANALYZE and verification`,
  };
}

function phaseNames(phases: readonly Phase[]): string {
  const [only, ...more] = phases;
  return more.length === 0 ? `the phase ${only ?? ''} has` : `the phases ${phases.join(', ')} have`;
}

/** By the bytes that the finished units were worth, or by their number where none of them has any; null without a rate. */
function secondsLeft(
  left: readonly Unit[],
  done: readonly Unit[],
  secondsOf: ReadonlyMap<string, number>,
  jobs: number,
): number | null {
  if (left.length === 0) return 0;
  const [bytesLeft, bytesDone] = [weightOf(left), weightOf(done)];
  // Units that read tables tell nothing by those that do not.
  if (done.length === 0 || (bytesDone === 0 && bytesLeft > 0)) return null;
  const seconds = done.reduce((sum, { id }) => sum + (secondsOf.get(id) ?? 0), 0);
  const share = bytesDone > 0 ? bytesLeft / bytesDone : left.length / done.length;
  const workers = left.every(({ stage }) => isChain(stage)) ? 1 : Math.min(jobs, left.length);
  return Math.round((10 * seconds * share) / workers) / 10;
}

function weightOf(units: readonly Unit[]): number {
  return units.reduce((sum, { weightBytes }) => sum + weightBytes, 0);
}
