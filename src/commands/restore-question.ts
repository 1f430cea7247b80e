import type { FinishedUnit } from '../engine/journal-format.js';
import { formatBytes, formatDuration, formatExact, plural } from '../foundation/format.js';
import type { Unit } from '../plan/unit.js';
import { plannedPhases } from './restore-estimate.js';

/** What somebody has to know who is asked whether a restore is meant. */
export interface RestoreInQuestion {
  /** `20260714-031700 of shop`, or `a new backup of shop`. */
  backup: string;
  /** ISO 8601 UTC; null where nobody knows, and of a backup that is still to be made. */
  takenAt: string | null;
  sizeBytes: number | null;
  /** `host:port/database`. */
  target: string;
  /** The database is not there yet. */
  willBeMade: boolean;
  /** What the journal in the target says; null for a restore that begins. */
  begun: { units: readonly Unit[]; finished: readonly FinishedUnit[] } | null;
}

const DAY_MS = 86_400_000;

/** One line that ends with a question mark. Pure. */
export function restoreQuestion(asked: RestoreInQuestion, now: Date): string {
  const { backup, takenAt, sizeBytes, target, willBeMade, begun } = asked;
  const known = [
    ...(takenAt === null ? [] : [`${ageText(now.getTime() - Date.parse(takenAt))} old`]),
    ...(sizeBytes === null ? [] : [formatBytes(sizeBytes)]),
  ];
  const what = known.length === 0 ? backup : `${backup} (${known.join(', ')})`;
  if (begun !== null) return `Go on with the restore of ${what} into ${target}: ${leftText(begun)}?`;
  return `Restore ${what} into ${target}${willBeMade ? ', which will be made' : ''}?`;
}

/** `3 days`, `5 hr 12 min`. */
function ageText(ageMs: number): string {
  return ageMs < 2 * DAY_MS ? formatDuration(ageMs) : plural(Math.floor(ageMs / DAY_MS), 'day');
}

/** `12 of 40 units are left, 1.2 GiB of data`. */
function leftText({ units, finished }: NonNullable<RestoreInQuestion['begun']>): string {
  const phases = plannedPhases(units, finished, 1);
  const left = phases.reduce((sum, phase) => sum + phase.units, 0);
  const bytes = phases.reduce((sum, phase) => sum + (phase.bytes ?? 0), 0);
  const data = bytes === 0 ? '' : `, ${formatBytes(bytes)} of data`;
  return `${formatExact(left)} of ${plural(units.length, 'unit')} ${left === 1 ? 'is' : 'are'} left${data}`;
}
