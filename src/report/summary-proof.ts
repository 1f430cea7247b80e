import { formatDuration, formatTime } from '../foundation/format.js';
import { boundedTable } from './bounded-table.js';
import { markdownCode } from './escape.js';
import type { RunReport } from './run-report.js';

/** How long restores took over time, for the job summary of one that left a proof. */

const NONE = '–';

/** The restores that were proven, newest first, each with its change to the one before; empty where no proof was left. */
export function proofTable({ proof }: RunReport): string {
  if (proof === null) return '';
  const lines = proof.history.map(({ provenAt, backupName, seconds }, at) => {
    const before = proof.history.slice(0, at).findLast((other) => other.seconds !== null)?.seconds ?? null;
    return { provenAt, backupName, seconds, before };
  });
  const table = boundedTable(
    ['Proven', 'Backup', 'Restored in', 'Change'],
    '::rr',
    lines.reverse(),
    'older',
    (line) => [
      formatTime(Date.parse(line.provenAt)).replaceAll(' ', '&nbsp;'),
      markdownCode(line.backupName),
      line.seconds === null ? NONE : formatDuration(line.seconds * 1000),
      changeText(line.seconds, line.before),
    ],
  );
  return `Proof ${markdownCode(proof.uri, 1200)}. Restores of this database that were proven:\n\n${table}`;
}

/** `+12%`, to the last one whose duration is known. */
function changeText(seconds: number | null, before: number | null): string {
  if (seconds === null || before === null || before === 0) return NONE;
  const percent = Math.round(((seconds - before) / before) * 100);
  return `${percent < 0 ? '−' : '+'}${Math.abs(percent)}%`;
}
