import { formatBytes, formatTime } from '../foundation/format.js';
import { mermaidText } from './escape.js';
import type { RunReport, StepReport, StepStatus } from './run-report.js';
import { stepLabel } from './step-label.js';

/** Bars beyond these would be unreadable. */
const BARS = 50;
/** The least width of a bar, as a share of the whole: a step of no time is still to be seen. */
const LEAST_SHARE = 1 / 200;
/**
 * Mermaid reads and shows dates in the reader's time zone. So the chart shows the time since the start, counted from a
 * midnight in January, when no zone turns its clocks.
 */
const ORIGIN_MS = Date.UTC(2000, 0, 1);

const TAGS: Record<StepStatus, string> = {
  success: 'done, ',
  failed: 'crit, ',
  cancelled: 'crit, ',
  running: 'active, ',
};

/** The run as a Mermaid Gantt chart in a fenced block, one bar a step and one a reader; empty without steps. */
export function ganttChart(report: RunReport): string {
  const steps = report.steps.slice(0, BARS);
  if (steps.length === 0) return '';
  const endMs = Math.max(report.endedAtMs ?? 0, ...steps.map((step) => endOf(step, report)));
  const totalMs = Math.max(1000, endMs - report.startedAtMs);
  const lines = [
    'gantt',
    `  title Time since the start at ${formatTime(report.startedAtMs)}`,
    '  dateFormat YYYY-MM-DD HH:mm:ss.SSS',
    `  axisFormat ${axisFormat(totalMs)}`,
    '  todayMarker off',
  ];
  let section = '';
  for (const [place, step] of steps.entries()) {
    const heading = sectionOf(steps.slice(place));
    if (heading !== section) lines.push(`  section ${heading}`);
    section = heading;
    const start = Math.max(0, step.startedAtMs - report.startedAtMs);
    const end = Math.max(endOf(step, report) - report.startedAtMs, start + Math.ceil(totalMs * LEAST_SHARE));
    lines.push(`  ${mermaidText(stepLabel(step, report))} :${TAGS[step.status]}${chartTime(start)}, ${chartTime(end)}`);
    if (step.name === 'backup') lines.push(...readerBars(report, totalMs));
  }
  return ['```mermaid', ...lines, '```'].join('\n');
}

/** One bar for each session that read for the backup. */
function readerBars({ readers, startedAtMs }: RunReport, totalMs: number): string[] {
  return readers.slice(0, BARS).map(({ number, startedAtMs: from, endedAtMs, bytes }) => {
    const start = Math.max(0, from - startedAtMs);
    const end = Math.max(endedAtMs - startedAtMs, start + Math.ceil(totalMs * LEAST_SHARE));
    return `  ${mermaidText(`reader ${number} ${formatBytes(bytes)}`)} :done, ${chartTime(start)}, ${chartTime(end)}`;
  });
}

function endOf(step: StepReport, report: RunReport): number {
  return step.endedAtMs ?? report.endedAtMs ?? step.startedAtMs;
}

/** Of the first step. Checks belong to what they are for: two sections of one name would become one, with bars of others in it. */
function sectionOf(steps: readonly StepReport[]): string {
  const name = steps.find((step) => step.name !== 'checks')?.name;
  if (name === undefined) return 'Checks';
  if (name === 'backup') return 'Backup';
  if (name === 'read') return 'Verification';
  if (name === 'remove') return 'Prune';
  return name === 'analyze' || name === 'verify' ? 'Finish' : 'Restore';
}

/** Minutes and seconds up to an hour, then hours and minutes, then days. The chart's first day is day 1. */
function axisFormat(totalMs: number): string {
  if (totalMs < 10_000) return '%S.%L s';
  if (totalMs < 3_600_000) return '%M:%S';
  return totalMs < 86_400_000 ? '%H:%M' : 'day %d %H:%M';
}

function chartTime(sinceStartMs: number): string {
  return new Date(ORIGIN_MS + Math.round(sinceStartMs)).toISOString().slice(0, 23).replace('T', ' ');
}
