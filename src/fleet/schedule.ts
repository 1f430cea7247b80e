/** When a database is to be backed up: after a length of time, or at the times of a cron line. */
import { Cron } from 'croner';

export type Schedule =
  | { kind: 'interval'; ms: number }
  /** Five fields, as of cron(5); `timezone` as of the IANA database. */
  | { kind: 'cron'; line: string; timezone: string };

const MINUTE_MS = 60_000;

/** Of what a rule is for that says nothing of it: once a day. */
export const USUAL_SCHEDULE: Schedule = { kind: 'interval', ms: 24 * 60 * MINUTE_MS };

/** What looks for due backups does so now and then, and never to the second: without this, `6h` would come to be seven hours. */
const MOST_SLACK_MS = 30 * MINUTE_MS;
const SLACK = 1 / 10;

/**
 * Due is what has no complete backup that was taken since then. An interval counts as over a little early: a tenth of it, half an
 * hour at most. Null: the line has never come.
 */
export function dueSince(schedule: Schedule, now: Date): Date | null {
  if (schedule.kind === 'interval') {
    const slack = Math.min(schedule.ms * SLACK, MOST_SLACK_MS);
    return new Date(now.getTime() - schedule.ms + slack);
  }
  // Before the reference, so that a line which comes just now counts.
  const [last = null] = cronOf(schedule.line, schedule.timezone).previousRuns(1, new Date(now.getTime() + 1));
  return last;
}

/** Why a text is no cron line in that time zone, or null. */
export function cronFault(line: string, timezone: string): string | null {
  if (line.split(/\s+/).length !== 5)
    return 'a cron line has five fields: minute, hour, day of the month, month, day of the week';
  try {
    const next = cronOf(line, timezone).nextRun();
    return next === null ? 'this time never comes' : null;
  } catch (error) {
    return error instanceof Error ? error.message.replace(/^CronPattern: /, '') : String(error);
  }
}

/** Why a text is no time zone, or null. */
export function timezoneFault(timezone: string): string | null {
  try {
    new Intl.DateTimeFormat('en', { timeZone: timezone });
    return null;
  } catch {
    return 'it is not the name of a time zone, like `Europe/Berlin`';
  }
}

function cronOf(line: string, timezone: string): Cron {
  return new Cron(line, { timezone, mode: '5-part', paused: true });
}
