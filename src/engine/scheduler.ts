import type { Unit } from '../plan/unit.js';
import { RankHeap } from './rank-heap.js';
import { TableLocks } from './table-locks.js';

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
  /** What waits for no unit any more, nor for a table that one at work has. */
  private readonly ready = new RankHeap<Waiting>();
  private readonly locks = new TableLocks<Waiting>();
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
    for (const one of waiting) if (one.open === 0) this.ready.push(one);
    this.left = waiting.length;
  }

  /** The next unit to work on, of those that `isWanted`; null when nothing can start now. */
  next(isWanted: (unit: Unit) => boolean = () => true): Unit | null {
    const passedOver: Waiting[] = [];
    let next = this.ready.pop();
    for (; next !== undefined; next = this.ready.pop()) {
      const { unit } = next;
      const isFree = this.locks.isFree(next);
      if (isFree && this.hasRoom(unit) && isWanted(unit)) break;
      if (isFree) passedOver.push(next);
      this.admit(unit);
    }
    for (const waiting of passedOver) this.ready.push(waiting);
    if (next === undefined) return null;
    this.left--;
    this.running.add(next.unit);
    this.locks.take(next.unit);
    this.admit(next.unit);
    return next.unit;
  }

  /** Those that will probably be next, at most `count`: what can start now, then what waits only for one at work. */
  upcoming(count: number): Unit[] {
    const soon = this.ready.first(count).map(({ unit }) => unit);
    for (const { id } of this.running) {
      if (soon.length >= count) break;
      const waiters = this.waitersOf.get(id)?.filter(({ open }) => open === 1) ?? [];
      soon.push(...waiters.map(({ unit }) => unit));
    }
    return soon.slice(0, count);
  }

  finish(unit: Unit): void {
    this.running.delete(unit);
    this.locks.release(unit);
    this.admit(unit);
    for (const waiter of this.waitersOf.get(unit.id) ?? []) if (--waiter.open === 0) this.ready.push(waiter);
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

  private hasRoom({ tempBytes = 0 }: Unit): boolean {
    if (tempBytes === 0) return true;
    let others = 0;
    for (const running of this.running) others += running.tempBytes ?? 0;
    return others === 0 || tempBytes + others <= this.tempBudget;
  }

  /** Lets those try again that waited for a table of this unit. */
  private admit(unit: Unit): void {
    for (const waiting of this.locks.nextAt(unit)) this.ready.push(waiting);
  }
}
