import type { Unit } from '../plan/unit.js';

/** Ids of units that need no work any more. */
export interface Finished {
  has(id: string): boolean;
}

interface Waiting {
  unit: Unit;
  /** Place in the order of sizes: the larger, the earlier. */
  rank: number;
  /** Units that it waits for and that are not finished. */
  open: number;
}

/**
 * Hands out the units of one stage: largest first among those whose dependencies are done, whose table locks do not get in
 * the way of the ones at work, and whose temporary files have room beside theirs. What a finished unit sets free is looked up, not searched for, so that long chains
 * and long waits of a hundred thousand units cost no more than their length.
 */
export class Scheduler {
  /** What waits for no unit any more, by rank; the first to start is the last of these. */
  private readonly ready: Waiting[];
  private readonly waitersOf = new Map<string, Waiting[]>();
  private readonly running = new Set<Unit>();
  private left: number;

  /** What writes temporary files goes beside others as far as all of them fit into `tempBudget` bytes; one may always. */
  constructor(
    units: readonly Unit[],
    finished: Finished,
    private readonly tempBudget = Infinity,
  ) {
    // Sorting is stable: equal weights keep the plan's order.
    const sorted = units.filter((unit) => !finished.has(unit.id)).sort((a, b) => b.weightBytes - a.weightBytes);
    const waiting = sorted.map((unit, rank) => this.noteWaits({ unit, rank, open: 0 }, finished));
    this.ready = waiting.filter(({ open }) => open === 0).reverse();
    this.left = waiting.length;
  }

  /** The next unit to work on, of those that `isWanted`; null when nothing can start now. */
  next(isWanted: (unit: Unit) => boolean = () => true): Unit | null {
    const index = this.ready.findLastIndex(({ unit }) => this.mayStart(unit) && isWanted(unit));
    const [next] = index === -1 ? [] : this.ready.splice(index, 1);
    if (next === undefined) return null;
    this.left--;
    this.running.add(next.unit);
    return next.unit;
  }

  finish(unit: Unit): void {
    this.running.delete(unit);
    for (const waiter of this.waitersOf.get(unit.id) ?? []) if (--waiter.open === 0) this.makeReady(waiter);
    this.waitersOf.delete(unit.id);
  }

  get isEmpty(): boolean {
    return this.left === 0;
  }

  get isIdle(): boolean {
    return this.running.size === 0;
  }

  private noteWaits(waiting: Waiting, finished: Finished): Waiting {
    for (const id of new Set(waiting.unit.after)) {
      if (finished.has(id)) continue;
      waiting.open++;
      const waiters = this.waitersOf.get(id);
      if (waiters === undefined) this.waitersOf.set(id, [waiting]);
      else waiters.push(waiting);
    }
    return waiting;
  }

  private makeReady(waiting: Waiting): void {
    let [low, high] = [0, this.ready.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.ready[middle]?.rank ?? -1) > waiting.rank) low = middle + 1;
      else high = middle;
    }
    this.ready.splice(low, 0, waiting);
  }

  private mayStart(unit: Unit): boolean {
    const running = [...this.running];
    if (running.some((other) => conflict(unit, other))) return false;
    const [temp, others] = [unit.tempBytes ?? 0, running.reduce((sum, other) => sum + (other.tempBytes ?? 0), 0)];
    return temp === 0 || others === 0 || temp + others <= this.tempBudget;
  }
}

function conflict(a: Unit, b: Unit): boolean {
  return a.locks.some((mine) =>
    b.locks.some((theirs) => mine.table === theirs.table && (mine.mode === 'exclusive' || theirs.mode === 'exclusive')),
  );
}
