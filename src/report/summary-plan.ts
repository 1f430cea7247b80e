import { formatBytes, formatDuration, plural } from '../foundation/format.js';
import { boundedTable } from './bounded-table.js';
import { markdownCell, markdownCode } from './escape.js';
import { markdownTable } from './markdown-table.js';
import {
  backupRows,
  NONE,
  INDEX_HEADS,
  indexCells,
  PHASE_HEADS,
  phaseCells,
  restoreRows,
  UNIT_HEADS,
  unitCells,
} from './plan-text.js';
import type { BackupPlan, RestorePlan, RunPlan } from './run-plan.js';
import type { RunReport } from './run-report.js';

/** What a dry run tells, for the job summary. */

/** `Dry run: would back up as x; nothing was changed`. */
export function planResult({ backup, restore }: RunPlan): string {
  const parts = [
    ...(backup === null ? [] : [backupResult(backup)]),
    ...(restore === null ? [] : [restoreResult(restore)]),
  ];
  return `Dry run: would ${parts.join(', and ')}; nothing was changed`;
}

function backupResult({ name, estimatedBytes, storedBytes, time }: BackupPlan): string {
  const about = [`about ${formatBytes(storedBytes ?? estimatedBytes)}`, ...secondsText(time.seconds)];
  return `back up as ${markdownCode(name)} (${about.join(', ')})`;
}

function restoreResult({ backup, target, resumes, work }: RestorePlan): string {
  const verb = resumes ? 'go on with the restore of' : 'restore';
  const known = work === null ? [] : [unitsText(work.phases), ...secondsText(work.time.seconds)];
  return `${verb} ${markdownCode(backup)} to ${markdownCode(target)}${known.length === 0 ? '' : ` (${known.join(', ')})`}`;
}

function unitsText(phases: readonly { units: number }[]): string {
  return plural(
    phases.reduce((sum, { units }) => sum + units, 0),
    'unit',
  );
}

function secondsText(seconds: number | null): string[] {
  return seconds === null ? [] : [`about ${formatDuration(seconds * 1000)}`];
}

/** The plan of a dry run, part by part. */
export function planTables({ plan }: RunReport): string {
  if (plan === null) return '';
  const { backup, restore, notChecked } = plan;
  const work = restore?.work ?? null;
  const facts = (what: string, rows: readonly (readonly [string, string])[]): string =>
    markdownTable(
      [what, ''],
      '::',
      rows.map(([name, value]) => [name, markdownCell(value, 1200)]),
    );
  const cells = (values: string[]): string[] => values.map((value) => (value === NONE ? '–' : markdownCell(value)));
  const parts = [
    ...(backup === null ? [] : [facts('Backup', backupRows(backup))]),
    ...(restore === null ? [] : [facts('Restore', restoreRows(restore))]),
    ...(work === null
      ? []
      : [
          markdownTable(PHASE_HEADS, ':rrrr', work.phases.map(phaseCells).map(cells)),
          boundedTable(INDEX_HEADS, ':::rr:', work.indexes, 'further', (index) => cells(indexCells(index))),
          folded(
            plural(work.units.length, 'unit'),
            boundedTable(UNIT_HEADS, '::r', work.units, 'further', (unit) => cells(unitCells(unit))),
          ),
        ]),
    ...(notChecked.length === 0
      ? []
      : [['Not checked, as it would write:', ...notChecked.map((what) => `- ${markdownCell(what)}`)].join('\n')]),
  ];
  return parts.filter((part) => part !== '').join('\n\n');
}

function folded(title: string, body: string): string {
  return body === '' ? '' : [`<details><summary>${title}</summary>`, '', body, '', '</details>'].join('\n');
}
