/** What is in the folder of a database, as far as health and lists ask. */
import type { Findings, KnownBackup } from '../fleet/health.js';
import { plural } from '../foundation/format.js';
import type { Inventory, StaleObject, StoredBackup } from '../store/backup-catalogue.js';
import { isInFuture } from '../store/stored-backups.js';
import type { Trial } from '../store/trial.js';

/** A date in the future is none: the clock of its run was wrong, and it would be the newest for ever. */
export function findingsOf(backups: readonly StoredBackup[], now: Date): Findings {
  const unreadable = backups.find(({ state }) => state === 'unreadable manifest')?.ref.name ?? null;
  return { backups: backups.flatMap((backup) => knownBackup(backup, now)), unreadable };
}

function knownBackup({ ref, state, summary, sizeBytes }: StoredBackup, now: Date): KnownBackup[] {
  if (state !== 'complete' || summary === null) return [];
  const takenAt = new Date(summary.takenAt);
  return isInFuture(takenAt, now) ? [] : [{ name: ref.name, takenAt, sizeBytes, rows: summary.rows }];
}

/** What lines of tables and outputs have of the newest complete backup; nulls without one. */
export function newestFacts(
  { backups: [newest] }: Findings,
  now: Date,
): { newestBackup: string | null; takenAt: string | null; ageSeconds: number | null } {
  if (newest === undefined) return { newestBackup: null, takenAt: null, ageSeconds: null };
  const { name, takenAt } = newest;
  const ageSeconds = Math.max(0, Math.round((now.getTime() - takenAt.getTime()) / 1000));
  return { newestBackup: name, takenAt: takenAt.toISOString(), ageSeconds };
}

/** When a restore of any of them was verified last. A date in the future is none here either: such a database would never be tried again. */
export function lastProof(backups: readonly StoredBackup[], now: Date): Date | null {
  const times = backups
    .flatMap(({ proof }) => (proof === undefined ? [] : [new Date(proof.provenAt)]))
    .filter((at) => !isInFuture(at, now));
  return times.sort((a, b) => b.getTime() - a.getTime())[0] ?? null;
}

/** The last trial where it has left no proof, neither in itself nor later by another. A date in the future is none here either. */
export function unprovenTrial(
  trial: Trial | null,
  provenAt: Date | null,
  now: Date,
): { backupName: string; beganAt: Date } | null {
  if (trial === null || trial.provenAt !== null) return null;
  const beganAt = new Date(trial.beganAt);
  if (isInFuture(beganAt, now) || (provenAt !== null && provenAt >= beganAt)) return null;
  return { backupName: trial.backupName, beganAt };
}

/** What runs have left that did not end well, or are still at work: `monday (no manifest)`. */
export function leftoversIn({ backups, uploads, stale }: Inventory): string[] {
  return [
    ...backups.flatMap(({ ref, state }) =>
      state === 'complete' || state === 'unreadable manifest' ? [] : [`${ref.name} (${state})`],
    ),
    ...uploads.map(({ object }) => `${nameIn(object.key)} (unfinished upload)`),
    ...stale.map(({ kind, object }) => `${nameIn(object.key)} (${STALE[kind]})`),
  ];
}

const STALE: Record<StaleObject['kind'], string> = {
  manifest: 'manifest that no archive needs',
  proof: 'proof of a backup that is gone',
};

/** `3 incomplete leftovers: a (no manifest), …`; empty where there is none. */
export function leftoversText(leftovers: readonly string[]): string {
  if (leftovers.length === 0) return '';
  const some = leftovers.slice(0, LEFTOVERS_NAMED).join(', ');
  return `${plural(leftovers.length, 'incomplete leftover')}: ${some}${leftovers.length > LEFTOVERS_NAMED ? ', …' : ''}`;
}

const LEFTOVERS_NAMED = 5;

/** Nothing of ours is there: a folder of something else. */
export function isEmpty({ backups, uploads, stale }: Inventory): boolean {
  return backups.length + uploads.length + stale.length === 0;
}

function nameIn(key: string): string {
  return key.slice(key.lastIndexOf('/') + 1);
}
