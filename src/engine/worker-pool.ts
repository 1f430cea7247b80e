import { PhaseliftError } from '../foundation/errors.js';
import type { Unit } from '../plan/unit.js';
import { Scheduler, type Finished } from './scheduler.js';

/** What keeps a unit from being begun. */
export interface RunLimits {
  /** Whether it would end in the time that is left. */
  fits?: (unit: Unit) => boolean;
  /** Bytes of temporary files that units may write side by side. */
  tempBudget?: number;
}

/** How the units of a stage are worked on. */
export interface Work<Worker> {
  run: (unit: Unit, worker: Worker) => Promise<void>;
  /** Told whenever a unit has been taken: those that will probably be next, at most one for each worker. */
  soon?: (units: readonly Unit[]) => void;
}

/**
 * Runs the units of one stage, one unit at a time on each worker. After the first failure nothing new starts; what is at
 * work finishes its transaction, so that it need not be done again, and then the failure is thrown.
 *
 * Where what could start does not fit into the time that is left, it ends in order: then the answer is false.
 *
 * This is no pool that takes one item after the other (p-map elsewhere): which unit may start next depends on which have
 * ended, so a worker may have to sleep although units are left.
 */
export async function runUnits<Worker>(
  units: readonly Unit[],
  finished: Finished,
  workers: readonly Worker[],
  { run, soon = () => undefined }: Work<Worker>,
  signal: AbortSignal,
  { fits = () => true, tempBudget }: RunLimits = {},
): Promise<boolean> {
  const scheduler = new Scheduler(units, finished, tempBudget);
  const sleepers: (() => void)[] = [];
  let failed = false;
  let isOutOfTime = false;
  const isWanted = (unit: Unit): boolean => {
    const isInTime = fits(unit);
    isOutOfTime ||= !isInTime;
    return isInTime;
  };

  const work = async (worker: Worker): Promise<void> => {
    while (!failed && !scheduler.isEmpty) {
      const unit = scheduler.next(isWanted);
      if (unit !== null) {
        soon(scheduler.upcoming(workers.length));
        await run(unit, worker);
        scheduler.finish(unit);
        for (const wake of sleepers.splice(0)) wake();
      } else if (isOutOfTime) {
        return;
      } else if (scheduler.isIdle) {
        throw new PhaseliftError('INTERNAL', 'units of the plan wait for each other in a circle');
      } else {
        await new Promise<void>((resolve) => sleepers.push(resolve));
      }
    }
  };

  const failures: unknown[] = [];
  await Promise.all(
    workers.map((worker) =>
      work(worker).catch((error: unknown) => {
        failed = true;
        failures.push(error);
        for (const wake of sleepers.splice(0)) wake();
      }),
    ),
  );
  signal.throwIfAborted();
  if (failures.length > 0) throw failures[0];
  return scheduler.isEmpty;
}
