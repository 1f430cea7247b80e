import { describe, expect, test } from '@jest/globals';
import { KILL_KINDS } from '../../testbed/kills/kill.js';
import { planOf } from '../../testbed/kills/plan.js';
import { Random } from '../../testbed/random.js';

describe('numbers that look random', () => {
  const many = (seed: number): number[] => {
    const random = new Random(seed);
    return Array.from({ length: 10_000 }, () => random.next());
  };

  test('are the same for the same seed, and others for another', () => {
    expect(many(7)).toEqual(many(7));
    expect(many(8)).not.toEqual(many(7));
  });

  test('are spread evenly', () => {
    const numbers = many(1);
    const tenths = Array.from(
      { length: 10 },
      (_, tenth) => numbers.filter((n) => n >= tenth / 10 && n < (tenth + 1) / 10).length,
    );
    for (const count of tenths) {
      expect(Math.abs(count - 1000)).toBeLessThan(150);
    }
    expect(new Random(1).pick<string>([])).toBeUndefined();
  });
});

test('kills are planned for things of each kind, at moments in order within the usual time', () => {
  const plans = Array.from({ length: 20 }, (_, seed) => planOf(seed, 4000));
  expect(new Set(plans.flatMap(({ kills }) => kills.map(({ kind }) => kind)))).toEqual(new Set(KILL_KINDS));
  for (const { kills } of plans) {
    expect(kills.length).toBeGreaterThan(0);
    expect(Math.min(...kills.map(({ afterMs }) => afterMs))).toBeGreaterThanOrEqual(0);
    expect(kills.reduce((sum, { afterMs }) => sum + afterMs, 0)).toBeLessThan(4000);
  }
  expect(planOf(3, 4000).kills).toEqual(planOf(3, 4000).kills);
});
