import type { BlockMap, TocEntry } from '../archive/types.js';
import type { SourceSize } from './index-wishes.js';
import type { TocGraph } from './toc-graph.js';

export interface SizeFacts {
  /** Of the manifest; empty without one. */
  sizes: readonly SourceSize[];
  blocks: readonly BlockMap[];
  /** True when the blocks are as large as what they hold. */
  isPlain: boolean;
}

/** Rows and their bytes as text, which may be guesses: never far too few. */
export interface TableRows {
  rows: number;
  textBytes: number;
}

/** What text was compressed to is hardly less than this share of it. */
const COMPRESSED_TO = 1 / 5;
/** Where rows were not counted. */
const BYTES_OF_A_ROW = 16;

/** What tables and indexes hold, by the map's blocks and the manifest's sizes. */
export class TableSizes {
  private readonly rowsOfTable = new Map<number, TableRows>();
  private readonly sizes: ReadonlyMap<string, SourceSize>;

  constructor(
    private readonly graph: TocGraph,
    { sizes, blocks, isPlain }: SizeFacts,
  ) {
    this.sizes = new Map(sizes.map((size) => [keyOf(size.schema, size.name), size]));
    const blockOf = new Map(blocks.map((block) => [block.dumpId, block]));
    for (const entry of graph.entries) {
      const block = entry.desc === 'TABLE DATA' ? blockOf.get(entry.dumpId) : undefined;
      if (block === undefined) continue;
      const textBytes = isPlain ? block.length : block.length / COMPRESSED_TO;
      const rows = block.rows ?? Math.ceil(textBytes / BYTES_OF_A_ROW);
      for (const { dumpId } of graph.tablesOf(entry)) this.rowsOfTable.set(dumpId, { rows, textBytes });
    }
  }

  /** Of the tables with rows that a table is made of: itself, or all of its partitions. */
  partsOf(table: TocEntry): TableRows[] {
    const tables = this.graph.rootOf(table.dumpId) === table.dumpId ? this.graph.treeOf(table.dumpId) : [table];
    return tables.flatMap(({ dumpId }) => this.rowsOfTable.get(dumpId) ?? []);
  }

  /** Of a table or materialized view with its partitions, on the source's disk; what is not known there, as text. */
  bytesOf(table: TocEntry): number {
    const tables = this.graph.rootOf(table.dumpId) === table.dumpId ? this.graph.treeOf(table.dumpId) : [table];
    return tables.reduce((sum, { namespace, tag, dumpId }) => {
      const known = this.sizeOf(namespace, tag)?.sizeBytes;
      return sum + (known ?? this.rowsOfTable.get(dumpId)?.textBytes ?? 0);
    }, 0);
  }

  sizeOf(schema: string, name: string): SourceSize | undefined {
    return this.sizes.get(keyOf(schema, name));
  }
}

function keyOf(schema: string, name: string): string {
  return JSON.stringify([schema, name]);
}
