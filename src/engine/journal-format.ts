import * as z from 'zod';
import type { RoleRename } from '../archive/renamed-roles.js';
import { PhaseliftError } from '../foundation/errors.js';
import { VALIDATE_FOREIGN_KEYS, type ValidateForeignKeys } from '../plan/foreign-key-validation.js';
import { INDEX_STRATEGIES } from '../plan/index-strategy.js';
import type { Plan } from '../plan/plan.js';
import type { SelectionOptions } from '../plan/selection.js';
import { STAGES } from '../plan/stage.js';
import { UNIT_KINDS, type Unit } from '../plan/unit.js';
import { UNIT_SETTINGS, type UnitSettings } from '../plan/unit-settings.js';
import { JOURNAL_SCHEMA } from '../postgres/contents.js';
import { RESTORE_ARGS, type RestoreArg } from '../postgres/restore-args.js';

/** The form of the journal that this version writes, and the only one that it reads. */
export const JOURNAL_FORMAT = 1;

/** What the restore in progress is about. A resume goes by this, not by what the inputs say now. */
export interface JournalHeader {
  format: number;
  database: string;
  backupName: string;
  archiveUri: string;
  archiveSha256: string;
  indexStrategy: Plan['indexStrategy'];
  /** Not there in a journal of a version that validated all at once. */
  validateForeignKeys?: ValidateForeignKeys;
  /** As they were written; not there in a journal of a version without them. */
  indexOverrides?: string[];
  /** What roles are called on the target; not there where none has another name. */
  roleMap?: RoleRename[];
  /** Arguments of pg_restore, the same for all units. */
  restoreArgs: RestoreArg[];
  /** What of the archive is restored was decided by these. */
  selection: SelectionOptions;
  reasons: Plan['reasons'];
  leftOut: Plan['leftOut'];
}

export interface FinishedUnit {
  unit: string;
  rows: number | null;
  bytes: number;
  seconds: number;
}

const selection: z.ZodType<SelectionOptions> = z.object({
  // Not there in a journal of a version that restored everything.
  only: z
    .array(z.object({ kind: z.string().nullable(), schema: z.string().nullable(), name: z.string(), text: z.string() }))
    .default([]),
  skipEntries: z.array(z.object({ desc: z.string(), name: z.string().nullable(), text: z.string() })),
  keepSubscriptions: z.boolean(),
  keepPrivileges: z.boolean(),
  targetIsSuperuser: z.boolean(),
  targetMajor: z.int(),
  installedExtensions: z.array(z.string()),
  existing: z.array(z.object({ kind: z.enum(['SCHEMA', 'LANGUAGE']), name: z.string(), isOwn: z.boolean() })),
  journalSchema: z.string(),
});

const header: z.ZodType<JournalHeader> = z.object({
  format: z.literal(JOURNAL_FORMAT),
  database: z.string(),
  backupName: z.string(),
  archiveUri: z.string(),
  archiveSha256: z.string(),
  indexStrategy: z.enum(INDEX_STRATEGIES),
  validateForeignKeys: z.enum(VALIDATE_FOREIGN_KEYS).exactOptional(),
  indexOverrides: z.array(z.string()).exactOptional(),
  roleMap: z.array(z.object({ from: z.string(), to: z.string() })).exactOptional(),
  restoreArgs: z.array(z.enum(RESTORE_ARGS)),
  selection,
  reasons: z.array(z.string()),
  leftOut: z.array(z.object({ dumpId: z.int(), title: z.string(), reason: z.string(), worthTelling: z.boolean() })),
});

const settings: z.ZodType<UnitSettings> = z.strictObject({
  enable_hashjoin: z.string().regex(UNIT_SETTINGS.enable_hashjoin).exactOptional(),
  enable_mergejoin: z.string().regex(UNIT_SETTINGS.enable_mergejoin).exactOptional(),
  maintenance_work_mem: z.string().regex(UNIT_SETTINGS.maintenance_work_mem).exactOptional(),
  max_parallel_maintenance_workers: z.string().regex(UNIT_SETTINGS.max_parallel_maintenance_workers).exactOptional(),
});

const unit: z.ZodType<Unit> = z.object({
  id: z.string(),
  stage: z.enum(STAGES),
  kind: z.enum(UNIT_KINDS),
  title: z.string(),
  dumpIds: z.array(z.int()),
  blocks: z.array(z.object({ dumpId: z.int(), fromSegment: z.int(), toSegment: z.int() })),
  weightBytes: z.number(),
  unlogged: z.boolean(),
  after: z.array(z.string()),
  locks: z.array(z.object({ table: z.int(), mode: z.enum(['shared', 'exclusive']) })),
  rowsRun: z.string().exactOptional(),
  notValid: z.array(z.int()).exactOptional(),
  settings: settings.exactOptional(),
  tempBytes: z.number().nonnegative().exactOptional(),
});

const finishedUnit: z.ZodType<FinishedUnit> = z.object({
  unit: z.string(),
  rows: z.int().nullable(),
  bytes: z.int(),
  seconds: z.number(),
});

/** Reads what the journal has in JSON. Throws TARGET_NOT_EMPTY for a journal of another form, naming the member. */
export function parseHeader(value: unknown): JournalHeader {
  const format = typeof value === 'object' && value !== null && 'format' in value ? value.format : undefined;
  if (typeof format === 'number' && format !== JOURNAL_FORMAT) {
    throw unreadable(`it has format ${format}, and this version of Phaselift knows ${JOURNAL_FORMAT}`);
  }
  return parsed(header, value, 'header');
}

/** A row of the plan. Throws as `parseHeader`. */
export function parseUnit(value: unknown): Unit {
  return parsed(unit, value, 'plan');
}

/** A row of a finished unit. Throws as `parseHeader`. */
export function parseFinished(value: unknown): FinishedUnit {
  return parsed(finishedUnit, value, 'finished units');
}

/**
 * For a column of type json, which keeps escapes as they are: the target's encoding may lack characters of ours, or of names
 * that are to be left out.
 */
export function asciiJson(value: unknown): string {
  return JSON.stringify(value).replace(
    /[^\x20-\x7e]/g,
    (codeUnit) => `\\u${codeUnit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

function parsed<T>(schema: z.ZodType<T>, value: unknown, what: string): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const place = [what, ...(issue?.path ?? [])].map(String).join('.');
  throw unreadable(`${place}: ${issue?.message ?? 'not of the known form'}`);
}

function unreadable(why: string): PhaseliftError {
  return new PhaseliftError('TARGET_NOT_EMPTY', `the journal of the restore in the target cannot be read: ${why}`, {
    object: `SCHEMA ${JOURNAL_SCHEMA}`,
    hint: 'Go on with the version of Phaselift that began this restore, or drop and create the target to start anew.',
  });
}
