import { isUnlogged } from '../archive/entry-sql.js';
import type { BlockMap, TocEntry } from '../archive/types.js';
import { validationUnits } from './foreign-key-validation.js';
import type { IndexBuild } from './index-wishes.js';
import { locksOf, pack, type Packable } from './packing.js';
import { unitTitle } from './shrink.js';
import { bytesOfSlice, sliceBytesFor, slicesOf } from './slices.js';
import { isChain, type Stage } from './stage.js';
import { tableLocks } from './table-locks.js';
import type { TocGraph } from './toc-graph.js';
import type { Unit, UnitBlock, UnitKind } from './unit.js';
import { chain, connect, lastInOrder } from './unit-order.js';

const MIB = 1024 * 1024;
/** Blocks up to this size share a unit, as do statements on tables with no more data than this. */
const SMALL_BYTES = 512 * 1024;
const SHARED_UNIT_BYTES = 8 * MIB;
const SHARED_UNIT_ENTRIES = 200;
/** Where nobody works beside it, a smaller unit only costs a pg_restore and a transaction more. */
const CHAINED_UNIT_ENTRIES = 1000;
/** Work that grows with the rows of the table. */
const READS_TABLE = new Set(['INDEX', 'CONSTRAINT', 'FK CONSTRAINT', 'CHECK CONSTRAINT']);

/** What becomes one unit. */
interface Work {
  group: readonly Packable[];
  title: string;
  weightBytes: number;
  blocks: UnitBlock[];
}

export interface UnitOptions {
  /** Most locks that one transaction may take. */
  lockBudget: number;
  /** See ComputingTables. */
  computing: ReadonlyMap<number, string | null>;
  /** About how much of a block is one unit. */
  sliceBytes: number;
  /** Of indexes that are built from full tables, by dump id: each has a unit of its own. */
  builds: ReadonlyMap<number, IndexBuild>;
  /** Foreign keys that are added NOT VALID. */
  notValid: ReadonlySet<number>;
}

/** Cuts the entries of a stage into units, with the order and the locks between them. */
export class UnitMaker {
  private readonly blocks: ReadonlyMap<number, BlockMap>;
  private readonly indexesOfTable = new Map<number, number>();
  private readonly bytesOfTable = new Map<number, number>();
  private readonly sliceBytes: number;

  constructor(
    private readonly graph: TocGraph,
    blocks: readonly BlockMap[],
    private readonly options: UnitOptions,
  ) {
    this.blocks = new Map(blocks.map((block) => [block.dumpId, block]));
    this.sliceBytes = sliceBytesFor(blocks, options.sliceBytes);
    for (const entry of graph.entries) this.noteSizes(entry);
  }

  unitsOf(stage: Stage, entries: readonly TocEntry[]): Unit[] {
    const inOrder = isChain(stage);
    const levels = inOrder ? new Map<number, number>() : this.levelsOf(entries);
    const items = entries.map((entry) => this.packable(stage, entry, levels.get(entry.dumpId) ?? 0));
    const mostEntries = inOrder ? CHAINED_UNIT_ENTRIES : SHARED_UNIT_ENTRIES;
    const limits = { entries: mostEntries, bytes: SHARED_UNIT_BYTES, locks: this.options.lockBudget };
    // These go with the removal of the journal, in one transaction.
    const groups = stage === 'finish' ? [items].filter((group) => group.length > 0) : pack(items, limits, inOrder);
    const works = groups.flatMap((group) => this.works(stage, group));
    const units = works.map((work, index) => this.unit(stage, work, index));
    if (inOrder) return chain(units);
    connect(units, this.graph);
    // The first computing table waits for all other data, and each further one for the one before it.
    return stage === 'data'
      ? lastInOrder(units, ({ dumpIds }) => dumpIds.some((dumpId) => this.options.computing.has(dumpId)))
      : units;
  }

  /** Of the stage `validation`: a unit for each foreign key that was added NOT VALID. */
  validationsOf(entries: readonly TocEntry[]): Unit[] {
    return validationUnits(entries, this.graph, (entry) => this.bytesOfTables(this.graph.tablesOf(entry)));
  }

  private noteSizes(entry: TocEntry): void {
    const tables = this.graph.tablesOf(entry);
    for (const table of tables) {
      if (entry.desc === 'INDEX' || entry.desc === 'CONSTRAINT') {
        this.indexesOfTable.set(table.dumpId, (this.indexesOfTable.get(table.dumpId) ?? 0) + 1);
      } else if (entry.desc === 'TABLE DATA') {
        this.bytesOfTable.set(table.dumpId, this.blocks.get(entry.dumpId)?.length ?? 0);
      }
    }
  }

  /** Length of the longest chain of dependencies inside the stage: entries of one level never wait for each other. */
  private levelsOf(entries: readonly TocEntry[]): Map<number, number> {
    const levels = new Map(entries.map((entry) => [entry.dumpId, 0]));
    for (const entry of entries) {
      let level = 0;
      for (const dependency of this.graph.waitsFor(entry)) {
        const below = levels.get(dependency.dumpId);
        const isBefore = this.graph.positionOf(dependency.dumpId) < this.graph.positionOf(entry.dumpId);
        if (below !== undefined && isBefore) level = Math.max(level, below + 1);
      }
      levels.set(entry.dumpId, level);
    }
    return levels;
  }

