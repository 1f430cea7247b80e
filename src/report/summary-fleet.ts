import { formatBytes, formatDuration, formatExact, plural } from '../foundation/format.js';
import { boundedTable } from './bounded-table.js';
import { markdownCell, markdownCode } from './escape.js';
import type { DatabaseLine, RunReport, StatusLine } from './run-report.js';

/** What `databases` and `status` tell, for the job summary. */

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
};

/** The databases of a server, most urgent first. */
export function databasesTable({ databases }: RunReport): string {
  if (databases === null) return '';
  const heads = ['Database', 'Size', 'Newest backup', 'Age', 'Rule', 'State'];
  return boundedTable(heads, ':r:r::', databases, 'other', (line) => [
    markdownCode(line.database),
    size(line.sizeBytes),
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
  const anyProven = status.some(({ provenAt }) => provenAt !== null);
  const heads = ['Database', 'State', 'Age', 'Size', 'Rows', 'Newest backup', ...(anyProven ? ['Proven'] : []), ''];
  return boundedTable(heads, anyProven ? '::rrr:::' : '::rrr::', status, 'other', (line) => [
    markdownCode(line.database),
    STATUS_STATES[line.state],
    age(line.ageSeconds),
    size(line.sizeBytes),
    line.rows === null ? NONE : formatExact(line.rows),
    line.newestBackup === null ? NONE : markdownCode(line.newestBackup),
    ...(anyProven ? [line.provenAt?.slice(0, 10) ?? NONE] : []),
    markdownCell(line.reason),
  ]);
}

function size(bytes: number | null): string {
  return bytes === null ? NONE : formatBytes(bytes);
}

function age(seconds: number | null): string {
  return seconds === null ? NONE : formatDuration(seconds * 1000).replaceAll(' ', '&nbsp;');
}
