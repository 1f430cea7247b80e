/** For each index and key, what the strategy, the overrides and the room for temporary files want of it. */
import { indexAccessMethod, isUniqueIndex, keyConstraint } from '../archive/entry-sql.js';
import type { TocEntry } from '../archive/types.js';
import { formatBytes } from '../foundation/format.js';
import { buildCost, type BuildCost, type IndexFacts } from './build-cost.js';
import { namedIndex, overrideOf, type IndexOverride, type NamedIndex } from './index-overrides.js';
import type { IndexMaking, IndexStrategy } from './index-strategy.js';
import type { SizeFacts, TableSizes } from './table-sizes.js';
import type { BuildRoom } from './temp-budget.js';
import type { TocGraph } from './toc-graph.js';
import type { UnitSettings } from './unit-settings.js';

export interface IndexOptions extends SizeFacts {
  strategy: IndexStrategy;
  overrides: readonly IndexOverride[];
  room: BuildRoom;
}

/** Options of one strategy, whatever the sizes are. */
export function fixedStrategy(strategy: Exclude<IndexStrategy, 'auto'>): IndexOptions {
  return { strategy, overrides: [], sizes: [], blocks: [], isPlain: true, room: { tempBytes: 0, memoryBytes: 0 } };
}

/** How a build is to run, where that matters. */
export interface IndexBuild {
  tempBytes: number;
  settings: UnitSettings;
}

export interface IndexWish {
  choice: IndexMaking;
  reason: string;
  sizeBytes: number | null;
  cost: BuildCost;
  /** null for what is filled, for small ones, and where a strategy decides for all: there the sessions' settings count. */
  build: IndexBuild | null;
}

const MIB = 1024 * 1024;
/** Smaller builds may share a unit: maintenance_work_mem is never less. */
const SMALL_BUILD_BYTES = MIB;

/** Wishes by dump id. Indexes that only attach others have none. */
export function indexWishes(
  entries: readonly TocEntry[],
  graph: TocGraph,
  sizes: TableSizes,
  options: IndexOptions,
): Map<number, IndexWish> {
  const wishes = new Map<number, IndexWish>();
  for (const entry of entries) {
    const index = namedIndex(entry, graph);
    if (index === null) continue;
    const known = indexFacts(entry, index, sizes);
    const cost = buildCost(known);
    const override = overrideOf(index, options.overrides);
    const { choice, reason } =
      override !== null
        ? { choice: override.choice, reason: `index-strategy-overrides says \`${override.text}\`` }
        : wish(entry, index.tables, known, cost, options);
    const isPlanned = options.strategy === 'auto' || override !== null;
    const build = isPlanned && choice === 'after-data' ? buildOf(cost, options.room) : null;
    wishes.set(entry.dumpId, { choice, reason, sizeBytes: known.sizeBytes, cost, build });
  }
  return wishes;
}

function wish(
  entry: TocEntry,
  tables: readonly TocEntry[],
  { accessMethod }: IndexFacts,
  cost: BuildCost,
  { strategy, room }: IndexOptions,
): { choice: IndexMaking; reason: string } {
  const empty = (reason: string) => ({ choice: 'empty' as const, reason });
  const late = (reason: string) => ({ choice: 'after-data' as const, reason });
  if (strategy !== 'auto') {
    const isEmpty = strategy === 'empty' || (strategy === 'empty-keys-last' && entry.desc === 'INDEX');
    return (isEmpty ? empty : late)(`index-strategy is ${strategy}`);
  }
  if (tables.some(({ desc }) => desc === 'MATERIALIZED VIEW')) return empty('REFRESH MATERIALIZED VIEW fills it');
  if (accessMethod === 'gist')
    return empty('filling a gist index costs about what building it does, without temporary files');
  const { tempBytes } = cost;
  if (tempBytes === null) return empty('how much its build would need is not known');
  if (tempBytes === 0) return late('its build needs no temporary files');
  if (fitsMemory(cost, room)) return late('its build fits the memory');
  if (tempBytes <= room.tempBytes)
    return late(`its build may write ${formatBytes(tempBytes)} of temporary files, within the budget`);
  return empty(
    `its build may need ${formatBytes(tempBytes)} of temporary files, and the budget is ${formatBytes(room.tempBytes)}`,
  );
}

function fitsMemory({ memoryBytes }: BuildCost, room: BuildRoom): boolean {
  return memoryBytes !== null && memoryBytes <= room.memoryBytes;
}

/**
 * The plan's memory counts, whatever a later run's sessions have. In memory without workers: each of these sorts a part of its own, and writes it.
 */
function buildOf(cost: BuildCost, room: BuildRoom): IndexBuild | null {
  if (cost.memoryBytes !== null && cost.memoryBytes <= SMALL_BUILD_BYTES) return null;
  const inMemory = fitsMemory(cost, room);
  const memory = inMemory && cost.memoryBytes !== null ? MIB * Math.ceil(cost.memoryBytes / MIB) : room.memoryBytes;
  return {
    tempBytes: inMemory ? 0 : (cost.tempBytes ?? 0),
    settings: {
      maintenance_work_mem: `${Math.floor(Math.min(memory, room.memoryBytes) / 1024)}kB`,
      ...(inMemory || cost.tempBytes === 0 ? { max_parallel_maintenance_workers: '0' } : {}),
    },
  };
}

function indexFacts(entry: TocEntry, { schema, name, tables: [table] }: NamedIndex, sizes: TableSizes): IndexFacts {
  const key = keyConstraint(entry);
  const size = sizes.sizeOf(schema, name);
  const { rows, textBytes } = sizes.countedOf(table);
  const isUnique = key !== null || isUniqueIndex(entry);
  return {
    accessMethod: key?.accessMethod ?? indexAccessMethod(entry) ?? '',
    differ: key?.type === 'PRIMARY KEY' ? 'all' : isUnique ? 'but for nulls' : 'perhaps',
    sizeBytes: size?.sizeBytes ?? null,
    entryBytes: size?.entryBytes ?? null,
    rows,
    tableBytes: textBytes,
  };
}
