import { describe, expect, test } from '@jest/globals';
import type { ProgressSnapshot } from '../../src/report/progress.js';
import { barFrame, lastFrame } from '../../src/terminal/bar-frame.js';

const MIB = 1024 * 1024;
const NOW: ProgressSnapshot = {
  bytes: 350 * MIB,
  rows: 1_234_567,
  units: 12,
  totals: { bytes: 1000 * MIB, units: 80 },
  elapsedMs: 4_000,
  fraction: 0.35,
  bytesPerSecond: 85 * MIB,
  remainingMs: 8_000,
};

describe('a frame of the bar', () => {
  test('a frame of the bar has percent, bytes, rows, rate and time left in 80 columns', () => {
    expect(barFrame('data', NOW, 80)).toBe(
      'data        [======----------]  35%  350 MiB  1.2 M rows  85 MiB/s  8 sec left',
    );
  });

  test('a frame of the bar in 40 columns keeps the time left, and never wraps', () => {
    expect(barFrame('data', NOW, 40)).toBe('data        [===-----]  35%  8 sec left'.slice(0, 39));
    for (let columns = 1; columns <= 200; columns++)
      expect(barFrame('constraints', NOW, columns).length).toBeLessThan(Math.max(2, columns));
  });

  test('a frame of the bar is not at 100 % before the end, and has no unknown percent', () => {
    expect(barFrame('data', { ...NOW, fraction: 1 }, 80)).toContain(' 99% ');
    const unknown = barFrame(
      'backup',
      { ...NOW, totals: { bytes: null, units: null }, fraction: null, remainingMs: null },
      80,
    );
    expect(unknown).toBe('backup      [----------------]       350 MiB  1.2 M rows  85 MiB/s  4 sec');
  });

  test('a frame of the bar counts units without a total of bytes', () => {
    const units = { ...NOW, bytes: 0, rows: 0, totals: { bytes: null, units: 80 }, fraction: 0.15 };
    expect(barFrame('schema', units, 80)).toBe(
      'schema      [====--------------------]  15%  12 of 80 units  8 sec left',
    );
  });
});

describe('the line that stays', () => {
  test('the last line of the bar takes the longest text that fits, and cuts none', () => {
    expect(lastFrame('data', 1, ['done, very well, and fast', 'done'], 80)).toMatch(
      /\[={24}\] 100% {2}done, very well, and fast$/,
    );
    expect(lastFrame('data', 1, ['done, very well, and fast', 'done'], 40)).toBe('data        [========] 100%  done');
    expect(lastFrame('data', 1, ['done, very well, and fast'], 40)).toMatch(/done, very well, and fast$/);
  });

  test('the last line of the bar does not end in the last column', () => {
    const line = lastFrame('data', 1, ['x'.repeat(51)], 80);
    expect(line).toHaveLength(81);
  });
});
