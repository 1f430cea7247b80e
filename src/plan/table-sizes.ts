import type { BlockMap, TocEntry } from '../archive/types.js';
import type { TocGraph } from './toc-graph.js';

/** A table or an index of the source, as far as a plan goes by it. */
export interface SourceSize {
  kind: 'table' | 'index';
  schema: string;
  name: string;
  sizeBytes: number;
  /** See IndexFacts. */
  entryBytes?: number | null | undefined;
}

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

/** Finds what is known of a table or an index by its name. */
export function sizesByName(sizes: readonly SourceSize[]): (schema: string, name: string) => SourceSize | undefined {
  const keyOf = (schema: string, name: string): string => JSON.stringify([schema, name]);
  const byName = new Map(sizes.map((size) => [keyOf(size.schema, size.name), size]));
  return (schema, name) => byName.get(keyOf(schema, name));
}

/** What tables and indexes hold, by the map's blocks and the manifest's sizes. */
export class TableSizes {
  private readonly blockOfTable = new Map<number, BlockMap>();
  /** On the source's disk; undefined where nobody knows. */
  readonly sizeOf: (schema: string, name: string) => SourceSize | undefined;
  private readonly isPlain: boolean;

  /** Of `entries` only the rows count: a table whose rows are not among them is empty. */
  constructor(
    private readonly graph: TocGraph,
    entries: readonly TocEntry[],
    { sizes, blocks, isPlain }: SizeFacts,
  ) {
    this.isPlain = isPlain;
    this.sizeOf = sizesByName(sizes);
    const blockOf = new Map(blocks.map((block) => [block.dumpId, block]));
    for (const entry of entries) {
      const block = entry.desc === 'TABLE DATA' ? blockOf.get(entry.dumpId) : undefined;
      if (block === undefined) continue;
      for (const { dumpId } of graph.tablesOf(entry)) this.blockOfTable.set(dumpId, block);
    }
  }

  /** Of one table what is known for certain: null for the rest. A table without rows: partitioned, or its data was left out. */
  countedOf(table: TocEntry | undefined): { rows: number | null; textBytes: number | null } {
    const block = table === undefined ? undefined : this.blockOfTable.get(table.dumpId);
    if (block === undefined) return { rows: 0, textBytes: 0 };
    return { rows: block.rows, textBytes: this.isPlain ? block.length : null };
  }

  /** Of the tables with rows that a table is made of: itself, or all of its partitions. */
  partsOf(table: TocEntry): TableRows[] {
    const tables = this.graph.rootOf(table.dumpId) === table.dumpId ? this.graph.treeOf(table.dumpId) : [table];
    return tables.flatMap(({ dumpId }) => this.rowsOf(dumpId) ?? []);
  }

  /** Of a table or materialized view with its partitions, on the source's disk; what is not known there, as text. */
  bytesOf(table: TocEntry): number {
    const tables = this.graph.rootOf(table.dumpId) === table.dumpId ? this.graph.treeOf(table.dumpId) : [table];
    return tables.reduce((sum, { namespace, tag, dumpId }) => {
      const known = this.sizeOf(namespace, tag)?.sizeBytes;
      return sum + (known ?? this.rowsOf(dumpId)?.textBytes ?? 0);
    }, 0);
  }

  private rowsOf(dumpId: number): TableRows | undefined {
    const block = this.blockOfTable.get(dumpId);
    if (block === undefined) return undefined;
    const textBytes = this.isPlain ? block.length : block.length / COMPRESSED_TO;
    return { rows: block.rows ?? Math.ceil(textBytes / BYTES_OF_A_ROW), textBytes };
  }
}
