import { describe, expect, test } from '@jest/globals';
import { dayOf, monthOf, weekOf } from '../../src/retention/periods.js';

describe('periods of UTC', () => {
  test.each([
    // Source of the weeks: the calendar; 4 January is always in week 1, and weeks begin on Mondays.
    ['2024-12-29T23:59:59.999Z', '2024-W52'],
    ['2024-12-30T00:00:00Z', '2025-W01'],
    ['2025-01-05T12:00:00Z', '2025-W01'],
    ['2025-12-28T12:00:00Z', '2025-W52'],
    ['2025-12-29T00:00:00Z', '2026-W01'],
    ['2026-12-31T12:00:00Z', '2026-W53'],
    ['2027-01-03T23:59:59Z', '2026-W53'],
    ['2027-01-04T00:00:00Z', '2027-W01'],
    ['2021-01-01T00:00:00Z', '2020-W53'],
    ['2023-01-01T00:00:00Z', '2022-W52'],
    ['2024-02-29T00:00:00Z', '2024-W09'],
  ])('the day %s is in week %s', (at, week) => {
    expect(weekOf(new Date(at))).toBe(week);
  });

  test('days and months do not depend on the zone of the machine', () => {
    const at = new Date('2026-03-01T00:30:00+01:00');
    expect([dayOf(at), monthOf(at)]).toEqual(['2026-02-28', '2026-02']);
  });

  test('every week has seven days, over forty years', () => {
    const days = new Map<string, number>();
    for (let ms = Date.UTC(2000, 0, 3); ms < Date.UTC(2040, 0, 2); ms += 86_400_000) {
      const week = weekOf(new Date(ms));
      days.set(week, (days.get(week) ?? 0) + 1);
    }
    expect(new Set(days.values())).toEqual(new Set([7]));
    expect(days.size).toBe((Date.UTC(2040, 0, 2) - Date.UTC(2000, 0, 3)) / 86_400_000 / 7);
  });
});
