import { formatBytes, formatDuration, formatExact, plural } from '../foundation/format.js';
import type {
  BackupPlan,
  PlannedIndex,
  PlannedPhase,
  PlannedUnit,
  RestorePlan,
  RunPlan,
  TimeEstimate,
} from './run-plan.js';
import { textTable, type Column } from './text-table.js';

/** A plan in words: rows of a name and a value, and the cells of tables, for the log and for the job summary. */

/** In a cell: nobody knows, or there is none. */
export const NONE = '-';

/** How the plan of a backup is told: `readers`, `4`. */
export function backupRows(plan: BackupPlan): [string, string][] {
  const { partBytes, parts, readersReason, storedBytes, estimatedBytes } = plan;
  const raw = `about ${formatBytes(estimatedBytes)}`;
  const packed = `${storedBytes === null ? '' : `about ${formatBytes(storedBytes)}, `}${raw} before compression`;
  return [
    ['backup', `${plan.uri}${plan.replaces ? ', in the place of what is there' : ''}`],
    ['source', `${plural(plan.tables, 'table')} of ${formatBytes(plan.sourceBytes)}`],
    ['archive', storedBytes === estimatedBytes ? raw : packed],
    ...(partBytes === null || parts === null
      ? []
      : [['upload', `about ${plural(parts, 'part')} of ${formatBytes(partBytes)}`] as [string, string]]),
    ['readers', `${formatExact(plan.readers)}${readersReason === null ? '' : `: ${readersReason}`}`],
    ['time', timeText(plan.time)],
  ];
}

/** How the plan of a restore is told. */
export function restoreRows({ backup, target, creates, resumes, work }: RestorePlan): [string, string][] {
  const rows: [string, string][] = [
    ['backup', backup],
    ['target', `${target}${creates ? ', which would be created' : resumes ? ', where a restore would go on' : ''}`],
  ];
  if (work === null) return [...rows, ['units', 'known once the backup is there']];
  return [
    ...rows,
    ['strategy', work.indexStrategy],
    ['to read', formatBytes(work.estimatedBytes)],
    ['time', timeText(work.time)],
  ];
}

function timeText({ seconds, basis }: TimeEstimate): string {
  return seconds === null ? `not known: ${basis}` : `about ${formatDuration(seconds * 1000)}, ${basis}`;
}

/** Of the table of phases. */
export const PHASE_HEADS = ['Phase', 'Units', 'Finished', 'To read', 'Time'] as const;

export function phaseCells({ phase, units, unitsFinished, bytes, seconds }: PlannedPhase): string[] {
  return [
    phase,
    formatExact(units),
    formatExact(unitsFinished),
    bytes === null ? NONE : formatBytes(bytes),
    seconds === null ? NONE : `about ${formatDuration(seconds * 1000)}`,
  ];
}

/** Of the table of units. */
export const UNIT_HEADS = ['Unit', 'What', 'To read'] as const;

export function unitCells({ id, title, bytes }: PlannedUnit): string[] {
  return [id, title, bytes === null ? NONE : formatBytes(bytes)];
}

/** Of the table of indexes. */
export const INDEX_HEADS = ['Index', 'Table', 'Created', 'Size', 'Temp', 'Why'] as const;

export function indexCells({ name, table, choice, reason, sizeBytes, tempBytes }: PlannedIndex): string[] {
  const size = (bytes: number | null): string => (bytes === null ? NONE : formatBytes(bytes));
  return [
    name,
    table,
    choice === 'empty' ? 'before the data' : 'after the data',
    size(sizeBytes),
    size(tempBytes),
    reason,
  ];
}

/** The plan for the log: a group of lines for each part of it, with at most `most` lines of a table. */
export function planGroups({ backup, restore }: RunPlan, most: number): { title: string; lines: string[] }[] {
  const groups: { title: string; lines: string[] }[] = [];
  if (backup !== null) groups.push({ title: 'The backup that would be made', lines: rowLines(backupRows(backup)) });
  if (restore === null) return groups;
  groups.push({ title: 'The restore that would be done', lines: rowLines(restoreRows(restore)) });
  if (restore.work === null) return groups;
  const { phases, units, indexes } = restore.work;
  const add = <T>(
    title: string,
    heads: readonly string[],
    right: readonly string[],
    items: readonly T[],
    cells: (item: T) => string[],
  ): void => {
    if (items.length === 0) return;
    const columns = heads.map((head): Column => ({ head: head.toUpperCase(), right: right.includes(head) }));
    const lines = textTable(columns, items.slice(0, most).map(cells));
    const more = items.length - most;
    groups.push({ title, lines: more > 0 ? [...lines, `… and ${formatExact(more)} more`] : lines });
  };
  add('Phases', PHASE_HEADS, ['Units', 'Finished', 'To read'], phases, phaseCells);
  add('Units', UNIT_HEADS, ['To read'], units, unitCells);
  add('Indexes', INDEX_HEADS, ['Size', 'Temp'], indexes, indexCells);
  return groups;
}

function rowLines(rows: readonly (readonly [string, string])[]): string[] {
  return rows.map(([name, value]) => `${name.padEnd(8)}  ${value}`);
}
