/** Whether a database is to be backed up now, and whether its backups are well. Pure. */
import { dueSince, type Schedule } from './schedule.js';

/** A complete backup of a database. */
export interface KnownBackup {
  name: string;
  takenAt: Date;
  sizeBytes: number | null;
  /** null where nobody has counted them. */
  rows: number | null;
}

/**
 * True for what has no complete backup since the last time that its schedule says: what was dropped or has failed is made up for by the
 * next look. null: whatever is asked for is due.
 */
export function isDue(schedule: Schedule | null, newest: KnownBackup | null, now: Date): boolean {
  if (schedule === null || newest === null) return true;
  const since = dueSince(schedule, now);
  return since !== null && newest.takenAt < since;
}

/** What a database is held to. */
export interface HealthLimits {
  /** How old the newest backup may be; null: see LATE_AFTER_MS. */
  maxAgeMs: number | null;
  /** A share of the rows, in (0, 1]: who has lost more than that from one backup to the next is suspicious; null: nobody is. */
  maxShrink: number | null;
}

export interface HealthRule extends HealthLimits {
  schedule: Schedule | null;
}

/** So long after a backup was due it is late, where no age is given. */
export const LATE_AFTER_MS = 2 * 60 * 60 * 1000;

export type HealthState = 'ok' | 'late' | 'missing' | 'shrunk' | 'broken';

export interface Health {
  state: HealthState;
  /** For people; empty where all is well. */
  reason: string;
}

/** What was found of a database. */
export interface Findings {
  /** Complete ones, newest first. */
  backups: readonly KnownBackup[];
  /** Of its newest backup by name whose manifest cannot be read; null where all can. */
  unreadable: string | null;
}

/** The worst that is to be said of a database's backups. */
export function healthOf({ backups, unreadable }: Findings, rule: HealthRule, now: Date): Health {
  const [newest = null, before = null] = backups;
  if (unreadable !== null) return { state: 'broken', reason: `the manifest of ${unreadable} cannot be read` };
  if (newest === null) return { state: 'missing', reason: 'it has no complete backup' };
  if (isLate(newest, rule, now)) return { state: 'late', reason: 'its newest backup is older than it may be' };
  const lost = lostShare(newest, before);
  if (rule.maxShrink !== null && lost > rule.maxShrink) {
    const percent = Math.floor(lost * 100);
    return { state: 'shrunk', reason: `${newest.name} has ${percent}% fewer rows than the backup before it` };
  }
  return { state: 'ok', reason: '' };
}

/** Of the rows of the backup before, in [0, 1]; 0 where rows were not counted. */
export function lostShare(newest: KnownBackup, before: KnownBackup | null): number {
  if (before?.rows == null || newest.rows === null || before.rows === 0) return 0;
  return Math.max(0, (before.rows - newest.rows) / before.rows);
}

/** A table, and its rows in the newest backup and the one before. */
export interface ShrunkTable {
  table: string;
  rows: number;
  rowsBefore: number;
}

/**
 * Tables that have lost more than a share of their rows from one backup to the next, what lost most rows first. A table that is gone is none of
 * them: partitions go like that every day. Nor is one whose rows nobody has counted.
 */
export function shrunkTables(
  before: ReadonlyMap<string, number>,
  newest: ReadonlyMap<string, number>,
  maxShrink: number,
): ShrunkTable[] {
  return [...before]
    .flatMap(([table, rowsBefore]) => {
      const rows = newest.get(table) ?? rowsBefore;
      return rowsBefore - rows > maxShrink * rowsBefore ? [{ table, rows, rowsBefore }] : [];
    })
    .sort((a, b) => b.rowsBefore - b.rows - (a.rowsBefore - a.rows));
}

function isLate(newest: KnownBackup, { schedule, maxAgeMs }: HealthRule, now: Date): boolean {
  if (maxAgeMs !== null) return now.getTime() - newest.takenAt.getTime() > maxAgeMs;
  return schedule !== null && isDue(schedule, newest, new Date(now.getTime() - LATE_AFTER_MS));
}
