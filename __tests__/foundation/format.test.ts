import { describe, expect, test } from '@jest/globals';
import {
  formatBytes,
  formatCount,
  formatDuration,
  formatExact,
  formatMinute,
  formatRate,
  formatTime,
  plural,
  shortPlural,
} from '../../src/foundation/format.js';

describe('numbers for people', () => {
  test.each([
    [0, '0 B'],
    [1023, '1023 B'],
    [1536, '1.5 KiB'],
    [99.94 * 1024 ** 2, '99.9 MiB'],
    [512 * 1024 ** 2, '512 MiB'],
    [3.4 * 1024 ** 3, '3.4 GiB'],
    [2 * 1024 ** 5, '2 PiB'],
    [-5, '0 B'],
    [Number.NaN, '? B'],
  ])('a size of %d bytes is written as %s', (bytes, text) => {
    expect(formatBytes(bytes)).toBe(text);
  });

  test('nouns follow the number that is written', () => {
    expect([0, 1, 2, 123_456].map((count) => shortPlural(count, 'row'))).toEqual([
      '0 rows',
      '1 row',
      '2 rows',
      '123.5 K rows',
    ]);
    expect(formatMinute(Date.UTC(2026, 6, 14, 3, 12, 59))).toBe('2026-07-14 03:12');
  });

  test('rates are written as bytes in a second', () => {
    expect(formatRate(85.4 * 1024 ** 2)).toBe('85 MiB/s');
    expect(formatRate(8.54 * 1024 ** 2)).toBe('8.5 MiB/s');
  });

  test.each([
    [0, '0 sec'],
    [440, '0.4 sec'],
    [9_949, '9.9 sec'],
    [9_999, '10 sec'],
    [59_700, '1 min'],
    [245_000, '4 min 5 sec'],
    [3_599_600, '1 hr'],
    [7_620_000, '2 hr 7 min'],
    [360_000_000, '100 hr'],
    [-1, '0 sec'],
  ])('a duration of %d ms is written as %s', (ms, text) => {
    expect(formatDuration(ms)).toBe(text);
  });

  test('counts are written with groups of digits', () => {
    expect(formatCount(99_999)).toBe('99,999');
    expect(formatCount(12_345_678)).toBe('12.3 M');
    expect(formatExact(12_345_678)).toBe('12,345,678');
    expect([plural(1, 'unit'), plural(2000, 'unit')]).toEqual(['1 unit', '2,000 units']);
  });

  test('times are written in UTC', () => {
    expect(formatTime(Date.UTC(2026, 6, 14, 3, 12, 45, 999))).toBe('2026-07-14 03:12:45 UTC');
  });
});
