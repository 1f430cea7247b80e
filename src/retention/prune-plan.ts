import { plural } from '../foundation/format.js';
import type { PendingUpload, StaleObject, StoredBackup } from '../store/backup-catalogue.js';
import { isInFuture } from '../store/stored-backups.js';
import { retention, type KeepRules } from './retention.js';

/** Younger ones may belong to a run that is still at work. Milliseconds. */
export const LEFTOVER_AGE_MS = 24 * 60 * 60 * 1000;

/** Something that stands in a database's folder. */
export type PruneItem =
  | { kind: 'backup'; backup: StoredBackup }
  | { kind: 'upload'; upload: PendingUpload }
  | { kind: 'stale object'; stale: StaleObject };

/** What is to become of one backup, or of what a dead run left. */
export interface PruneDecision {
  item: PruneItem;
  /** When it was taken, else when it was written last or begun. */
  at: Date;
  /** `leave`: not ours to judge, or not yet. */
  fate: 'keep' | 'remove' | 'leave';
  /** For people. */
  reason: string;
}

/** What stands in the folder, and what is to stay there. */
export interface PruneInput {
  database: string;
  backups: readonly StoredBackup[];
  uploads: readonly PendingUpload[];
  stale?: readonly StaleObject[];
  rules: KeepRules;
  now: Date;
  leftoverAgeMs?: number;
}

/**
 * Decides about all that stands in a database's folder; newest first. Only complete backups of this very database, with dates
 * that can be, count for the rules and go by them. Pure.
 */
export function prunePlan(input: PruneInput): PruneDecision[] {
  const { backups, uploads, stale = [], database, now } = input;
  // With a date in the future, as the newest of all, it would make the rules remove what is really new, day after day.
  const counts = (backup: StoredBackup): boolean =>
    backup.state === 'complete' && !isForeign(backup, database) && !isInFuture(timeOf(backup), now);
  const complete = backups.filter(counts);
  const others = backups.filter((backup) => !counts(backup));
  return [
    ...byRules(complete, input),
    ...others.map((backup) => judged(backup, input)),
    ...uploads.map((upload) => judgedUpload(upload, input)),
    ...stale.map((object) => judgedStale(object, input)),
  ].sort((a, b) => b.at.getTime() - a.at.getTime());
}

function isForeign({ summary }: StoredBackup, database: string): boolean {
  return summary !== null && summary.database !== database;
}

function byRules(complete: readonly StoredBackup[], { rules, now }: PruneInput): PruneDecision[] {
  const dated = complete.map((backup) => ({
    name: backup.ref.name,
    takenAt: timeOf(backup),
    provenAt: backup.proof === undefined ? null : new Date(backup.proof.provenAt),
    backup,
  }));
  const { keep, remove } = retention(dated, rules, now);
  const decision = (backup: StoredBackup, fate: PruneDecision['fate'], reason: string): PruneDecision => ({
    item: { kind: 'backup', backup },
    at: timeOf(backup),
    fate,
    reason,
  });
  return [
    ...keep.map(({ backup: { backup }, reasons }) => decision(backup, 'keep', reasons.join(', '))),
    ...remove.map(({ backup }) => decision(backup, 'remove', 'no rule keeps it')),
  ];
}

/** What is no complete backup of this database, or has a date that cannot be. */
function judged(backup: StoredBackup, { database, now, leftoverAgeMs = LEFTOVER_AGE_MS }: PruneInput): PruneDecision {
  const item = { kind: 'backup', backup } as const;
  const { summary, state, lastModified } = backup;
  const at = timeOf(backup);
  if (summary !== null && isForeign(backup, database)) {
    return { item, at, fate: 'leave', reason: `its manifest says that it is of the database ${summary.database}` };
  }
  if (state === 'complete') {
    const reason = 'its date is in the future: the clock of its run was wrong, or the one of this run is';
    return { item, at, fate: 'leave', reason };
  }
  if (state === 'unreadable manifest') return { item, at, fate: 'leave', reason: 'its manifest cannot be read' };
  const what = LEFTOVERS[state];
  if (state !== 'no archive' && backup.isOurs !== true) {
    return { item, at, fate: 'leave', reason: `${what}, and not certain to be of Phaselift` };
  }
  return { item, at, ...byAge(what, lastModified, now, leftoverAgeMs) };
}

const LEFTOVERS: Record<Exclude<StoredBackup['state'], 'complete' | 'unreadable manifest'>, string> = {
  'no archive': 'a manifest without an archive',
  'no manifest': 'an archive without a manifest',
  'manifest of another archive': 'an archive with the manifest of another',
};

function judgedUpload(upload: PendingUpload, { now, leftoverAgeMs = LEFTOVER_AGE_MS }: PruneInput): PruneDecision {
  const { startedAt, lastActiveAt } = upload;
  return {
    item: { kind: 'upload', upload },
    at: startedAt,
    ...byAge('an unfinished upload', lastActiveAt ?? startedAt, now, leftoverAgeMs),
  };
}

function judgedStale(stale: StaleObject, { now, leftoverAgeMs = LEFTOVER_AGE_MS }: PruneInput): PruneDecision {
  const at = stale.lastModified;
  const item = { kind: 'stale object', stale } as const;
  return { item, at, ...byAge(STALE[stale.kind], at, now, leftoverAgeMs) };
}

const STALE: Record<StaleObject['kind'], string> = {
  manifest: 'a manifest that no archive needs',
  proof: 'the proof of a backup that is gone',
};

function byAge(what: string, since: Date, now: Date, ageMs: number): Pick<PruneDecision, 'fate' | 'reason'> {
  const old = now.getTime() - since.getTime() > ageMs;
  const limit = plural(Math.round(ageMs / 3_600_000), 'hour');
  return old
    ? { fate: 'remove', reason: `${what}, older than ${limit}` }
    : { fate: 'leave', reason: `${what}, younger than ${limit}: its run may be at work` };
}

function timeOf({ summary, lastModified }: StoredBackup): Date {
  return summary === null ? lastModified : new Date(summary.takenAt);
}
