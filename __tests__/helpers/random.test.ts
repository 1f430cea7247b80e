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

test('five seeds in a row kill five kinds of things, at moments within the usual time', () => {
  const plans = [1, 2, 3, 4, 5].map((seed) => planOf(seed, 4000));
  expect(plans.map(({ kills }) => kills[0]?.kind).sort()).toEqual([...KILL_KINDS].sort());
  for (const { afterMs } of plans.flatMap(({ kills }) => kills)) {
    expect(afterMs).toBeGreaterThanOrEqual(0);
    expect(afterMs).toBeLessThan(4000);
  }
  expect(planOf(3, 4000).kills).toEqual(planOf(3, 4000).kills);
});
