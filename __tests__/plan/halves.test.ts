import { describe, expect, test } from '@jest/globals';
import { halvesOf, restOf, type Halves } from '../../src/plan/halves.js';
import type { Unit } from '../../src/plan/unit.js';
import { unit } from './units.js';

const titleOf = (dumpIds: readonly number[]): string => dumpIds.join(' and ');
const whole = (dumpId: number) => ({ dumpId, fromSegment: 0, toSegment: 1 });
const FIVE = unit('data/0007', {
  dumpIds: [11, 12, 13, 14, 15],
  blocks: [whole(11), whole(13), whole(15)],
  weightBytes: 50,
  unlogged: true,
  after: ['data/0001'],
  locks: [{ table: 1, mode: 'exclusive' }],
});

/** Units of one entry each, in the order in which they are done. */
function singles(one: Unit): Unit[] {
  const halves = halvesOf(one, titleOf);
  return halves === null ? [one] : [...singles(halves.first), ...singles(halves.rest)];
}

describe('the halves of a unit', () => {
  const { first, rest } = halvesOf(FIVE, titleOf) as Halves;

  test('the first one is new and waits for what the unit waited for, the other one keeps the id and waits for the first', () => {
    const blocks = [whole(11), whole(13)];
    expect(first).toEqual({
      ...FIVE,
      id: 'data/0007/11',
      title: '11 and 12 and 13',
      dumpIds: [11, 12, 13],
      blocks,
      weightBytes: 30,
    });
    const after = ['data/0001', 'data/0007/11'];
    expect(rest).toEqual({
      ...FIVE,
      title: '14 and 15',
      dumpIds: [14, 15],
      blocks: [whole(15)],
      weightBytes: 20,
      after,
    });
  });

  test('a unit is divided down to its entries, each under a name of its own, in the order of the unit', () => {
    const all = singles(FIVE);
    expect(all.map(({ dumpIds }) => dumpIds)).toEqual([[11], [12], [13], [14], [15]]);
    expect(new Set(all.map(({ id }) => id)).size).toBe(5);
    expect(all.at(-1)?.id).toBe(FIVE.id);
    expect(all.reduce((sum, { weightBytes }) => sum + weightBytes, 0)).toBe(50);
    expect(all.flatMap(({ blocks }) => blocks)).toEqual(FIVE.blocks);
    // Each one waits, by way of others, for all that come before it.
    const names = new Map(all.map((one) => [one.id, one]));
    const before = (one: Unit): string[] => one.after.flatMap((id) => [id, ...before(names.get(id) ?? unit(id))]);
    for (const [i, one] of all.entries()) {
      for (const { id } of all.slice(0, i)) expect(before(one)).toContain(id);
    }
  });

  test('a unit of one entry stays whole, though it be one slice of several', () => {
    expect(
      halvesOf(unit('a', { dumpIds: [1], blocks: [{ dumpId: 1, fromSegment: 3, toSegment: 9 }] }), titleOf),
    ).toBeNull();
    expect(halvesOf(unit('a'), titleOf)).toBeNull();
  });

  test('what is divided already stays as it is, and what one of them leaves out stays with the rest', () => {
    expect(restOf(rest, first, rest.title)).toBe(rest);
    const stored = { ...FIVE, dumpIds: [...FIVE.dumpIds, 16] };
    expect(restOf(stored, first, rest.title)).toEqual({ ...rest, dumpIds: [14, 15, 16] });
  });
});
