import { isUnlogged } from '../archive/entry-sql.js';
import type { TocEntry } from '../archive/types.js';

const TABLE_LIKE = new Set(['TABLE', 'FOREIGN TABLE', 'MATERIALIZED VIEW']);
/** What hands its constraints down to the tables that are made of it. */
const BINDING = new Set(['TABLE', 'TYPE', 'DOMAIN']);

/** The TOC as a graph of dump ids, with the look-ups that planning needs. */
export class TocGraph {
  readonly byId: ReadonlyMap<number, TocEntry>;
  private readonly position: ReadonlyMap<number, number>;
  private readonly parentOfTable = new Map<number, number>();
  private readonly trees = new Map<number, TocEntry[]>();
  private readonly unloggedTrees: ReadonlySet<number>;
  private readonly madeIntoUnlogged: ReadonlySet<number>;
  private readonly configurationBefore = new Map<number, TocEntry>();

  constructor(readonly entries: readonly TocEntry[]) {
    this.byId = new Map(entries.map((entry) => [entry.dumpId, entry]));
    this.position = new Map(entries.map((entry, index) => [entry.dumpId, index]));
    for (const entry of entries) if (entry.desc === 'TABLE ATTACH') this.noteAttach(entry);
    this.unloggedTrees = new Set(
      entries.filter((entry) => entry.desc === 'TABLE' && isUnlogged(entry)).map((table) => this.rootOf(table.dumpId)),
    );
    for (const entry of entries) if (TABLE_LIKE.has(entry.desc)) this.noteTree(entry);
    const unlogged = [...this.unloggedTrees].flatMap((root) => this.treeOf(root));
    this.madeIntoUnlogged = new Set(
      this.closure(unlogged, ({ desc }) => BINDING.has(desc)).map(({ dumpId }) => dumpId),
    );
    const configuration = entries.filter((entry) => this.isConfiguration(entry));
    for (const [index, entry] of configuration.slice(1).entries()) {
      const before = configuration[index];
      if (before !== undefined) this.configurationBefore.set(entry.dumpId, before);
    }
  }

  /** Dependencies that are entries of this archive; pg_dump also writes ids of things that it did not dump. */
  dependenciesOf(entry: TocEntry): TocEntry[] {
    // Planning asks this many times of each of very many entries: a loop takes a third of the time of flatMap.
    const found: TocEntry[] = [];
    for (const id of entry.dependencies) {
      const dependency = this.byId.get(id);
      if (dependency !== undefined) found.push(dependency);
    }
    return found;
  }

  /**
   * What an entry has to wait for. Rows of an extension's configuration tables wait for each other in TOC order: their tables
   * come with foreign keys, by which pg_dump sorts them, but it writes no dependency into the archive.
   */
  waitsFor(entry: TocEntry): TocEntry[] {
    const before = this.configurationBefore.get(entry.dumpId);
    return before === undefined ? this.dependenciesOf(entry) : [...this.dependenciesOf(entry), before];
  }

  /** True for the rows of a table that the archive does not create: it comes with an extension. */
  isConfiguration(entry: TocEntry): boolean {
    return entry.desc === 'TABLE DATA' && !this.dependenciesOf(entry).some(({ desc }) => desc === 'TABLE');
  }

  positionOf(dumpId: number): number {
    return this.position.get(dumpId) ?? -1;
  }

  /** The tables that an entry is about: those it depends on, also by way of a key that it refers to. */
  tablesOf(entry: TocEntry): TocEntry[] {
    const tables = new Map<number, TocEntry>();
    const visit = (current: TocEntry, depth: number): void => {
      for (const dependency of this.dependenciesOf(current)) {
        if (TABLE_LIKE.has(dependency.desc)) tables.set(dependency.dumpId, dependency);
        else if (depth > 0 && ['CONSTRAINT', 'INDEX'].includes(dependency.desc)) visit(dependency, depth - 1);
      }
    };
    visit(entry, 1);
    return [...tables.values()];
  }

  /** Of the tables that an entry is about, the one of this name. */
  tableOf(entry: TocEntry, schema: string, name: string): TocEntry | undefined {
    return this.tablesOf(entry).find(({ namespace, tag }) => namespace === schema && tag === name);
  }

  /** The root of a table's partition tree: DDL on any part of a tree locks up and down in it. */
  rootOf(tableId: number): number {
    let root = tableId;
    for (let steps = 0; steps < 64; steps++) {
      const parent = this.parentOfTable.get(root);
      if (parent === undefined) break;
      root = parent;
    }
    return root;
  }

  /** The tables of the partition tree with this root. */
  treeOf(root: number): TocEntry[] {
    return this.trees.get(root) ?? [];
  }

  /** The entries, and those that they depend on, as far as these are wanted. */
  closure(entries: readonly TocEntry[], isWanted: (entry: TocEntry) => boolean): TocEntry[] {
    const found = new Map(entries.map((entry) => [entry.dumpId, entry]));
    // A Map goes on to what is added while it is walked.
    for (const entry of found.values())
      for (const next of this.dependenciesOf(entry)) if (isWanted(next)) found.set(next.dumpId, next);
    return [...found.values()];
  }

  /** True for what is about an unlogged table, or about the partition tree of one. */
  concernsUnlogged(entry: TocEntry): boolean {
    return this.tablesOf(entry).some((table) => this.unloggedTrees.has(this.rootOf(table.dumpId)));
  }

  /** True for a constraint that rows of an unlogged table have to meet: it may be a parent's or a domain's. */
  bindsUnlogged(entry: TocEntry): boolean {
    return this.dependenciesOf(entry).some(({ dumpId }) => this.madeIntoUnlogged.has(dumpId));
  }

  private noteTree(table: TocEntry): void {
    const root = this.rootOf(table.dumpId);
    const tree = this.trees.get(root);
    if (tree === undefined) this.trees.set(root, [table]);
    else tree.push(table);
  }

  private noteAttach(entry: TocEntry): void {
    const tables = this.dependenciesOf(entry).filter((dependency) => dependency.desc === 'TABLE');
    // The attached partition has the entry's own name (dumpTableAttach in pg_dump.c); the other one is the parent.
    const child = tables.find((table) => table.tag === entry.tag && table.namespace === entry.namespace);
    const parent = tables.find((table) => table !== child);
    if (child !== undefined && parent !== undefined) this.parentOfTable.set(child.dumpId, parent.dumpId);
  }
}
