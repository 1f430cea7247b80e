import type { TocEntry } from '../archive/types.js';
import { namesInKey } from './definition.js';
import type { TocGraph } from './toc-graph.js';

/** An index reaches functions through these kinds; a table's own dependencies (column defaults) are not the index's. */
const RELATIONS_AND_TYPES = new Set([
  'TABLE',
  'FOREIGN TABLE',
  'VIEW',
  'MATERIALIZED VIEW',
  'SEQUENCE',
  'SCHEMA',
  'EXTENSION',
  'TYPE',
  'DOMAIN',
]);
const TYPES = new Set(['TYPE', 'DOMAIN']);
/** What calls a function without a dependency in the archive that says so. */
const HIDDEN_CALLERS = new Set(['FUNCTION', 'OPERATOR', 'OPERATOR CLASS', 'CAST']);

/** Finds out which function of the archive an index calls: it may read tables that are not loaded yet. */
export class IndexFunctions {
  private readonly hiddenCallers: readonly TocEntry[];
  private readonly defaultClasses: readonly TocEntry[];

  constructor(readonly graph: TocGraph) {
    this.hiddenCallers = graph.entries.filter(({ desc }) => HIDDEN_CALLERS.has(desc));
    this.defaultClasses = this.hiddenCallers.filter(
      ({ desc, definition }) => desc === 'OPERATOR CLASS' && /^\s+DEFAULT FOR TYPE /m.test(definition),
    );
  }

  /** The first such function of an INDEX or CONSTRAINT; null when there is none. */
  calledBy(entry: TocEntry): TocEntry | null {
    return this.reached(entry) ?? this.named(entry) ?? this.comparing(entry);
  }

  private reached(entry: TocEntry): TocEntry | null {
    const seen = new Set<number>();
    const queue = this.graph.dependenciesOf(entry);
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      if (seen.has(next.dumpId) || RELATIONS_AND_TYPES.has(next.desc)) continue;
      seen.add(next.dumpId);
      if (isFunction(next)) return next;
      queue.push(...this.graph.dependenciesOf(next));
    }
    return null;
  }

  /**
   * pg_dump writes no dependency of an exclusion on what its expressions and operator classes are made of: that hangs on the
   * index behind it. The SQL names it, but for casts, of which it names at most the type.
   */
  private named(entry: TocEntry): TocEntry | null {
    if (entry.desc !== 'CONSTRAINT') return null;
    const names = namesInKey(entry);
    if (names.all.size === 0 && names.operators.size === 0 && !names.casts) return null;
    const types = names.casts ? this.typesOf(this.graph.tablesOf(entry)) : new Set<number>();
    const isUsed = (caller: TocEntry): boolean => {
      const name = `${caller.namespace}.${caller.tag}`;
      switch (caller.desc) {
        case 'FUNCTION':
          return names.functions.has(name.slice(0, name.indexOf('(')));
        case 'OPERATOR':
          return names.operators.has(name);
        case 'OPERATOR CLASS':
          return names.all.has(name);
        default:
          return names.casts && this.isAbout(caller, types, names.all);
      }
    };
    return this.firstOf(this.hiddenCallers.filter(isUsed));
  }

  /** A key compares by the default operator classes of its types, and arrays and rows by those of their elements. */
  private comparing(entry: TocEntry): TocEntry | null {
    if (this.defaultClasses.length === 0) return null;
    const types = this.typesOf(this.graph.tablesOf(entry));
    return this.firstOf(this.defaultClasses.filter((operators) => this.isAbout(operators, types, new Set())));
  }

  private isAbout(caller: TocEntry, types: ReadonlySet<number>, names: ReadonlySet<string>): boolean {
    return this.graph
      .dependenciesOf(caller)
      .some(
        ({ dumpId, desc, namespace, tag }) =>
          TYPES.has(desc) && (types.has(dumpId) || names.has(`${namespace}.${tag}`)),
      );
  }

  /** The types of the tables' columns, and those that these are made of. */
  private typesOf(tables: readonly TocEntry[]): Set<number> {
    const types = new Set<number>();
    const queue = [...tables];
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      for (const type of this.graph.dependenciesOf(next)) {
        if (!TYPES.has(type.desc) || types.has(type.dumpId)) continue;
        types.add(type.dumpId);
        queue.push(type);
      }
    }
    return types;
  }

  private firstOf(callers: readonly TocEntry[]): TocEntry | null {
    for (const caller of callers) {
      const called = isFunction(caller) ? caller : this.reached(caller);
      if (called !== null) return called;
    }
    return null;
  }
}

function isFunction({ desc }: TocEntry): boolean {
  return desc === 'FUNCTION' || desc === 'AGGREGATE' || desc === 'PROCEDURE';
}
