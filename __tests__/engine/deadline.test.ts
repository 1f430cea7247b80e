import { describe, expect, test } from '@jest/globals';
import { Deadline, OutOfTime } from '../../src/engine/deadline.js';
import type { Unit } from '../../src/plan/unit.js';

const HOUR = 3_600_000;

function unit(stage: Unit['stage'], weightBytes: number): Unit {
  return {
    id: 'x',
    stage,
    kind: 'statements',
    title: 'x',
    dumpIds: [],
    blocks: [],
    weightBytes,
    unlogged: false,
    after: [],
    locks: [],
  };
}

describe('a time limit', () => {
  let nowMs = 0;
  const deadline = (limitMs: number | null): Deadline => new Deadline(0, limitMs, () => nowMs);

  test('everything fits where there is no limit', () => {
    nowMs = 1000 * HOUR;
    const none = deadline(null);
    none.note(unit('data', 1), 1e9);
    expect(none.fits(unit('data', 1e12))).toBe(true);
    none.check();
  });

  test('a unit is begun as long as the reserve for it and for the end is left', () => {
    const hour = deadline(HOUR);
    nowMs = HOUR - 60_000;
    expect(hour.fits(unit('data', 1))).toBe(true);
    hour.check();
    nowMs += 1;
    expect(hour.fits(unit('data', 1))).toBe(false);
    expect(() => {
      hour.check();
    }).toThrow(OutOfTime);
  });

  test('a unit is not begun that would take too long, by the slowest of its stage, and a smaller one is', () => {
    const hour = deadline(HOUR);
    hour.note(unit('data', 100_000_000), 60);
    hour.note(unit('data', 100_000_000), 20);
    nowMs = HOUR - 30_000 - 10 * 60_000;
    expect(hour.fits(unit('data', 660_000_000))).toBe(true);
    expect(hour.fits(unit('data', 670_000_000))).toBe(false);
    expect(hour.fits(unit('constraints', 0))).toBe(true);
    hour.note(unit('constraints', 0), 401);
    expect(hour.fits(unit('constraints', 0))).toBe(false);
  });

  test('what a small unit took is no measure of a large one', () => {
    const hour = deadline(HOUR);
    hour.note(unit('data', 300), 5);
    nowMs = HOUR - 30_000 - 60_000;
    expect(hour.fits(unit('data', 12_000_000))).toBe(true);
    expect(hour.fits(unit('data', 1_000_000_000))).toBe(false);
    hour.note(unit('data', 300), 41);
    expect(hour.fits(unit('data', 12_000_000))).toBe(false);
  });

  test('a unit that would take longer than any run has is begun in the first half of one', () => {
    const hour = deadline(HOUR);
    hour.note(unit('constraints', 100_000_000), 60);
    nowMs = HOUR / 2 - 30_000;
    expect(hour.fits(unit('constraints', 1e12))).toBe(true);
    nowMs += 1;
    expect(hour.fits(unit('constraints', 1e12))).toBe(false);
    expect(hour.fits(unit('constraints', 1e9))).toBe(true);
  });

  test('what is at work is given up shortly before the end', async () => {
    const short = new Deadline(Date.now() - 900, 1050);
    short.start();
    await new Promise((resolve) => setTimeout(resolve, 120));
    expect(short.signal.reason).toBeInstanceOf(OutOfTime);
    const late = new Deadline(Date.now() - 5000, 1000);
    late.start();
    expect(late.signal.aborted).toBe(true);
    const stopped = new Deadline(Date.now(), 50);
    stopped.start();
    stopped.stop();
    await new Promise((resolve) => setTimeout(resolve, 80));
    expect(stopped.signal.aborted).toBe(false);
  });
});
