import { columnType, keyConstraint } from '../archive/entry-sql.js';
import { entryTitle } from '../archive/entry-title.js';
import { foreignKey, type ForeignKey } from '../archive/foreign-key.js';
import type { TocEntry } from '../archive/types.js';
import { formatBytes } from '../foundation/format.js';
import { reasonLines, type Exception } from './reason-lines.js';
import type { TableRows, TableSizes } from './table-sizes.js';
import type { BuildRoom } from './temp-budget.js';
import type { TocGraph } from './toc-graph.js';
import type { Unit } from './unit.js';
import type { UnitSettings } from './unit-settings.js';

/**
 * To compare the rows of a foreign key the server joins both tables (RI_Initial_Check in ri_triggers.c), by a hash of the referenced
 * table's keys in maintenance_work_mem. Where they do not fit, the keys of both tables go into temporary files. A nested
 * loop over the index of the referenced key needs none; it takes several times as long (ADR 26).
 */
export const CHECK_BY_INDEX: UnitSettings = { enable_hashjoin: 'off', enable_mergejoin: 'off' };

/** Of a row in a batch's file: hash value and the header of a tuple (ExecHashJoinSaveTuple). */
const ROW_IN_FILE = 20;
/** Of a row in the hash table, without what is aligned: its header there, and its bucket, of which there may be two. */
const ROW_IN_MEMORY = 16 + 16;
const TUPLE_HEADER = 16;
/** What was measured lay up to this share above the count of keys. */
const MARGIN = 1.1;
/**
 * The planner goes by the pages of a table that was never analyzed. Where it took the keys for less than the memory, whole rows of
 * the other table are written instead of their keys; with so many times the memory it is not that far off.
 */
const SURELY_IN_BATCHES = 16;

const WIDTHS: readonly (readonly [RegExp, number])[] = [
  [/^(?:boolean|smallint)\b/, 2],
  [/^(?:integer|date|real|oid)\b/, 4],
  [/^(?:bigint|timestamp|double precision|money)\b/, 8],
  [/^time\b/, 12],
  [/^(?:uuid|interval)\b/, 16],
];

/** What checking the rows of foreign keys takes, and how it is done. */
export class ForeignKeyChecks {
  private readonly byIndex: Exception[] = [];

  constructor(
    private readonly graph: TocGraph,
    private readonly sizes: TableSizes,
    private readonly room: BuildRoom,
  ) {}

  /** The unit, with what the checks in it need. */
  settle(unit: Unit): Unit {
    const checked = unit.dumpIds.flatMap((dumpId) => (unit.notValid?.includes(dumpId) === true ? [] : [dumpId]));
    const needed = checked.map((dumpId) => this.tempBytesOf(dumpId));
    const tooMuch = needed.filter((bytes) => bytes > this.room.tempBytes);
    // One after the other: what the first has written is gone when the second begins.
    const tempBytes = Math.max(unit.tempBytes ?? 0, ...needed);
    if (tempBytes === 0) return unit;
    if (tooMuch.length === 0) return { ...unit, tempBytes };
    for (const [at, dumpId] of checked.entries()) this.note(dumpId, needed[at] ?? 0);
    return { ...unit, settings: { ...unit.settings, ...CHECK_BY_INDEX } };
  }

  get reasons(): string[] {
    return reasonLines(this.byIndex);
  }

  private note(dumpId: number, tempBytes: number): void {
    const entry = this.graph.byId.get(dumpId);
    if (entry === undefined || tempBytes <= this.room.tempBytes) return;
    const title = entryTitle(entry);
    this.byIndex.push({
      what: `${title} is checked row by row over the index of the key that it refers to, as a join of both tables may write ${formatBytes(tempBytes)}`,
      title,
      reason: `the budget of temporary files is ${formatBytes(this.room.tempBytes)}`,
    });
  }

  /** Of temporary files, at most; 0 for what is no foreign key, and where rows are compared one by one in any case. */
  private tempBytesOf(dumpId: number): number {
    const entry = this.graph.byId.get(dumpId);
    const key = entry === undefined ? null : foreignKey(entry);
    if (entry === undefined || key?.isChecked !== true || key.hasPeriod) return 0;
    const own = this.graph.tableOf(entry, key.schema, key.table);
    const referenced = this.graph.tableOf(entry, key.referenced.schema, key.referenced.table);
    if (own === undefined || referenced === undefined) return 0;
    const keys = sumOf(this.sizes.partsOf(referenced));
    // Partitions are checked one by one.
    const parts = this.sizes.partsOf(own);
    const width = this.keyBytes(entry, key, referenced, [keys, ...parts]);
    return Math.max(0, ...parts.map((rows) => joinTempBytes(keys, rows, width, this.room.memoryBytes)));
  }

  /** Of the columns that are compared. */
  private keyBytes(entry: TocEntry, key: ForeignKey, referenced: TocEntry, tables: readonly TableRows[]): number {
    const known = this.entryBytesOf(entry);
    if (known !== null) return known;
    // A value is in both tables, so it is no wider than the rows of the narrower one, on average.
    const narrowest = Math.max(8, Math.min(...tables.map(textBytesOfRow)));
    const widths = key.referenced.columns.map((column) => {
      const type = columnType(referenced, column);
      return WIDTHS.find(([pattern]) => type !== null && pattern.test(type))?.[1];
    });
    const unknown = widths.some((width) => width === undefined) ? narrowest : 0;
    return widths.reduce<number>((sum, width) => sum + (width ?? 0), unknown);
  }

  private entryBytesOf(entry: TocEntry): number | null {
    const index = this.graph.dependenciesOf(entry).find(({ desc }) => desc === 'CONSTRAINT' || desc === 'INDEX');
    if (index === undefined) return null;
    const name = keyConstraint(index)?.name ?? index.tag;
    return this.sizes.sizeOf(index.namespace, name)?.entryBytes ?? null;
  }
}

function joinTempBytes(keys: TableRows, rows: TableRows, keyBytes: number, memoryBytes: number): number {
  const inMemory = keys.rows * (ROW_IN_MEMORY + 8 * Math.ceil((TUPLE_HEADER + keyBytes) / 8));
  if (rows.rows === 0 || inMemory <= memoryBytes) return 0;
  const keyInFile = ROW_IN_FILE + 4 * Math.ceil(keyBytes / 4);
  const rowInFile = inMemory > SURELY_IN_BATCHES * memoryBytes ? keyInFile : keyInFile + 1.5 * textBytesOfRow(rows);
  return Math.ceil((keys.rows * keyInFile + rows.rows * rowInFile) * MARGIN);
}

function sumOf(parts: readonly TableRows[]): TableRows {
  return parts.reduce((sum, { rows, textBytes }) => ({ rows: sum.rows + rows, textBytes: sum.textBytes + textBytes }), {
    rows: 0,
    textBytes: 0,
  });
}

function textBytesOfRow({ rows, textBytes }: TableRows): number {
  return rows === 0 ? Infinity : textBytes / rows;
}
