import { beforeEach, describe, expect, test } from '@jest/globals';
import { Progress } from '../../src/report/progress.js';
import { ProgressLine } from '../../src/report/progress-line.js';
import { MemoryLogger } from '../helpers/memory-logger.js';

const MIB = 1024 ** 2;
const GIB = 1024 ** 3;

describe('Progress', () => {
  test('the rate of a progress is that of the last half minute, not the average', () => {
    const progress = new Progress({ bytes: 1000 * MIB, units: null }, 0);
    for (let s = 1; s <= 60; s++) progress.set({ bytes: s * MIB }, s * 1000);
    for (let s = 61; s <= 120; s++) progress.set({ bytes: (60 + (s - 60) * 5) * MIB }, s * 1000);
    expect(progress.snapshot(120_000).bytesPerSecond).toBe(5 * MIB);
    expect(progress.snapshot(120_000).remainingMs).toBe((640 / 5) * 1000);
    expect(progress.averageRate(120_000)).toBe(3 * MIB);
  });

  test('a stall slows the rate down to nothing, and the time left becomes unknown', () => {
    const progress = new Progress({ bytes: 100, units: null }, 0);
    progress.set({ bytes: 50 }, 1000);
    for (let s = 2; s <= 60; s++) progress.set({}, s * 1000);
    expect(progress.snapshot(60_000)).toMatchObject({ bytesPerSecond: 0, remainingMs: null, fraction: 0.5 });
  });

  test('the rate of a progress is kept over updates rarer than the window', () => {
    const progress = new Progress({ bytes: null, units: null }, 0);
    progress.add({ bytes: 100 }, 100_000);
    progress.add({ bytes: 100 }, 200_000);
    expect(progress.snapshot(200_000).bytesPerSecond).toBe(1);
  });

  test('work of an earlier run counts for the share of a progress, not for the rate', () => {
    const progress = new Progress({ bytes: 1000, units: null }, 0, { bytes: 900 });
    progress.add({ bytes: 50 }, 10_000);
    expect(progress.snapshot(10_000)).toMatchObject({ fraction: 0.95, bytesPerSecond: 5, remainingMs: 10_000 });
  });

  test('the units tell the time left without a total of bytes', () => {
    const progress = new Progress({ bytes: null, units: 10 }, 0, { units: 4 });
    progress.add({ units: 2 }, 20_000);
    expect(progress.snapshot(20_000)).toMatchObject({ fraction: 0.6, remainingMs: 40_000 });
  });

  test('a progress beyond an estimate has no time left, and a share of at most one', () => {
    const progress = new Progress({ bytes: 100, units: null }, 0);
    progress.set({ bytes: 150 }, 1000);
    expect(progress.snapshot(1000)).toMatchObject({ fraction: 1, remainingMs: null });
  });

  test('a progress knows nothing at the start', () => {
    const snapshot = new Progress({ bytes: null, units: null }, 5).snapshot(5);
    expect(snapshot).toMatchObject({ fraction: null, bytesPerSecond: null, remainingMs: null, elapsedMs: 0 });
  });
});

describe('ProgressLine', () => {
  let nowMs: number;
  let log: MemoryLogger;
  const clock = (): number => nowMs;

  beforeEach(() => {
    nowMs = 0;
    log = new MemoryLogger();
  });

  test('a line of progress says how far, how fast and how long', () => {
    const totals = { bytes: 3.4 * GIB, units: 80 };
    const line = new ProgressLine({ log, label: 'data', enabled: true, totals, clock });
    nowMs = 14_000;
    line.set({ bytes: 1.2 * GIB, rows: 12_345_678, units: 12 });
    expect(log.texts('info')).toEqual([
      'data: 1.2 GiB of 3.4 GiB (35%), 12.3 M rows, 88 MiB/s, about 26 sec left, unit 12 of 80',
    ]);
  });

  test('a line of progress comes at most every five seconds, however often it is told', () => {
    const line = new ProgressLine({ log, label: 'data', enabled: true, clock });
    for (nowMs = 0; nowMs <= 20_000; nowMs += 10) line.add({ rows: 1 });
    expect(log.texts('info')).toHaveLength(4);
  });

  test('a line of progress leaves out what is unknown', () => {
    const line = new ProgressLine({ log, label: 'indexes', enabled: true, clock });
    nowMs = 6000;
    line.tick();
    nowMs = 12_000;
    line.add({ units: 3 });
    expect(log.texts('info')).toEqual(['indexes: 6 sec so far', 'indexes: 3 units']);
  });

  test('a line of progress does not claim 100% of an estimate that was too low', () => {
    const line = new ProgressLine({ log, label: 'backup', enabled: true, totals: { bytes: 1000 }, clock });
    nowMs = 5000;
    line.set({ bytes: 999 });
    nowMs = 10_000;
    line.set({ bytes: 2000 });
    expect(log.texts('info')).toEqual([
      'backup: 999 B of 1000 B (99%), 200 B/s, about 1 sec left',
      'backup: 2 KiB, 200 B/s',
    ]);
  });

  test('a line of progress ends with what this run did, once, and is silent then', () => {
    const line = new ProgressLine({ log, label: 'data', enabled: true, before: { units: 5, bytes: GIB }, clock });
    nowMs = 100;
    line.add({ bytes: 100 * MIB, rows: 1000, units: 1 });
    nowMs = 10_000;
    line.finish();
    line.finish('failed');
    nowMs = 60_000;
    line.add({ bytes: 1 });
    expect(log.texts('info')).toEqual(['data: done, 100 MiB, 1,000 rows, 1 unit in 10 sec, 10 MiB/s on average']);
  });

  test('a line of progress is not printed at all when it is not wanted', () => {
    const line = new ProgressLine({ log, label: 'data', enabled: false, clock });
    nowMs = 10_000;
    line.add({ bytes: 1 });
    line.finish();
    expect(log.lines).toEqual([]);
  });
});
