import { dayOf, monthOf, weekOf } from './periods.js';

/**
 * Which complete backups of a database a prune keeps: those that any rule keeps. null: no such rule; at least one of the numbers is not null.
 * A day, week (from Monday) or month is of UTC, and has one backup kept: its newest.
 */
export interface KeepRules {
  /** The newest ones. */
  last: number | null;
  /** All taken within so many days. */
  days: number | null;
  /** One for each of the newest days that have any, and so on. */
  daily: number | null;
  weekly: number | null;
  monthly: number | null;
  /** The newest one that a restore has proven, beside what the others keep. */
  proven: boolean;
}

/** What the rules need to know of a complete backup. */
export interface DatedBackup {
  name: string;
  takenAt: Date;
  /** When a restore of it was verified last; null or not there: never. */
  provenAt?: Date | null;
}

/** A backup that stays, and why. */
export interface KeptBackup<T> {
  backup: T;
  /** For people, at least one: `day 2026-07-14`. */
  reasons: string[];
}

/** Every backup is in one of the two; both are newest first. */
export interface Retention<T> {
  keep: KeptBackup<T>[];
  remove: T[];
}

const DAY_MS = 24 * 60 * 60 * 1000;

/**
 * Which complete backups of one database stay: those that any rule keeps, and the newest one whatever the rules. A day, week
 * or month that has no backup does not count: `keep-daily: 7` keeps a backup of each of the newest seven days that have one.
 */
export function retention<T extends DatedBackup>(backups: readonly T[], rules: KeepRules, now: Date): Retention<T> {
  const newestFirst = [...backups].sort(
    (a, b) => b.takenAt.getTime() - a.takenAt.getTime() || (a.name < b.name ? 1 : -1),
  );
  const keepers = keepersOf(rules, now);
  const result: Retention<T> = { keep: [], remove: [] };
  for (const [place, backup] of newestFirst.entries()) {
    const reasons = keepers.map((keeper) => keeper(backup, place)).filter((reason) => reason !== null);
    if (place === 0) reasons.push('the newest complete backup');
    if (reasons.length > 0) result.keep.push({ backup, reasons });
    else result.remove.push(backup);
  }
  return result;
}

/** Asked once for each backup, the newest first, with its place from 0; the reason to keep it, or null. */
type Keeper = (backup: DatedBackup, place: number) => string | null;

function keepersOf({ last, days, daily, weekly, monthly, proven }: KeepRules, now: Date): Keeper[] {
  return [
    last === null ? null : newest(last),
    days === null ? null : youngerThan(days, now),
    daily === null ? null : oneOfEach('day', dayOf, daily),
    weekly === null ? null : oneOfEach('week', weekOf, weekly),
    monthly === null ? null : oneOfEach('month', monthOf, monthly),
    proven ? newestProven() : null,
  ].filter((keeper) => keeper !== null);
}

function newest(count: number): Keeper {
  return (_backup, place) => (place < count ? `${place + 1} of the last ${count}` : null);
}

/** To the millisecond: a backup that is exactly so old stays. */
function youngerThan(days: number, now: Date): Keeper {
  const since = now.getTime() - days * DAY_MS;
  return ({ takenAt }) => (takenAt.getTime() >= since ? `within ${days} ${days === 1 ? 'day' : 'days'}` : null);
}

function newestProven(): Keeper {
  let isFound = false;
  return ({ provenAt = null }) => {
    if (isFound || provenAt === null) return null;
    isFound = true;
    return `the newest that a restore has proven (${dayOf(provenAt)})`;
  };
}

function oneOfEach(word: string, periodOf: (at: Date) => string, count: number): Keeper {
  const seen = new Set<string>();
  return ({ takenAt }) => {
    const period = periodOf(takenAt);
    if (seen.has(period) || seen.size >= count) return null;
    seen.add(period);
    return `${word} ${period}`;
  };
}
