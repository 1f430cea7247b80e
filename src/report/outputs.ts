import { isPhase } from '../plan/stage.js';
import { backupsOutput } from './backups-output.js';
import { contentsOutput } from './contents-output.js';
import { truncate } from './escape.js';
import { matrixOutput, statusOutput } from './fleet-output.js';
import { planOutput } from './plan-output.js';
import { rolesOutput } from './roles-output.js';
import type { RunReport, StepReport } from './run-report.js';

/** The outputs of the action; action.yml names the same. */
export const OUTPUT_NAMES = [
  'backup-uri',
  'backup-name',
  'manifest-uri',
  'size-bytes',
  'table-count',
  'row-count',
  'duration-seconds',
  'phases',
  'resumed',
  'finished',
  'backups',
  'contents',
  'matrix',
  'due-count',
  'status',
  'roles',
  'drill',
  'plan',
] as const;
/** The name of an output of action.yml. */
export type OutputName = (typeof OUTPUT_NAMES)[number];

/** All outputs of a job together may have 1 MB. */
const VALUE_LENGTH = 10_000;

/** What the run tells the steps after it, as far as it is known: the unknown is an empty text. */
export function outputsOf(report: RunReport): Record<OutputName, string> {
  const text = (value: string | number | null): string => truncate(value === null ? '' : String(value), VALUE_LENGTH);
  return {
    'backup-uri': text(report.backupUri),
    'backup-name': text(report.backupName),
    'manifest-uri': text(report.manifestUri),
    'size-bytes': text(report.sizeBytes),
    'table-count': text(report.tableCount),
    'row-count': text(report.rowCount),
    'duration-seconds': text(seconds(report.startedAtMs, report.endedAtMs)),
    // At most four; a journal never makes a phase run twice in one run, but let a surplus not grow the output.
    phases: JSON.stringify(
      report.steps
        .filter(({ name }) => isPhase(name))
        .slice(0, 20)
        .map(phase),
    ),
    resumed: String(report.resumed),
    finished: text(report.finished === null ? null : String(report.finished)),
    backups: report.backups === null ? '' : backupsOutput(report.backups).json,
    contents: report.contents === null ? '' : contentsOutput(report.contents).json,
    matrix: report.databases === null ? '' : matrixOutput(report.databases).json,
    'due-count': text(report.databases?.filter(({ due }) => due).length ?? null),
    status: report.status === null ? '' : statusOutput(report.status).json,
    roles: report.roles === null ? '' : rolesOutput(report.roles).json,
    drill: drill(report),
    plan: report.plan === null ? '' : planOutput(report.plan).json,
  };
}

/** What a job after this one restores. */
function drill({ drill: choice }: RunReport): string {
  if (choice === null) return '';
  const { database, backupName } = choice;
  return JSON.stringify({ database, backupName });
}

function phase({ name, status, startedAtMs, endedAtMs, units, bytes, rows }: StepReport): object {
  return { name, status, seconds: seconds(startedAtMs, endedAtMs), units, bytes, rows };
}

/** With milliseconds; null while it runs. */
function seconds(startedAtMs: number, endedAtMs: number | null): number | null {
  return endedAtMs === null ? null : Math.max(0, Math.round(endedAtMs - startedAtMs)) / 1000;
}
