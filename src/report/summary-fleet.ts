import { formatAge, formatBytes, formatExact, plural } from '../foundation/format.js';
import { boundedTable } from './bounded-table.js';
import { markdownCell, markdownCode } from './escape.js';
import type { DatabaseLine, FleetLine, RunReport, StatusLine } from './run-report.js';

/** What modes tell of many databases, for the job summary. */

const NONE = '–';

/** `Found 12 databases, 3 due`. */
export function databasesResult({ databases }: RunReport): string {
  const lines = databases ?? [];
  return `Found ${plural(lines.length, 'database')}, ${formatExact(lines.filter(({ due }) => due).length)} due`;
}

const DATABASE_STATES: Record<DatabaseLine['state'], string> = {
  due: '⏰ due',
  'not due': '✅ not due',
  'no rule': '➖ no rule',
  'no access': '⚠️ no access',
  unfit: '⚠️ unfit name',
};

/** The databases of a server, most urgent first. */
export function databasesTable({ databases }: RunReport): string {
  if (databases === null) return '';
  const heads = ['Database', 'Size', 'Archive', 'Newest backup', 'Age', 'Rule', 'State'];
  return boundedTable(heads, ':rr:r::', databases, 'other', (line) => [
    markdownCode(line.database),
    size(line.sizeBytes),
    size(line.estimatedBytes),
    line.newestBackup === null ? NONE : markdownCode(line.newestBackup),
    age(line.ageSeconds),
    line.rule === null ? NONE : markdownCode(line.rule),
    DATABASE_STATES[line.state],
  ]);
}

const STATUS_STATES: Record<StatusLine['state'], string> = {
  ok: '✅ ok',
  late: '❌ late',
  missing: '❌ missing',
  broken: '❌ broken',
  shrunk: '⚠️ shrunk',
};

/** How the backups of all databases are, worst first. */
export function statusTable({ status }: RunReport): string {
  if (status === null) return '';
  // Few columns, and the reason below the name: a phone shows them all.
  const anyProven = status.some(({ provenAt }) => provenAt !== null);
  const heads = ['Database', 'State', 'Age', 'Size', 'Rows', ...(anyProven ? ['Proven'] : [])];
  return boundedTable(heads, anyProven ? '::rrr:' : '::rrr', status, 'other', (line) => [
    line.reason === '' ? markdownCode(line.database) : `${markdownCode(line.database)}<br>${markdownCell(line.reason)}`,
    STATUS_STATES[line.state],
    age(line.ageSeconds),
    size(line.sizeBytes),
    line.rows === null ? NONE : formatExact(line.rows),
    ...(anyProven ? [line.provenAt?.slice(0, 10) ?? NONE] : []),
  ]);
}

const FLEET_STATES: Record<FleetLine['state'], string> = {
  done: '✅',
  failed: '❌ failed',
  'left alone': '➖ left alone',
};

/** What a list, a verification or a prune of many has found or done, by database. */
export function fleetTable({ fleet }: RunReport): string {
  if (fleet === null || fleet.length === 0) return '';
  return boundedTable(['Database', '', 'Backups', 'Size', 'Newest'], '::rr:', fleet, 'other', (line) => [
    line.text === '' ? markdownCode(line.database) : `${markdownCode(line.database)}<br>${markdownCell(line.text)}`,
    FLEET_STATES[line.state],
    line.backups === null ? NONE : formatExact(line.backups),
    size(line.sizeBytes),
    line.newestBackup === null ? NONE : markdownCode(line.newestBackup),
  ]);
}

/** `Found 12 complete backups of 4 databases`: how it ended well; what a prune did is told elsewhere. */
export function fleetResult({ mode, fleet, backups }: RunReport): string {
  const databases = plural(fleet?.length ?? 0, 'database');
  if (mode === 'verify') return `Verified backups of ${databases}: they are whole`;
  const complete = backups?.filter(({ state }) => state === 'complete').length ?? 0;
  return `Found ${plural(complete, 'complete backup')} of ${databases}`;
}

function size(bytes: number | null): string {
  return bytes === null ? NONE : formatBytes(bytes);
}

function age(seconds: number | null): string {
  return seconds === null ? NONE : formatAge(seconds * 1000).replaceAll(' ', '&nbsp;');
}
