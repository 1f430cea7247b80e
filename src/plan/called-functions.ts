import { namesIn, namesInKey, type NamesInSql } from '../archive/entry-sql.js';
import type { TocEntry } from '../archive/types.js';
import { loadExpressions, type LoadExpressions } from './load-expressions.js';
import type { TocGraph } from './toc-graph.js';

/** What is looked at by itself, or calls nothing: an index is about a table, but does not call the table's functions. */
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
  'ACCESS METHOD',
  'SERVER',
]);
const TYPES = new Set(['TYPE', 'DOMAIN']);
const TABLES = new Set(['TABLE', 'FOREIGN TABLE']);
/** What calls a function without a dependency in the archive that says so. */
const HIDDEN_CALLERS = new Set(['FUNCTION', 'OPERATOR', 'OPERATOR CLASS', 'CAST']);

/** Finds out which function of the archive is called while an index is filled or rows load: it may read other tables. */
export class CalledFunctions {
  /** Of those that SQL names, by `schema.name`. */
  private readonly callersNamed = new Map<string, TocEntry[]>();
  private readonly casts: readonly TocEntry[];
  /** Default operator classes by the dump ids of their types. */
  private readonly classesOfType = new Map<number, TocEntry[]>();
  /** Functions behind casts: SQL need not name them. */
  private readonly casting: ReadonlySet<number>;
  private readonly ownNames: ReadonlySet<string>;
  private readonly hasConfiguration: boolean;
  private readonly expressions = new Map<number, LoadExpressions>();

  constructor(readonly graph: TocGraph) {
    const hiddenCallers = graph.entries.filter(({ desc }) => HIDDEN_CALLERS.has(desc));
    this.casts = hiddenCallers.filter(({ desc }) => desc === 'CAST');
    for (const caller of hiddenCallers) {
      if (caller.desc !== 'CAST') note(this.callersNamed, nameOf(caller), caller);
      if (caller.desc !== 'OPERATOR CLASS' || !/^\s+DEFAULT FOR TYPE /m.test(caller.definition)) continue;
      const types = graph.dependenciesOf(caller).filter(({ desc }) => TYPES.has(desc));
      for (const { dumpId } of new Set(types)) note(this.classesOfType, dumpId, caller);
    }
    this.casting = new Set(this.casts.flatMap((cast) => graph.dependenciesOf(cast)).map(({ dumpId }) => dumpId));
    this.ownNames = new Set(hiddenCallers.map(nameOf));
    this.hasConfiguration = graph.entries.some((entry) => graph.isConfiguration(entry));
  }

  /** The first such function of an INDEX or CONSTRAINT; null when there is none. */
  byIndex(entry: TocEntry): TocEntry | null {
    return this.reached(entry) ?? this.named(entry) ?? this.comparing(this.graph.tablesOf(entry));
  }

  /**
   * The first such function that is called for each row that is loaded into one of the tables: by generated columns, checks,
   * partition keys, domains, and types that are made of these; null when there is none. Functions of extensions are not in
   * the archive and read no tables of users, but they may read rows of their own that are: then it is the EXTENSION.
   */
  byRowsOf(tables: readonly TocEntry[]): TocEntry | null {
    const parts = this.graph.closure(tables, (part) => TABLES.has(part.desc) || TYPES.has(part.desc));
    // A child does not repeat the expressions of its parents, and depends on their functions all the same.
    const [family, types] = [parts.filter(({ desc }) => TABLES.has(desc)), parts.filter(({ desc }) => TYPES.has(desc))];
    let evaluates = false;
    for (const group of [family, ...types.map((type) => [type])]) {
      const expressions = group.map((part) => this.expressionsOf(part));
      if (expressions.every(({ atLoad }) => atLoad === '')) continue;
      evaluates = true;
      const [atLoad, defaults] = [
        namesIn(expressions.map((each) => each.atLoad).join('\n')),
        namesIn(expressions.map((each) => each.defaults).join('\n')),
      ];
      const inText = [...atLoad.all];
      const callers = group
        .flatMap((part) => this.graph.dependenciesOf(part))
        .filter(({ desc }) => !RELATIONS_AND_TYPES.has(desc))
        .filter((caller) => isNamed(caller, atLoad) || !isNamed(caller, defaults) || this.casting.has(caller.dumpId))
        .sort((a, b) => placeOf(a, inText) - placeOf(b, inText));
      const called = this.firstOf(callers);
      if (called !== null) return called;
      const extension = this.hasConfiguration ? this.extensionNamedIn(atLoad, group) : undefined;
      if (extension !== undefined) return extension;
    }
    return evaluates ? this.comparing(tables) : null;
  }

