import type { Unit } from '../plan/unit.js';

/**
 * Hands out the units of one stage: largest first among those whose dependencies are done and whose table locks do not
 * get in the way of the ones at work.
 */
export class Scheduler {
  private readonly waiting: Unit[];
  private readonly running = new Set<Unit>();
  private readonly done: Set<string>;

  /** `finished` are ids of units that need no work any more. */
  constructor(units: readonly Unit[], finished: ReadonlySet<string>) {
    this.done = new Set(finished);
    // Sorting is stable: equal weights keep the plan's order.
    this.waiting = units.filter((unit) => !finished.has(unit.id)).sort((a, b) => b.weightBytes - a.weightBytes);
  }

  /** The next unit to work on; null when nothing can start now. */
  next(): Unit | null {
    const index = this.waiting.findIndex((unit) => this.mayStart(unit));
    const unit = this.waiting[index];
    if (unit === undefined) return null;
    this.waiting.splice(index, 1);
    this.running.add(unit);
    return unit;
  }

  finish(unit: Unit): void {
    this.running.delete(unit);
    this.done.add(unit.id);
  }

  get isEmpty(): boolean {
    return this.waiting.length === 0;
  }

  get isIdle(): boolean {
    return this.running.size === 0;
  }

  private mayStart(unit: Unit): boolean {
    return unit.after.every((id) => this.done.has(id)) && ![...this.running].some((other) => conflict(unit, other));
  }
}

function conflict(a: Unit, b: Unit): boolean {
  return a.locks.some((mine) =>
    b.locks.some((theirs) => mine.table === theirs.table && (mine.mode === 'exclusive' || theirs.mode === 'exclusive')),
  );
}
