import { describe, expect, test } from '@jest/globals';
import { cronFault, dueSince, timezoneFault, type Schedule } from '../../src/fleet/schedule.js';

const HOUR_MS = 3_600_000;

describe('an interval', () => {
  const due = (hours: number, now: string): string | undefined =>
    dueSince({ kind: 'interval', ms: hours * HOUR_MS }, new Date(now))?.toISOString();

  test('an interval is over a little early, so that an hourly look finds it', () => {
    expect(due(6, '2026-11-27T12:00:00Z')).toBe('2026-11-27T06:30:00.000Z');
    expect(due(24, '2026-11-27T12:00:00Z')).toBe('2026-11-26T12:30:00.000Z');
  });

  test('a short interval is over a tenth of it early', () => {
    expect(due(1, '2026-11-27T12:00:00Z')).toBe('2026-11-27T11:06:00.000Z');
  });
});

describe('a cron line', () => {
  const due = (line: string, timezone: string, now: string): string | undefined =>
    dueSince({ kind: 'cron', line, timezone } satisfies Schedule, new Date(now))?.toISOString();

  test('a cron line is due since the last time that it came, in its time zone', () => {
    expect(due('17 3 * * *', 'UTC', '2026-11-27T03:16:59Z')).toBe('2026-11-26T03:17:00.000Z');
    expect(due('17 3 * * *', 'UTC', '2026-11-27T03:17:00Z')).toBe('2026-11-27T03:17:00.000Z');
    expect(due('17 3 * * *', 'Europe/Berlin', '2026-11-27T03:00:00Z')).toBe('2026-11-27T02:17:00.000Z');
    expect(due('0 4 * * 1', 'America/New_York', '2026-11-27T03:00:00Z')).toBe('2026-11-23T09:00:00.000Z');
    expect(due('*/15 * * * *', 'UTC', '2026-11-27T03:29:00Z')).toBe('2026-11-27T03:15:00.000Z');
  });

  test('an hour that summer time leaves out or repeats makes a line neither vanish nor come twice', () => {
    // 02:30 is not there on 2026-03-29 in Berlin, and is there twice on 2026-10-25.
    expect(due('30 2 * * *', 'Europe/Berlin', '2026-03-29T12:00:00Z')).toMatch(/^2026-03-29T01:/);
    const [early, late] = ['2026-10-25T00:30:00Z', '2026-10-25T23:00:00Z'].map((now) =>
      due('30 2 * * *', 'Europe/Berlin', now),
    );
    expect(early).toBe('2026-10-25T00:30:00.000Z');
    expect(late).toBe(early);
  });

  test('what is no cron line is said, with the reason', () => {
    expect(cronFault('17 3 * * *', 'UTC')).toBeNull();
    expect(cronFault('0 0 29 2 *', 'UTC')).toBeNull();
    expect(cronFault('@daily', 'UTC')).toMatch(/five fields/);
    expect(cronFault('17 3 * *', 'UTC')).toMatch(/five fields/);
    expect(cronFault('0 17 3 * * *', 'UTC')).toMatch(/five fields/);
    expect(cronFault('61 3 * * *', 'UTC')).toMatch(/61/);
    expect(cronFault('0 0 31 2 *', 'UTC')).toBe('this time never comes');
    expect(cronFault('a b c d e', 'UTC')).not.toBeNull();
  });
});

test('a time zone is one of the IANA database', () => {
  expect(timezoneFault('Europe/Berlin')).toBeNull();
  expect(timezoneFault('UTC')).toBeNull();
  expect(timezoneFault('Mars/Olympus')).toMatch(/not the name of a time zone/);
});
