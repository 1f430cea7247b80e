import type { ArchiveHead, BlockMap, TocEntry } from '../../src/archive/types.js';
import type { IndexStrategy } from '../../src/plan/index-strategy.js';
import type { PlanOptions } from '../../src/plan/plan.js';
import type { SelectionOptions } from '../../src/plan/selection.js';
import type { WantsEmpty } from '../../src/plan/stages-of-entries.js';
import type { Unit } from '../../src/plan/unit.js';

/** A unit of which only what matters is said. */
export function unit(id: string, more: Partial<Unit> = {}): Unit {
  return {
    id,
    stage: 'data',
    kind: 'table-data',
    title: id,
    dumpIds: [],
    blocks: [],
    weightBytes: 0,
    unlogged: false,
    after: [],
    locks: [],
    ...more,
  };
}

/** A data block of one segment. */
export function block(dumpId: number, length: number, rows: number | null = 1): BlockMap {
  const segment = { offset: 0, length, rows, sha256: '', chunkBytesLeft: 0 };
  return { dumpId, kind: 'table', offset: 0, length, rows, segments: [segment] };
}

/** A data block of segments of these lengths, one row each. */
export function cutBlock(dumpId: number, lengths: readonly number[]): BlockMap {
  const segments = lengths.map((length, at) => {
    const offset = lengths.slice(0, at).reduce((sum, before) => sum + before, 0);
    return { offset, length, rows: 1, sha256: '', chunkBytesLeft: 0 };
  });
  const length = lengths.reduce((sum, of) => sum + of, 0);
  return { dumpId, kind: 'table', offset: 0, length, rows: lengths.length, segments };
}

/** A head of which only the entries matter. */
export function headOf(entries: readonly TocEntry[]): ArchiveHead {
  const header: ArchiveHead['header'] = {
    version: { major: 1, minor: 14, revision: 0 },
    intSize: 4,
    offSize: 8,
    format: 'custom',
    compression: { algorithm: 'none', level: null },
    createdAt: '2026-01-02T03:04:05',
    databaseName: 'app',
    serverVersion: '15.20',
    dumpVersion: '15.20',
    entryCount: entries.length,
  };
  return { header, entries, bytes: Buffer.alloc(0), entryCountAt: 0 };
}

/** A restore by a plain role into a new database, with nothing skipped and nothing kept. */
export const PLAIN_SELECTION: SelectionOptions = {
  only: [],
  skipEntries: [],
  keepSubscriptions: false,
  keepPrivileges: false,
  targetIsSuperuser: false,
  targetMajor: 18,
  installedExtensions: [],
  existing: [],
  journalSchema: 'phaselift_journal',
};

/** Of a plan of everything that an archive has, by one strategy. */
export const PLAIN_PLAN = {
  ...PLAIN_SELECTION,
  indexStrategy: 'empty',
  validateForeignKeys: 'now',
  indexOverrides: [],
  sizes: [],
  room: { tempBytes: 0, memoryBytes: 0 },
  lockBudget: 1000,
  sliceBytes: Infinity,
} as const satisfies PlanOptions;

/** What a strategy wants of indexes, keys and attachments. */
export function wantedBy(strategy: Exclude<IndexStrategy, 'auto'>): WantsEmpty {
  return ({ desc }) => strategy === 'empty' || (strategy === 'empty-keys-last' && desc !== 'CONSTRAINT');
}
