/**
 * What building an index from a loaded table needs, by its size at the source. Calibrated by `npm run bench -- index-costs` (ADR 25):
 * a sort writes each entry once, whatever the memory is, as soon as the entries do not fit it.
 */

/** What is known of an index and its table. */
export interface IndexFacts {
  accessMethod: string;
  /** How the entries differ: all; all but those with NULLs; or equal ones may share their place, so that the size says little of what is sorted. */
  differ: 'all' | 'but for nulls' | 'perhaps';
  /** Of the index at the source; null when unknown. */
  sizeBytes: number | null;
  /** Average bytes of an entry's columns, as statistics have them, each of full words; null when unknown. */
  entryBytes: number | null;
  /** Rows of the table; null when unknown. */
  rows: number | null;
  /** Of all rows of the table, as text; null when unknown. */
  tableBytes: number | null;
}

export interface BuildCost {
  /** Of temporary files, where the memory is less than `memoryBytes`; null when unknown. */
  tempBytes: number | null;
  /** With so much maintenance_work_mem a build without parallel workers writes none. */
  memoryBytes: number | null;
}

const NONE: BuildCost = { tempBytes: 0, memoryBytes: 0 };
const UNKNOWN: BuildCost = { tempBytes: null, memoryBytes: null };

/** Header of an index's entry (IndexTupleData), and what stands before it in a sort's file. */
const ENTRY_HEADER_BYTES = 8;
const LENGTH_WORD_BYTES = 4;
/** Of a sorted entry in memory: its place in the array (SortTuple), the allocator's header; the array grows by doubling. */
const IN_MEMORY_BYTES = 24 + 16;
/** What was measured lay up to 2 % above the count of entries; memory is taken in steps. */
const TEMP_MARGIN = 1.05;
const MEMORY_MARGIN = 1.3;
/** The least that an entry takes on disk: a row's place among those that share a key (ItemPointerData). */
const LEAST_ENTRY_BYTES = 6;
/** The most that a b-tree takes: a third of a page. */
const MOST_ENTRY_BYTES = 2704;
const HASH_ENTRY_BYTES = 4;

/** Pure. Access methods that are not known here have an unknown cost. */
export function buildCost(index: IndexFacts): BuildCost {
  switch (index.accessMethod) {
    case 'btree':
      return btreeCost(index);
    case 'hash': {
      const rows = rowsIn(index);
      return rows === null ? UNKNOWN : sortOf(rows, HASH_ENTRY_BYTES);
    }
    case 'gist':
      // Sorted where the operator class can, else buffered where the index is larger than the cache: at most about its size.
      return index.sizeBytes === null ? UNKNOWN : { tempBytes: index.sizeBytes, memoryBytes: 2 * index.sizeBytes };
    case 'gin':
    case 'spgist':
    case 'brin':
      return NONE; // Only parallel workers would sort.
    default:
      return UNKNOWN;
  }
}

function btreeCost(index: IndexFacts): BuildCost {
  const { differ, sizeBytes, entryBytes, tableBytes } = index;
  const rows = rowsIn(index);
  if (rows === null) return UNKNOWN;
  if (rows === 0) return NONE;
  if (entryBytes !== null) return sortOf(rows, entryBytes);
  const widest = sortOf(rows, Math.min(tableBytes ?? Infinity, rows * MOST_ENTRY_BYTES) / rows);
  if (differ === 'perhaps' || sizeBytes === null) return widest;
  // What is sorted is on the index's pages, each entry but for its length; many NULLs may be there as one.
  const sorted = sizeBytes + (differ === 'all' ? 0 : rows * (2 * ENTRY_HEADER_BYTES + LENGTH_WORD_BYTES));
  return lesser(
    { tempBytes: sorted * TEMP_MARGIN, memoryBytes: (sorted + rows * IN_MEMORY_BYTES) * MEMORY_MARGIN },
    widest,
  );
}

function lesser(a: { tempBytes: number; memoryBytes: number }, b: typeof a): BuildCost {
  return a.tempBytes < b.tempBytes ? a : b;
}

/** The most rows that it may have: those of its table, but a small index of a large table has only some of them. */
function rowsIn({ rows, sizeBytes }: IndexFacts): number | null {
  const fitting = sizeBytes === null ? Infinity : Math.ceil(sizeBytes / LEAST_ENTRY_BYTES);
  const most = Math.min(rows ?? Infinity, fitting);
  return most === Infinity ? null : most;
}

function sortOf(rows: number, entryBytes: number): { tempBytes: number; memoryBytes: number } {
  const entry = 8 * Math.ceil((ENTRY_HEADER_BYTES + entryBytes) / 8);
  return {
    tempBytes: Math.ceil(rows * (entry + LENGTH_WORD_BYTES) * TEMP_MARGIN),
    memoryBytes: Math.ceil(rows * (entry + IN_MEMORY_BYTES) * MEMORY_MARGIN),
  };
}
