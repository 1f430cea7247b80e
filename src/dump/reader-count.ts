import { runCodec } from '../archive/compress-run.js';
import { formatBytes, formatExact } from '../foundation/format.js';
import { input, phrase, type Text } from '../foundation/text.js';

/** More readers than this wait for each other more than they read, where nobody asked for a number. */
const MOST_BY_ITSELF = 8;

/** What the number of readers depends on. */
export interface ReaderFacts {
  /** `dump-jobs` */
  wanted: number | 'auto';
  /** Cores that this process may use. */
  cores: number;
  /** Sessions that the role can still open. */
  freeConnections: number;
  /** Why there can be only one; null where there is no reason. */
  reasonForOne: Text | null;
}

/** How many sessions read, at least 1, and why in words; `because` is null where it is what was asked for. */
export interface ReaderChoice {
  readers: number;
  because: Text | null;
}

/** Sessions besides the readers: the one that holds snapshot and locks, and pg_dump. */
const OTHER_SESSIONS = 2;

/** Chooses so many readers as were asked for, where that can be. Pure. */
export function chooseReaders({ wanted, cores, freeConnections, reasonForOne }: ReaderFacts): ReaderChoice {
  if (wanted === 1) return { readers: 1, because: null };
  if (reasonForOne !== null) return { readers: 1, because: reasonForOne };
  const room = Math.max(1, freeConnections - OTHER_SESSIONS);
  if (wanted === 'auto') {
    const readers = Math.max(1, Math.min(cores, Math.floor(room / 2), MOST_BY_ITSELF));
    return { readers, because: `${cores} cores here, and ${freeConnections} sessions left on the server` };
  }
  if (wanted <= room) return { readers: wanted, because: null };
  return {
    readers: room,
    because: phrase`the server has ${freeConnections} sessions left, and ${input('dump-jobs', wanted)} needs ${wanted + OTHER_SESSIONS}`,
  };
}

const INSERTS = /^--(?:inserts|column-inserts|rows-per-insert|on-conflict-do-nothing)(?:=|$)/;

/** Why the rows of such a dump can be read by pg_dump alone; null where several sessions can read them. */
export function reasonForOneReader({
  compress,
  dumpOptions,
}: {
  compress: string;
  dumpOptions: readonly string[];
}): Text | null {
  const inserts = dumpOptions.find((option) => INSERTS.test(option));
  if (inserts !== undefined) return `only pg_dump writes rows as \`${inserts}\` asks for`;
  const isPlain = compress === '0' || compress === 'none';
  if (isPlain || runCodec(compress) !== null) return null;
  return phrase`with ${input('dump-compress', compress)} pg_dump compresses what it reads itself`;
}

/** Below so many tables it does not matter. */
const MANY_TABLES = 1000;
/**
 * A reader needs about 0.1 ms of statements for each table that pg_dump does not, and may win as much as it takes to read this
 * much of it (docs/benchmarks.md).
 */
const TINY_TABLE_BYTES = 16 * 1024;

/** Why pg_dump alone is the faster one for tables like these; null where readers are. */
export function reasonInSizes(relations: readonly { isPlain: boolean; sizeBytes: number }[]): Text | null {
  const tables = relations.filter(({ isPlain }) => isPlain);
  const bytes = tables.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  if (tables.length < MANY_TABLES || bytes >= tables.length * TINY_TABLE_BYTES) return null;
  return `pg_dump alone is faster for ${formatExact(tables.length)} tables of ${formatBytes(bytes / tables.length)} on average`;
}
