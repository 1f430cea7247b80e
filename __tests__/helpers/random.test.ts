import { describe, expect, test } from '@jest/globals';
import { FAULTS } from '../../testbed/torture/fault.js';
import { planOf } from '../../testbed/torture/plan.js';
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

test('faults are planned for things of each kind, at moments in order within the usual time', () => {
  const plans = Array.from({ length: 40 }, (_, seed) => planOf(seed, FAULTS, 4000));
  expect(new Set(plans.flatMap(({ faults }) => faults.map(({ kind }) => kind)))).toEqual(new Set(FAULTS));
  for (const { faults } of plans) {
    expect(faults.length).toBeGreaterThan(0);
    expect(Math.min(...faults.map(({ afterMs }) => afterMs))).toBeGreaterThanOrEqual(0);
    expect(faults.reduce((sum, { afterMs }) => sum + afterMs, 0)).toBeLessThan(4000);
  }
  expect(planOf(3, FAULTS, 4000).faults).toEqual(planOf(3, FAULTS, 4000).faults);
});