  private packable(stage: Stage, entry: TocEntry, level: number): Packable {
    const tables = this.graph.tablesOf(entry);
    const table = tables[0]?.dumpId ?? -1;
    const bytes = this.weight(stage, entry, tables);
    const kind = kindOf(stage, entry);
    const unlogged = stage === 'data' && this.isUnloggedData(entry);
    const computes = this.options.computing.has(entry.dumpId);
    return {
      entry,
      bytes,
      locks: locksOf(entry, this.indexesOfTable.get(table) ?? 0),
      key: [kind, level, unlogged, ...(computes ? [entry.dumpId] : [])].join('/'),
      alone:
        computes ||
        (stage === 'constraints' && this.options.builds.has(entry.dumpId)) ||
        kind === 'large-objects' ||
        entry.desc === 'BLOB METADATA' ||
        stage === 'refresh' ||
        bytes > SMALL_BYTES,
    };
  }

  /** Bytes to read for data, bytes of the tables' rows for work that reads them, 0 for what is cheap. */
  private weight(stage: Stage, entry: TocEntry, tables: readonly TocEntry[]): number {
    if (stage === 'data') return this.blocks.get(entry.dumpId)?.length ?? 0;
    if (stage !== 'constraints' || !READS_TABLE.has(entry.desc) || this.options.notValid.has(entry.dumpId)) return 0;
    return this.bytesOfTables(tables);
  }

  private bytesOfTables(tables: readonly TocEntry[]): number {
    return tables.reduce((sum, table) => sum + (this.bytesOfTable.get(table.dumpId) ?? 0), 0);
  }

  /** The sequence of an identity column is as unlogged as its table, but its own definition does not say so. */
  private isUnloggedData(entry: TocEntry): boolean {
    return this.graph
      .dependenciesOf(entry)
      .some(
        (dependency) =>
          isUnlogged(dependency) ||
          (dependency.definition.includes(' ADD GENERATED ') && this.graph.dependenciesOf(dependency).some(isUnlogged)),
      );
  }

  /** What a group is done in: in one unit, but for a large block, which is cut. */
  private works(stage: Stage, group: readonly Packable[]): Work[] {
    const title = unitTitle(group.map(({ entry }) => entry));
    const weightBytes = group.reduce((sum, item) => sum + item.bytes, 0);
    const whole = { group, title, weightBytes, blocks: group.flatMap(({ entry }) => this.wholeBlock(entry)) };
    const [only, ...more] = group;
    const block = only === undefined || more.length > 0 ? undefined : this.cuttable(stage, only.entry);
    const slices = block === undefined ? [] : slicesOf(block, this.sliceBytes);
    if (block === undefined || slices.length < 2) return [whole];
    return slices.map((slice, at) => ({
      group,
      title: `${title} (${at + 1} of ${slices.length})`,
      weightBytes: bytesOfSlice(block, slice),
      blocks: [slice],
    }));
  }

  /** Its block, when several workers may load it, each in a transaction of its own, in any order. */
  private cuttable(stage: Stage, entry: TocEntry): BlockMap | undefined {
    if (stage !== 'data' || !entry.hasData || this.options.computing.has(entry.dumpId)) return undefined;
    // The configuration of an extension: its triggers are there already, and may rely on the order.
    const isOwn = entry.desc === 'BLOBS' || this.graph.tablesOf(entry).length > 0;
    return isOwn ? this.blocks.get(entry.dumpId) : undefined;
  }

  private unit(stage: Stage, { group, title, weightBytes, blocks }: Work, index: number): Unit {
    const entries = group.map((item) => item.entry);
    const first = entries[0];
    if (first === undefined) throw new RangeError('a unit needs an entry');
    const rowsRun = this.options.computing.get(first.dumpId) ?? null;
    const build = stage === 'constraints' ? this.options.builds.get(first.dumpId) : undefined;
    const dumpIds = entries.map((entry) => entry.dumpId);
    const notValid = dumpIds.filter((dumpId) => this.options.notValid.has(dumpId));
    return {
      id: `${stage}/${String(index + 1).padStart(4, '0')}`,
      stage,
      kind: kindOf(stage, first),
      title,
      dumpIds,
      blocks,
      weightBytes,
      unlogged: stage === 'data' && this.isUnloggedData(first),
      after: [],
      // Of two sessions that change the catalog's row of one table (GRANT, ENABLE ROW LEVEL SECURITY) one would fail.
      locks: stage === 'constraints' || stage === 'privileges' ? tableLocks(entries, this.graph) : [],
      ...(rowsRun === null ? {} : { rowsRun }),
      ...build,
      ...(notValid.length === 0 ? {} : { notValid }),
    };
  }

  private wholeBlock(entry: TocEntry): UnitBlock[] {
    const block = entry.hasData ? this.blocks.get(entry.dumpId) : undefined;
    return block === undefined ? [] : [{ dumpId: entry.dumpId, fromSegment: 0, toSegment: block.segments.length }];
  }
}

function kindOf(stage: Stage, entry: TocEntry): UnitKind {
  if (stage !== 'data') return 'statements';
  if (entry.desc === 'BLOBS') return 'large-objects';
  return entry.hasData ? 'table-data' : 'statements';
}