  /** Kept, as one type or parent may have many tables. */
  private expressionsOf(part: TocEntry): LoadExpressions {
    const expressions = this.expressions.get(part.dumpId) ?? loadExpressions(part);
    this.expressions.set(part.dumpId, expressions);
    return expressions;
  }

  private extensionNamedIn(names: NamesInSql, group: readonly TocEntry[]): TocEntry | undefined {
    const foreign = [...names.functions, ...names.operators].some((name) => !this.ownNames.has(name));
    if (!foreign) return undefined;
    return group.flatMap((part) => this.graph.dependenciesOf(part)).find(({ desc }) => desc === 'EXTENSION');
  }

  private reached(entry: TocEntry): TocEntry | null {
    const seen = new Set<number>();
    const queue = [...this.graph.dependenciesOf(entry)];
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
    const texts = new Set([...names.all, ...names.functions, ...names.operators]);
    const named = [...texts].flatMap((name) => this.callersNamed.get(name) ?? []);
    return this.firstInToc([
      ...named.filter((caller) => isNamed(caller, names)),
      ...(names.casts ? this.casts.filter((cast) => this.isAbout(cast, types, names.all)) : []),
    ]);
  }

  /** Values compare by the default operator classes of their types, and arrays and rows by those of their elements. */
  private comparing(tables: readonly TocEntry[]): TocEntry | null {
    if (this.classesOfType.size === 0) return null;
    const types = this.typesOf(tables);
    return this.firstInToc([...types].flatMap((dumpId) => this.classesOfType.get(dumpId) ?? []));
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
    const types = this.graph.closure(tables, ({ desc }) => TYPES.has(desc)).slice(tables.length);
    return new Set(types.map(({ dumpId }) => dumpId));
  }

  private firstInToc(callers: readonly TocEntry[]): TocEntry | null {
    return this.firstOf(callers.toSorted((a, b) => this.graph.positionOf(a.dumpId) - this.graph.positionOf(b.dumpId)));
  }

  private firstOf(callers: readonly TocEntry[]): TocEntry | null {
    for (const caller of callers) {
      const called = isFunction(caller) ? caller : this.reached(caller);
      if (called !== null) return called;
    }
    return null;
  }
}

function note<Key>(map: Map<Key, TocEntry[]>, key: Key, entry: TocEntry): void {
  const known = map.get(key);
  if (known === undefined) map.set(key, [entry]);
  else known.push(entry);
}

/** True when SQL names the function, operator or operator class. */
function isNamed(caller: TocEntry, names: NamesInSql): boolean {
  const kind = isFunction(caller) ? 'functions' : caller.desc === 'OPERATOR' ? 'operators' : 'all';
  return names[kind].has(nameOf(caller));
}

/** `schema.name`, without the arguments of a function. */
function nameOf(caller: TocEntry): string {
  const { namespace, tag } = caller;
  return `${namespace}.${isFunction(caller) ? tag.slice(0, tag.indexOf('(')) : tag}`;
}

/** By the order in the text, so that the same function is named whatever order dependencies come in. */
function placeOf(caller: TocEntry, inText: readonly string[]): number {
  const place = inText.indexOf(nameOf(caller));
  return place === -1 ? inText.length : place;
}

function isFunction({ desc }: TocEntry): boolean {
  return desc === 'FUNCTION' || desc === 'AGGREGATE' || desc === 'PROCEDURE';
}
