import { describe, expect, test } from '@jest/globals';
import { retention, type KeepRules } from '../../src/retention/retention.js';

const NO_RULES: KeepRules = { last: null, days: null, daily: null, weekly: null, monthly: null, proven: false };
const NOW = new Date('2026-07-15T12:00:00Z');

const backupAt = (at: string) => ({ name: at, takenAt: new Date(at) });

/** Names of those that stay, newest first, with their reasons. */
function kept(times: readonly string[], rules: Partial<KeepRules>, now = NOW): Record<string, string> {
  const { keep } = retention(times.map(backupAt), { ...NO_RULES, ...rules }, now);
  return Object.fromEntries(keep.map(({ backup, reasons }) => [backup.name, reasons.join(', ')]));
}

/** One backup each day at 03:00, `days` of them, the last one on the day of NOW. */
function nightly(days: number): string[] {
  return Array.from({ length: days }, (_, ago) => new Date(Date.UTC(2026, 6, 15 - ago, 3)).toISOString());
}

describe('retention', () => {
  test('keep-last keeps the newest ones, whatever the order they come in', () => {
    const times = ['2026-07-01T00:00:00Z', '2026-07-03T00:00:00Z', '2026-07-02T00:00:00.5Z', '2026-07-02T00:00:00Z'];
    expect(kept(times, { last: 2 })).toEqual({
      '2026-07-03T00:00:00Z': '1 of the last 2, the newest complete backup',
      '2026-07-02T00:00:00.5Z': '2 of the last 2',
    });
  });

  test('keep-proven keeps the newest proven backup beside the others, and only that one', () => {
    const proven = new Date('2026-07-14T06:00:00Z');
    const backups = nightly(6).map((at, ago) => ({
      ...backupAt(at),
      provenAt: ago === 3 || ago === 4 ? proven : null,
    }));
    const reasonsOf = (rules: Partial<KeepRules>) =>
      retention(backups, { ...NO_RULES, last: 1, ...rules }, NOW).keep.map(({ backup, reasons }) => [
        backup.name.slice(0, 10),
        reasons.join(', '),
      ]);
    const newest = ['2026-07-15', '1 of the last 1, the newest complete backup'];
    expect(reasonsOf({})).toEqual([newest]);
    expect(reasonsOf({ proven: true })).toEqual([
      newest,
      ['2026-07-12', 'the newest that a restore has proven (2026-07-14)'],
    ]);
    expect(reasonsOf({ proven: true, last: 4 })[3]?.[1]).toMatch(/^4 of the last 4, the newest that a restore/);
  });

  test('a backup that is not kept is removed: none is in both lists, none in neither', () => {
    const backups = nightly(100).map(backupAt);
    const { keep, remove } = retention(backups, { ...NO_RULES, daily: 7, weekly: 5, monthly: 12 }, NOW);
    expect(
      [...keep.map(({ backup }) => backup), ...remove].sort((a, b) => b.takenAt.getTime() - a.takenAt.getTime()),
    ).toEqual(backups);
  });

  test('keep-days keeps what was taken within so many days, to the moment', () => {
    const times = ['2026-07-15T11:00:00Z', '2026-07-12T12:00:00.000Z', '2026-07-12T11:59:59.999Z'];
    expect(Object.keys(kept(times, { days: 3 }))).toEqual(times.slice(0, 2));
  });

  test('a backup from the future, of a clock that is ahead, is within any number of days', () => {
    expect(kept(['2026-07-16T00:00:00Z', '2026-07-15T00:00:00Z'], { days: 1 })).toEqual({
      '2026-07-16T00:00:00Z': 'within 1 day, the newest complete backup',
      '2026-07-15T00:00:00Z': 'within 1 day',
    });
  });

  test('keep-daily keeps the newest backup of each of the newest days that have one', () => {
    const times = [
      '2026-07-15T09:00:00Z',
      '2026-07-15T03:00:00Z',
      '2026-07-10T03:00:00Z',
      '2026-07-02T03:00:00Z',
      '2026-06-01T03:00:00Z',
    ];
    expect(kept(times, { daily: 3 })).toEqual({
      '2026-07-15T09:00:00Z': 'day 2026-07-15, the newest complete backup',
      '2026-07-10T03:00:00Z': 'day 2026-07-10',
      '2026-07-02T03:00:00Z': 'day 2026-07-02',
    });
  });

  test('keep-weekly counts ISO weeks across the new year', () => {
    const times = ['2027-01-04T00:00:00Z', '2027-01-03T00:00:00Z', '2026-12-28T00:00:00Z', '2026-12-27T23:00:00Z'];
    expect(kept(times, { weekly: 3 }, new Date('2027-01-05T00:00:00Z'))).toEqual({
      '2027-01-04T00:00:00Z': 'week 2027-W01, the newest complete backup',
      '2027-01-03T00:00:00Z': 'week 2026-W53',
      '2026-12-27T23:00:00Z': 'week 2026-W52',
    });
  });

  test('keep rules keep grandfather, father and son over three years of nightly backups', () => {
    const result = kept(nightly(3 * 365), { daily: 7, weekly: 4, monthly: 12 });
    const names = Object.keys(result).map((name) => name.slice(0, 10));
    expect(names).toEqual([
      '2026-07-15', '2026-07-14', '2026-07-13', '2026-07-12', '2026-07-11', '2026-07-10', '2026-07-09', // sons
      '2026-07-05', '2026-06-30', '2026-06-28', // fathers: the Sundays; 30 June is a grandfather
      '2026-05-31', '2026-04-30', '2026-03-31', '2026-02-28', '2026-01-31', '2025-12-31',
      '2025-11-30', '2025-10-31', '2025-09-30', '2025-08-31',
    ]); // prettier-ignore
    expect(Object.values(result)[0]).toBe('day 2026-07-15, week 2026-W29, month 2026-07, the newest complete backup');
    expect(Object.values(result)[3]).toBe('day 2026-07-12, week 2026-W28');
  });

  test('keep rules settle over years: what was kept goes only when its time is over', () => {
    let stored: { name: string; takenAt: Date }[] = [];
    const rules = { ...NO_RULES, daily: 7, weekly: 4, monthly: 6 };
    for (let day = 0; day < 900; day++) {
      const takenAt = new Date(Date.UTC(2024, 0, 1 + day, 3));
      const { keep } = retention([...stored, { name: takenAt.toISOString(), takenAt }], rules, takenAt);
      stored = keep.map(({ backup }) => backup);
    }
    expect(stored.length).toBeLessThanOrEqual(7 + 4 + 6);
    const months = stored.map(({ name }) => name.slice(0, 7));
    expect(new Set(months).size).toBe(6);
  });

  test('the newest backup stays though no rule keeps it, and alone when all are too old', () => {
    const times = ['2020-01-02T00:00:00Z', '2020-01-01T00:00:00Z'];
    expect(kept(times, { days: 1 })).toEqual({ '2020-01-02T00:00:00Z': 'the newest complete backup' });
  });

  test.each([{}, { last: 1 }, { days: 1 }, { daily: 1 }, { weekly: 1 }, { monthly: 1 }])(
    'keep rules of %j leave something whenever there was something',
    (rules) => {
      for (let count = 1; count < 40; count++) {
        expect(Object.keys(kept(nightly(count), rules, new Date('2030-01-01')))).not.toEqual([]);
      }
      expect(kept([], rules)).toEqual({});
    },
  );

  test('the name decides between two backups of the same moment, the same way every time', () => {
    const [a, b] = [
      { ...backupAt('2026-01-01T00:00:00Z'), name: 'a' },
      { ...backupAt('2026-01-01T00:00:00Z'), name: 'b' },
    ];
    for (const order of [
      [a, b],
      [b, a],
    ]) {
      expect(retention(order, { ...NO_RULES, last: 1 }, NOW).remove).toEqual([a]);
    }
  });
});
