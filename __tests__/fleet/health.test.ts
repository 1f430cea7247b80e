import { describe, expect, test } from '@jest/globals';
import { healthOf, isDue, shrunkTables, type HealthRule, type KnownBackup } from '../../src/fleet/health.js';
import type { Schedule } from '../../src/fleet/schedule.js';

const HOUR_MS = 3_600_000;
const NOW = new Date('2026-11-27T12:00:00Z');
const DAILY: Schedule = { kind: 'interval', ms: 24 * HOUR_MS };
const AT_NIGHT: Schedule = { kind: 'cron', line: '17 3 * * *', timezone: 'UTC' };

function backup(hoursAgo: number, more: Partial<KnownBackup> = {}): KnownBackup {
  const takenAt = new Date(NOW.getTime() - hoursAgo * HOUR_MS);
  return { name: `of-${hoursAgo}`, takenAt, sizeBytes: 1000, rows: 1000, ...more };
}

describe('what is due', () => {
  test.each([
    ['without a backup', DAILY, null, true],
    ['without a schedule', null, 1, true],
    ['a day old, nearly', DAILY, 23.4, false],
    ['a day old, but for less than half an hour', DAILY, 23.6, true],
    ['of several days ago', DAILY, 80, true],
    ['taken since the line came', AT_NIGHT, 8, false],
    ['taken before the line came', AT_NIGHT, 9, true],
    ['of a day in the future', DAILY, -30, false],
  ])('a database %s', (_what, schedule, hoursAgo, expected) => {
    expect(isDue(schedule, hoursAgo === null ? null : backup(hoursAgo), NOW)).toBe(expected);
  });
});

describe('whether backups are well', () => {
  const rule = (more: Partial<HealthRule> = {}): HealthRule => ({
    schedule: DAILY,
    maxAgeMs: null,
    maxShrink: 0.5,
    ...more,
  });
  const state = (backups: KnownBackup[], more: Partial<HealthRule> = {}, unreadable: string | null = null) =>
    healthOf({ backups, unreadable }, rule(more), NOW);

  test('the newest backup has to be young enough: by an age, or by the schedule', () => {
    expect(state([backup(3)])).toEqual({ state: 'ok', reason: '' });
    expect(state([backup(25)])).toMatchObject({ state: 'ok' });
    expect(state([backup(26)])).toMatchObject({ state: 'late' });
    expect(state([backup(25)], { maxAgeMs: 24 * HOUR_MS })).toMatchObject({ state: 'late' });
    expect(state([backup(100)], { maxAgeMs: 101 * HOUR_MS })).toMatchObject({ state: 'ok' });
    expect(state([backup(9)], { schedule: AT_NIGHT })).toMatchObject({ state: 'late' });
    expect(state([backup(9)], { schedule: null })).toMatchObject({ state: 'ok' });
  });

  test('a database without a complete backup is missing, and one whose manifest cannot be read broken', () => {
    expect(state([])).toEqual({ state: 'missing', reason: 'it has no complete backup' });
    expect(state([backup(1)], {}, 'later')).toEqual({
      state: 'broken',
      reason: 'the manifest of later cannot be read',
    });
  });

  test('a database that has lost many of its rows since the backup before is told', () => {
    const lost = state([backup(1, { rows: 400, name: 'new' }), backup(25)]);
    expect(lost).toEqual({ state: 'shrunk', reason: 'new has 60% fewer rows than the backup before it' });
    expect(state([backup(1, { rows: 500 }), backup(25)])).toMatchObject({ state: 'ok' });
    expect(state([backup(1, { rows: 0 }), backup(25)], { maxShrink: null })).toMatchObject({ state: 'ok' });
    expect(state([backup(1, { rows: null }), backup(25)])).toMatchObject({ state: 'ok' });
    expect(state([backup(1), backup(25, { rows: 0 })])).toMatchObject({ state: 'ok' });
  });

  test('late comes before shrunk', () => {
    expect(state([backup(90, { rows: 1 }), backup(100)])).toMatchObject({ state: 'late' });
  });
});

describe('tables that have lost rows', () => {
  const shrunk = (before: Record<string, number>, newest: Record<string, number>, share = 0.5): string[] =>
    shrunkTables(new Map(Object.entries(before)), new Map(Object.entries(newest)), share).map(({ table }) => table);

  test('a table that has lost more than its share is told, the greatest loss first', () => {
    expect(shrunk({ a: 100, b: 1000, c: 10 }, { a: 49, b: 0, c: 5 })).toEqual(['b', 'a']);
    expect(shrunk({ a: 1 }, { a: 0 }, 1)).toEqual([]);
    expect(shrunk({ a: 1 }, { a: 0 }, 0.99)).toEqual(['a']);
  });

  test('a table that is gone, new, empty before or not counted has lost nothing', () => {
    expect(shrunk({ gone: 100, empty: 0 }, { new: 1, empty: 0 })).toEqual([]);
  });
});
