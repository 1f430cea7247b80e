import { formatBytes, formatDuration, formatExact } from '../foundation/format.js';
import { outputsOf, type OutputName } from '../report/outputs.js';
import { planOutput } from '../report/plan-output.js';
import type { RunReport } from '../report/run-report.js';

/**
 * The short block that ends a run: what there is now, and where. `name  value`, a line each; the unknown is left out. A
 * list has none, nor have what a backup holds and what a dry run has planned: their tables are the result.
 */
export function resultLines(report: RunReport): string[] {
  const { startedAtMs, endedAtMs, mode } = report;
  if (report.backups !== null && mode === 'list') return [];
  if ([report.contents, report.databases, report.status, report.roles, report.plan].some((table) => table !== null))
    return [];
  const count = (value: number | null): string | null => (value === null ? null : formatExact(value));
  const fates = report.prune?.lines ?? null;
  const withFate = (fate: string): number | null =>
    fates === null ? null : fates.filter((line) => line.fate === fate).length;
  const rows: [string, string | null][] = [
    ['backup', report.backupUri],
    ['size', report.sizeBytes === null ? null : formatBytes(report.sizeBytes)],
    ['tables', count(report.tableCount)],
    ['rows', count(report.rowCount)],
    ['target', report.target],
    ['removed', count(withFate('removed'))],
    ['kept', count(withFate('kept'))],
    ['proof', report.proof?.uri ?? null],
    ['duration', endedAtMs === null ? null : formatDuration(endedAtMs - startedAtMs)],
  ];
  return rows.flatMap(([name, value]) => (value === null ? [] : [`${name.padEnd(8)}  ${value}`]));
}

/** Outputs that are texts; the others are numbers, booleans and lists. */
const TEXTS: ReadonlySet<string> = new Set<OutputName>(['backup-uri', 'backup-name', 'manifest-uri']);

/** The outputs of the action as values, for `--json`, and what went wrong: null is what is not known. */
export function jsonOutputs(report: RunReport): Record<string, unknown> {
  const values = Object.entries(outputsOf(report)).map(([name, text]): [string, unknown] => {
    if (text === '') return [name, null];
    return [name, TEXTS.has(name) ? text : JSON.parse(text)];
  });
  // Nothing bounds a pipe: all of them, where the output of a job may have too little room.
  const whole = {
    backups: report.backups,
    contents: report.contents,
    status: report.status,
    roles: report.roles,
    plan: wholePlan(report),
  };
  return { ...Object.fromEntries(values), ...whole, error: report.failure };
}

/** In the form of the output. */
function wholePlan({ plan }: RunReport): unknown {
  return plan === null ? null : JSON.parse(planOutput(plan, Infinity).json);
}
