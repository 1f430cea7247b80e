import { formatBytes, formatDuration, formatExact, plural, shortPlural } from '../foundation/format.js';
import { isPhase } from '../plan/stage.js';
import { markdownCell, markdownCode } from './escape.js';
import { ganttChart } from './gantt.js';
import { rolesResult, rolesTable } from './roles-output.js';
import type { RunReport } from './run-report.js';
import { backupTable, contentsTable, pruneResult, pruneTable } from './summary-backups.js';
import { databasesResult, databasesTable, fleetResult, fleetTable, statusTable } from './summary-fleet.js';
import { planResult, planTables } from './summary-plan.js';
import { proofTable } from './summary-proof.js';
import { factLine, failureTable, noteList, phaseTable, slowestTable, verificationTable } from './summary-tables.js';

/** A step's summary may have 1 MiB; GitHub shows none of a larger one. */
const SUMMARY_LIMIT_BYTES = 1_000_000;

/** The job summary in GitHub's Markdown: the result first, what to do about a failure last. */
export function renderSummary(report: RunReport): string {
  const failure = failureTable(report);
  const parts = [
    heading(report),
    resultLine(report),
    factLine(report),
    phaseTable(report),
    ganttChart(report),
    verificationTable(report),
    proofTable(report),
    backupTable(report),
    fleetTable(report),
    pruneTable(report),
    contentsTable(report),
    databasesTable(report),
    statusTable(report),
    rolesTable(report),
    planTables(report),
    slowestTable(report),
    noteList(report),
    failure,
  ];
  const whole = join(parts);
  // Every part is bounded, and all together they stay below; this is for the day somebody raises a bound.
  return Buffer.byteLength(whole) <= SUMMARY_LIMIT_BYTES ? whole : join([heading(report), resultLine(report), failure]);
}

function join(parts: readonly string[]): string {
  return `${parts.filter((part) => part !== '').join('\n\n')}\n`;
}

const SIGN: Record<RunReport['outcome'], string> = { success: '✅', failure: '❌', cancelled: '🚫', running: '⏳' };
const WORK: Record<string, string> = {
  backup: 'Backup',
  restore: 'Restore',
  all: 'Backup and restore',
  list: 'Backups',
  show: 'Contents of a backup',
  verify: 'Verification of a backup',
  prune: 'Prune of the backups',
  databases: 'Databases of the server',
  status: 'Backups of all databases',
  roles: 'Roles of the server',
};

function heading({ outcome, mode, database }: RunReport): string {
  const work = WORK[mode] ?? (mode === '' ? 'Phaselift' : markdownCell(mode, 50));
  return `## ${SIGN[outcome]} ${work}${database === '' ? '' : ` of ${markdownCode(database)}`}`;
}

/** One paragraph that says how it ended, in the words of the mode. */
function resultLine(report: RunReport): string {
  const took = report.endedAtMs === null ? '' : formatDuration(report.endedAtMs - report.startedAtMs);
  switch (report.outcome) {
    case 'success':
      return `**${success(report)}** in ${took}.${resumed(report)}`;
    case 'failure': {
      // A heading of several faults ends in a colon; they follow in the table.
      const first = (report.failure?.message.split('\n')[0] ?? 'no reason was recorded').replace(/:$/, '');
      const stop = /[.!?]$/.test(first) ? '' : '.';
      return `**Failed${where(report)}** after ${took}: ${markdownCell(first, 600)}${stop}${kept(report)}`;
    }
    case 'cancelled':
      return `**Cancelled${where(report)}** after ${took}.${kept(report)}`;
    case 'running':
      return `**Not finished**${where(report)}: the run was ended from outside.${kept(report)}`;
  }
}

function success(report: RunReport): string {
  if (report.plan !== null) return planResult(report.plan);
  if (report.fleet !== null && report.prune === null) return fleetResult(report);
  const target = report.target === null ? 'the target' : markdownCode(report.target);
  const backup = report.backupName === null ? 'the backup' : markdownCode(report.backupName);
  const size = sizes(report);
  switch (report.mode) {
    case 'backup':
      return `Backed up as ${backup}${size}`;
    case 'restore':
      if (report.finished === false)
        return `Restored a part of ${backup} to ${target}: the time limit ended the run in order`;
      return `Restored ${backup}${size} to ${target}`;
    case 'all':
      if (report.finished === false)
        return `Backed up as ${backup}${size}, and restored a part of it to ${target}: the time limit ended the run in order`;
      return `Backed up as ${backup}${size} and restored to ${target}`;
    case 'verify':
      return `Verified ${backup}${size}: it is whole`;
    case 'show':
      return `Read what ${backup}${size} holds`;
    case 'list':
      return report.backups === null ? 'Done' : `Found ${listed(report.backups)}`;
    case 'databases':
      return databasesResult(report);
    case 'status':
      return `The backups of ${plural(report.status?.length ?? 0, 'database')} are well`;
    case 'roles':
      return rolesResult(report);
    case 'prune':
      return report.prune === null ? 'Done' : pruneResult(report.prune);
    default:
      return 'Done';
  }
}

function listed(backups: NonNullable<RunReport['backups']>): string {
  const complete = backups.filter(({ state }) => state === 'complete').length;
  const others = backups.length - complete;
  const all = complete === 0 ? 'no complete backup' : plural(complete, 'complete backup');
  return others === 0 ? all : `${all} and ${formatExact(others)} that ${others === 1 ? 'is' : 'are'} not`;
}

function sizes({ sizeBytes, tableCount, rowCount }: RunReport): string {
  const known: string[] = [];
  if (sizeBytes !== null) known.push(formatBytes(sizeBytes));
  if (tableCount !== null) known.push(plural(tableCount, 'table'));
  if (rowCount !== null) known.push(shortPlural(rowCount, 'row'));
  return known.length === 0 ? '' : ` (${known.join(', ')})`;
}

function resumed(report: RunReport): string {
  if (!report.resumed) return '';
  if (!report.steps.some(({ name }) => isPhase(name))) return ' An earlier run had restored all of it.';
  const before = report.steps.reduce((sum, { unitsBefore }) => sum + unitsBefore, 0);
  return ` Resumed: ${formatExact(before)} of the units had been finished by an earlier run.`;
}

function where({ steps }: RunReport): string {
  const last = steps.findLast(({ status }) => status !== 'success');
  return last === undefined ? '' : ` in ${markdownCell(last.name)}`;
}

/** What a run that did not end well leaves: a backup leaves nothing, a restore goes on where it was. */
function kept({ steps }: RunReport): string {
  const last = steps.findLast(({ status }) => status !== 'success');
  if (last === undefined || !isPhase(last.name)) return '';
  return ' What was finished stays: run it again with the same inputs and it goes on from there.';
}
