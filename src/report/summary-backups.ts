import { formatBytes, formatExact, formatTime } from '../foundation/format.js';
import { boundedTable } from './bounded-table.js';
import { markdownCell, markdownCode } from './escape.js';
import type { BackupLine, PruneLine, RunReport } from './run-report.js';

/** What `list`, `show` and `prune` tell, for the job summary. */

const NONE = '–';

/** The backups that a list found. */
export function backupTable({ mode, backups, fleet }: RunReport): string {
  // Of many databases there is a line for each instead.
  if (mode !== 'list' || backups === null || fleet !== null) return '';
  const anyProven = backups.some(({ provenAt }) => provenAt !== null);
  const heads = ['Backup', 'Taken', 'Size', 'Rows', 'Tables', 'Server', 'pg_dump', 'State'];
  if (anyProven) heads.push('Proven');
  return boundedTable(heads, anyProven ? '::rrr::::' : '::rrr:::', backups, 'older', (line) => [
    markdownCode(line.name),
    line.takenAt === null ? NONE : timeText(line.takenAt),
    ...numbersOf(line),
    markdownCell(line.serverVersion ?? NONE, 60),
    markdownCell(line.dumpVersion ?? NONE, 60),
    line.state === 'complete' ? '✅ complete' : `⚠️ ${markdownCell(line.state)}`,
    ...(anyProven ? [line.provenAt === null ? NONE : timeText(line.provenAt)] : []),
  ]);
}

const ROLES_SHOWN = 50;

/** The tables of a backup, and what else there is. */
export function contentsTable({ contents }: RunReport): string {
  if (contents === null) return '';
  const size = (bytes: number | null): string => (bytes === null ? NONE : formatBytes(bytes));
  const heads = ['Table', 'Rows', 'Size', 'At the source', 'Indexes'];
  const tables = boundedTable(heads, ':rrrr', contents.tables, 'smaller', (table) => [
    markdownCode(`${table.schema}.${table.name}`),
    table.rows === null ? NONE : formatExact(table.rows),
    size(table.sizeBytes),
    size(table.sourceBytes),
    formatExact(table.indexes.length),
  ]);
  const others = Object.entries(contents.others).map(([kind, count]) => `${markdownCell(kind)}: ${formatExact(count)}`);
  const roles = contents.roles.slice(0, ROLES_SHOWN).map(({ name }) => markdownCode(name));
  const more = contents.roles.length - roles.length;
  return [
    tables,
    others.length === 0 ? '' : `Besides: ${others.join(', ')}.`,
    roles.length === 0
      ? ''
      : `Roles that it names: ${roles.join(', ')}${more > 0 ? ` and ${formatExact(more)} more` : ''}.`,
  ]
    .filter((part) => part !== '')
    .join('\n\n');
}

/** What a prune kept and removed, and why. */
export function pruneTable({ prune, fleet }: RunReport): string {
  // Of many databases only what is not as it was.
  const lines = fleet === null ? prune?.lines : prune?.lines.filter(({ fate }) => fate !== 'kept');
  if (lines === undefined || (fleet !== null && lines.length === 0)) return '';
  return boundedTable(['Backup', 'Taken', 'Size', 'What', 'Why'], '::r::', lines, 'older', (line) => [
    line.database === undefined ? markdownCode(line.name) : `${markdownCode(line.database)} ${markdownCode(line.name)}`,
    timeText(line.at),
    line.sizeBytes === null ? NONE : formatBytes(line.sizeBytes),
    FATES[line.fate],
    markdownCell(line.reason),
  ]);
}

const FATES: Record<PruneLine['fate'], string> = {
  kept: '✅ kept',
  removed: '🗑️ removed',
  'to be removed': '🗑️ to be removed',
  'left alone': '➖ left alone',
};

/** `Removed 3, kept 4, left 1 alone`: how a prune ended well. */
export function pruneResult({ dryRun, lines }: NonNullable<RunReport['prune']>): string {
  const count = (...fates: PruneLine['fate'][]): string =>
    formatExact(lines.filter(({ fate }) => fates.includes(fate)).length);
  const [gone, kept, left] = [count('removed', 'to be removed'), count('kept'), count('left alone')];
  const alone = left === '0' ? '' : `, ${dryRun ? 'leave' : 'left'} ${left} alone`;
  return dryRun
    ? `Dry run: would remove ${gone}, keep ${kept}${alone}; nothing was changed`
    : `Removed ${gone}, kept ${kept}${alone}`;
}

/** `2026-07-14 03:12:45 UTC`, of a time in ISO 8601. */
function timeText(at: string): string {
  return formatTime(Date.parse(at)).replaceAll(' ', '&nbsp;');
}

function numbersOf({ sizeBytes, rows, tables }: BackupLine): string[] {
  return [
    sizeBytes === null ? NONE : formatBytes(sizeBytes),
    rows === null ? NONE : formatExact(rows),
    tables === null ? NONE : formatExact(tables),
  ];
}
