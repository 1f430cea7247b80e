import type { Stage } from './stage.js';
import type { UnitSettings } from './unit-settings.js';

/** What a unit's text is made of: it decides how the text is treated on its way to psql. */
export const UNIT_KINDS = ['statements', 'table-data', 'large-objects'] as const;
/** One of the kinds. */
export type UnitKind = (typeof UNIT_KINDS)[number];

/** A run of segments [from, to) of one data block; a whole block has all of them. */
export interface UnitBlock {
  dumpId: number;
  fromSegment: number;
  toSegment: number;
}

/** DDL on one table: `shared` goes with other `shared` (CREATE INDEX), `exclusive` with none. */
export interface TableLock {
  /** Dump id of the root of the table's partition tree; or of a view or publication, which work on parts of it locks. */
  table: number;
  mode: 'shared' | 'exclusive';
}

/** The least work of a restore: applied in one transaction, together with its row in the journal. */
export interface Unit {
  /** Stable name within a plan, and the primary key of the journal: `data/0007`. */
  id: string;
  stage: Stage;
  kind: UnitKind;
  /** For people: `TABLE DATA app.t`, or `TABLE DATA app.t and 41 more`. */
  title: string;
  /** TOC entries of the unit, in TOC order. */
  dumpIds: number[];
  /** Blocks to read, in the order of the archive. */
  blocks: UnitBlock[];
  /** Archive bytes of the blocks; for statements on a table, the bytes of that table's data: the larger, the earlier. */
  weightBytes: number;
  /** True when all it does is lost in a crash of the server: its journal row has to get lost with it. */
  unlogged: boolean;
  /** Units of the same stage that must be finished before. */
  after: string[];
  locks: TableLock[];
  /** Of a computing table: the function of the archive that its rows run while they load, `FUNCTION app.f(text)`. */
  rowsRun?: string;
  /** Dump ids of the foreign keys that it adds NOT VALID: each has a unit of the stage `validation`. */
  notValid?: number[];
  /** Hold for its transaction. */
  settings?: UnitSettings;
  /** Bytes of temporary files that it may write at the same time, as an estimate; left out for what writes none to speak of. */
  tempBytes?: number;
}
