/** What every store does with the backups that it has found. */
import type { CompleteBackup, StoredBackup } from './backup-catalogue.js';

/** Clocks of runners differ, and some have been set to another time zone. */
export const CLOCK_MARGIN_MS = 24 * 60 * 60 * 1000;

/** True for a time that cannot be yet: the clock of that run was wrong, or ours is. */
export function isInFuture(takenAt: Date, now: Date): boolean {
  return takenAt.getTime() > now.getTime() + CLOCK_MARGIN_MS;
}

/**
 * Newest first by the time they were taken, or changed where that is not known. Times differ in their number of decimals, so
 * they are not compared as text; the name settles what is left.
 */
export function newestFirst(backups: StoredBackup[]): StoredBackup[] {
  const timeOf = ({ summary, lastModified }: StoredBackup): number =>
    summary === null ? lastModified.getTime() : Date.parse(summary.takenAt);
  return backups.sort((a, b) => timeOf(b) - timeOf(a) || (a.ref.name < b.ref.name ? 1 : -1));
}

/** Those that are complete, in the same order. */
export function completeOf(backups: readonly StoredBackup[]): CompleteBackup[] {
  return backups.flatMap(({ ref, state, summary }) =>
    state === 'complete' && summary !== null ? [{ ref, takenAt: summary.takenAt }] : [],
  );
}

/** The newest one that is complete and not in the future, of backups that are newest first. */
export function newestOf(backups: readonly StoredBackup[], now: Date): StoredBackup | null {
  const isOne = ({ state, summary }: StoredBackup): boolean =>
    state === 'complete' && summary !== null && !isInFuture(new Date(summary.takenAt), now);
  return backups.find(isOne) ?? null;
}
