import { describe, expect, test } from '@jest/globals';
import { unitTitle, withoutEntries } from '../../src/plan/shrink.js';
import { index, table } from './toc-entries.js';
import { unit } from './units.js';

const t = table(1, 't');
const ENTRIES = [t, index(2, 'i', t), index(3, 'j', t), index(4, 'k', t)];

describe('a plan without some entries', () => {
  const units = [
    unit('a', { dumpIds: [1, 2], title: 'TABLE app.t and 1 more' }),
    unit('b', { dumpIds: [3], after: ['a'] }),
    unit('c', { dumpIds: [4], after: ['a', 'b'] }),
  ];

  test('a smaller plan has smaller units, none without work; nobody waits for what is gone', () => {
    expect(withoutEntries(units, new Set(), new Set([2, 3]), ENTRIES)).toMatchObject([
      { id: 'a', dumpIds: [1], title: 'TABLE app.t' },
      { id: 'c', dumpIds: [4], after: ['a'] },
    ]);
  });

  test('a smaller plan keeps an order that leads through what is gone', () => {
    const chain = [1, 2, 3, 4].map((dumpId) => {
      const after = dumpId === 1 ? ['y', 'z'] : [`u${dumpId - 1}`];
      return unit(`u${dumpId}`, { dumpIds: [dumpId], after });
    });
    const left = withoutEntries(
      [unit('y', { dumpIds: [9] }), unit('z', { dumpIds: [8] }), ...chain],
      new Set(),
      new Set([1, 2, 9]),
      ENTRIES,
    );
    expect(left.map(({ id, after }) => [id, after])).toEqual([
      ['z', []],
      ['u3', ['z']],
      ['u4', ['u3']],
    ]);
  });

  test('a smaller plan has the finished units as they were', () => {
    expect(withoutEntries(units, new Set(['a', 'b']), new Set([2, 3]), ENTRIES)).toEqual(units);
  });

  test('a smaller plan does not read blocks of what is left out', () => {
    const whole = (dumpId: number) => ({ dumpId, fromSegment: 0, toSegment: 1 });
    const data = unit('d', { dumpIds: [1, 2], blocks: [whole(1), whole(2)] });
    expect(withoutEntries([data], new Set(), new Set([1]), ENTRIES)[0]?.blocks).toEqual([whole(2)]);
  });

  test('titles of a smaller plan count what is not named', () => {
    expect(unitTitle(ENTRIES)).toBe('TABLE app.t and 3 more');
    expect(unitTitle([t])).toBe('TABLE app.t');
  });
});
