import type { TableLock, Unit } from '../plan/unit.js';
import { RankHeap } from './rank-heap.js';

/** A unit that wants to begin, and its place in the order of sizes. */
interface Candidate {
  unit: Unit;
  rank: number;
}

/** Who has a table, and who waits for it. */
interface TableState<Waiting extends Candidate> {
  holders: Record<TableLock['mode'], number>;
  waiters: Record<TableLock['mode'], RankHeap<Waiting>>;
}

/**
 * The tables of the units at work. Whoever would wait for one of them is kept at that table, and asked again only when it is
 * free: ten thousand partitions all wait for the same root.
 */
export class TableLocks<Waiting extends Candidate> {
  private readonly tables = new Map<number, TableState<Waiting>>();

  take(unit: Unit): void {
    for (const { table, mode } of unit.locks) this.stateOf(table).holders[mode]++;
  }

  release(unit: Unit): void {
    for (const { table, mode } of unit.locks) this.stateOf(table).holders[mode]--;
  }

  /** False when it has to wait for a table; then it is kept until `nextAt` gives it back. */
  isFree(waiting: Waiting): boolean {
    const lock = waiting.unit.locks.find(({ table, mode }) => !this.mayTake(table, mode));
    if (lock === undefined) return true;
    this.stateOf(lock.table).waiters[lock.mode].push(waiting);
    return false;
  }

  /**
   * The first of those who wait for the tables of a unit and need not any more. To be asked whenever a unit has taken, released
   * or passed over its tables: only the first one is let go, and may be held up elsewhere, or let others in beside it.
   */
  nextAt({ locks }: Unit): Waiting[] {
    return locks.flatMap(({ table }) =>
      (['shared', 'exclusive'] as const).flatMap((mode) =>
        this.mayTake(table, mode) ? (this.tables.get(table)?.waiters[mode].pop() ?? []) : [],
      ),
    );
  }

  private mayTake(table: number, mode: TableLock['mode']): boolean {
    const { shared, exclusive } = this.tables.get(table)?.holders ?? { shared: 0, exclusive: 0 };
    return exclusive === 0 && (mode === 'shared' || shared === 0);
  }

  private stateOf(table: number): TableState<Waiting> {
    const known = this.tables.get(table);
    if (known !== undefined) return known;
    const state = {
      holders: { shared: 0, exclusive: 0 },
      waiters: { shared: new RankHeap<Waiting>(), exclusive: new RankHeap<Waiting>() },
    };
    this.tables.set(table, state);
    return state;
  }
}
