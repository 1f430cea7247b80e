import { formatBytes, formatDuration, formatExact, formatRate, formatTime, plural } from '../foundation/format.js';
import { markdownCell, markdownCode } from './escape.js';
import { markdownTable } from './markdown-table.js';
import type { RunReport, StepReport, StepStatus } from './run-report.js';
import { stepLabel } from './step-label.js';

/** The tables of the job summary, each bounded, each empty when there is nothing to show. */

const STEPS_SHOWN = 50;
const CHECKS_SHOWN = 40;
const NOTES_SHOWN = 50;
const FAULTS_SHOWN = 50;
const LINES_TO_COPY = 200;
const NONE = '–';

const STATUS: Record<StepStatus, string> = {
  success: '✅ done',
  failed: '❌ failed',
  cancelled: '🚫 cancelled',
  running: '⏳ not finished',
};

/** One row a step, in the order they ran. */
export function phaseTable(report: RunReport): string {
  const steps = report.steps.slice(0, STEPS_SHOWN);
  return markdownTable(
    ['Phase', 'Status', 'Duration', 'Units', 'Rows', 'Bytes', 'Rate'],
    '::rrrrr',
    steps.map((step) => {
      const elapsedMs = (step.endedAtMs ?? report.endedAtMs ?? step.startedAtMs) - step.startedAtMs;
      return [
        markdownCell(stepLabel(step, report)),
        STATUS[step.status],
        formatDuration(elapsedMs),
        unitsOf(step),
        step.rows === null ? NONE : formatExact(step.rows),
        step.bytes === null ? NONE : formatBytes(step.bytes),
        step.bytes === null || elapsedMs <= 0 ? NONE : formatRate((step.bytes * 1000) / elapsedMs),
      ];
    }),
  );
}

function unitsOf({ units, unitsBefore }: StepReport): string {
  if (unitsBefore > 0) return `${formatExact(units)} + ${formatExact(unitsBefore)} before`;
  return units === 0 ? NONE : formatExact(units);
}

/** What differs comes first, and is never crowded out by what does not. */
export function verificationTable({ verification }: RunReport): string {
  if (verification.length === 0) return '';
  const sorted = [...verification.filter(({ ok }) => !ok), ...verification.filter(({ ok }) => ok)];
  const body = markdownTable(
    ['Verified', 'Expected', 'Found', 'Result', 'Details'],
    ':rr::',
    sorted
      .slice(0, CHECKS_SHOWN)
      .map(({ check, expected, found, ok, detail }) => [
        markdownCell(check, 100),
        formatExact(expected),
        formatExact(found),
        ok ? '✅ same' : '❌ differs',
        markdownCell(detail, 300),
      ]),
  );
  const more = sorted.length - CHECKS_SHOWN;
  return more <= 0 ? body : `${body}\n\n${plural(more, 'more check')} not shown.`;
}

/** The ten slowest units, or tables of a backup; empty when there is none. */
export function slowestTable({ slowestUnits }: RunReport): string {
  if (slowestUnits.length === 0) return '';
  return markdownTable(
    [
      slowestUnits.every(({ step }) => step === 'backup') ? 'Slowest tables' : 'Slowest units',
      'Phase',
      'Duration',
      'Rows',
      'Bytes',
    ],
    '::rrr',
    slowestUnits
      .slice(0, 10)
      .map(({ title, step, seconds, rows, bytes, pieces = 1 }) => [
        `${markdownCode(title)}${pieces === 1 ? '' : ` in ${plural(pieces, 'piece')}`}`,
        markdownCell(step),
        formatDuration(seconds * 1000),
        rows === null ? NONE : formatExact(rows),
        bytes === null ? NONE : formatBytes(bytes),
      ]),
  );
}

/** Folded: they matter to those who ask why. */
export function noteList({ notes }: RunReport): string {
  if (notes.length === 0) return '';
  const shown = notes.slice(0, NOTES_SHOWN).map((note) => `- ${markdownCell(note)}`);
  const more = notes.length - shown.length;
  if (more > 0) shown.push(`- … and ${formatExact(more)} more`);
  return [`<details><summary>${plural(notes.length, 'note')}</summary>`, '', ...shown, '', '</details>'].join('\n');
}

/** The object, the message, and what to do next; what the next step gives to copy stands below, line by line. */
export function failureTable({ failure }: RunReport): string {
  if (failure === null) return '';
  const [first = '', ...faults] = failure.message.split('\n');
  const rows = [['Message', markdownCell(first, 2000)]];
  if (failure.object !== null) rows.unshift(['Object', markdownCode(failure.object)]);
  for (const fault of faults.slice(0, FAULTS_SHOWN)) rows.push(['', markdownCell(fault)]);
  if (faults.length > FAULTS_SHOWN) rows.push(['', `… and ${formatExact(faults.length - FAULTS_SHOWN)} more`]);
  rows.push(['Code', markdownCode(failure.code)]);
  if (failure.sqlState !== null) rows.push(['SQLSTATE', markdownCode(failure.sqlState)]);
  const [hint = '', ...toCopy] = failure.hint?.split('\n') ?? [];
  if (hint !== '') rows.push(['**Next&nbsp;step**', markdownCell(hint, 2000)]);
  const body = markdownTable(['What&nbsp;failed', ''], '::', rows);
  return toCopy.length === 0 ? body : `${body}\n\n${textToCopy(toCopy)}`;
}

/** In HTML, where Markdown is not read and the escapes of cells are. */
function textToCopy(lines: readonly string[]): string {
  const shown = lines.slice(0, LINES_TO_COPY).map((line) => markdownCell(line));
  const more = lines.length - shown.length;
  return `<pre>\n${shown.join('\n')}\n</pre>${more <= 0 ? '' : `\n\n${plural(more, 'more line')} not shown.`}`;
}

/** Where the backup lies and when the run was. */
export function factLine(report: RunReport): string {
  const facts: string[] = [];
  if (report.backupUri !== null) facts.push(`Archive ${markdownCode(report.backupUri, 1200)}.`);
  const ended = report.endedAtMs === null ? '' : `, ended ${formatTime(report.endedAtMs)}`;
  facts.push(`Started ${formatTime(report.startedAtMs)}${ended}.`);
  return facts.join(' ');
}
