/** Which database is to be restored on trial next: so that one drill after the other proves all of them. Pure. */
import type { KnownBackup } from './health.js';

/** What is known of a database that may be tried. */
export interface DrillCandidate {
  database: string;
  /** Its newest complete backup; null without one. */
  newest: KnownBackup | null;
  /** When a restore of one of its backups was verified last; null: never, as far as is known. */
  provenAt: Date | null;
  /** When one was last tried that has left no proof since; null: there is none. */
  triedAt: Date | null;
  /** So long after that it is to be tried again, in milliseconds; null where its rule says nothing of drills. */
  drillEveryMs: number | null;
}

/** What a drill is to restore. */
export interface DrillChoice {
  database: string;
  backupName: string;
  provenAt: Date | null;
  triedAt: Date | null;
}

/** A weekly drill comes a little early or late, and a proof is younger than its drill by the time that took. */
const SLACK = 1 / 10;
const MOST_SLACK_MS = 24 * 60 * 60 * 1000;

/**
 * The one that was never tried, or whose last trial is the oldest, of those that have a backup; names settle what is left. A trial is one
 * whether it left a proof or not: a backup that does not restore keeps nobody else from their turn. `byInterval`: somebody has said how
 * often databases are to be proven, so only those count of which that is said, when their time has come. null: none is to be tried now.
 */
export function pickDrill(candidates: readonly DrillCandidate[], byInterval: boolean, now: Date): DrillChoice | null {
  const [first] = candidates
    .filter((candidate) => !byInterval || isTime(candidate, now))
    .flatMap(({ database, newest, provenAt, triedAt }) =>
      newest === null ? [] : [{ database, backupName: newest.name, provenAt, triedAt }],
    )
    .sort((a, b) => timeOf(a) - timeOf(b) || (a.database < b.database ? -1 : 1));
  return first ?? null;
}

function isTime({ provenAt, drillEveryMs }: DrillCandidate, now: Date): boolean {
  if (drillEveryMs === null) return false;
  if (provenAt === null) return true;
  return now.getTime() - provenAt.getTime() >= drillEveryMs - Math.min(drillEveryMs * SLACK, MOST_SLACK_MS);
}

function timeOf({ provenAt, triedAt }: DrillChoice): number {
  return Math.max(provenAt?.getTime() ?? 0, triedAt?.getTime() ?? 0);
}
