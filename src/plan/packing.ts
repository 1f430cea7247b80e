import type { TocEntry } from '../archive/types.js';

/** How much one unit may hold. What is large, slow or likely to fail stands alone; small things share a transaction. */
export interface PackLimits {
  entries: number;
  bytes: number;
  locks: number;
}

export interface Packable {
  entry: TocEntry;
  bytes: number;
  locks: number;
  /** Entries with different keys never share a unit. */
  key: string;
  alone: boolean;
}

/**
 * Packs items into groups without changing their order inside a key. With `inOrder` a group also ends where the key
 * changes, so that the groups, run one after the other, keep the order of all items.
 */
export function pack(items: readonly Packable[], limits: PackLimits, inOrder: boolean): Packable[][] {
  const groups: Packable[][] = [];
  const open = new Map<string, { group: Packable[]; bytes: number; locks: number }>();
  for (const item of items) {
    let current = open.get(item.key);
    const full =
      current === undefined ||
      item.alone ||
      current.group.length >= limits.entries ||
      current.bytes + item.bytes > limits.bytes ||
      current.locks + item.locks > limits.locks;
    if (inOrder && full) open.clear();
    if (current === undefined || full) {
      current = { group: [], bytes: 0, locks: 0 };
      groups.push(current.group);
      open.set(item.key, current);
    }
    current.group.push(item);
    current.bytes += item.bytes;
    current.locks += item.locks;
    if (item.alone) open.delete(item.key);
  }
  return groups;
}

/**
 * Locks that creating, loading or changing an entry takes in the server's lock table, as a generous guess: a table comes
 * with its TOAST table and that one's index; a COPY also locks the indexes of the table.
 */
export function locksOf(entry: TocEntry, indexesOfTable: number): number {
  switch (entry.desc) {
    case 'TABLE':
    case 'MATERIALIZED VIEW':
      return 5;
    case 'TABLE DATA':
      return 3 + indexesOfTable;
    case 'BLOB METADATA':
      return 1000;
    case 'INDEX':
    case 'CONSTRAINT':
    case 'FK CONSTRAINT':
      return 4;
    default:
      return 2;
  }
}
