import { describe, expect, test } from '@jest/globals';
import { locksOf, pack, type Packable } from '../../src/plan/packing.js';
import { entry } from './toc-entries.js';

const LIMITS = { entries: 3, bytes: 100, locks: 50 };

function item(dumpId: number, more: Partial<Packable> = {}): Packable {
  return { entry: entry(dumpId, 'TABLE', `t${dumpId}`), bytes: 1, locks: 1, key: 'k', alone: false, ...more };
}

function idsOf(groups: Packable[][]): number[][] {
  return groups.map((group) => group.map(({ entry: { dumpId } }) => dumpId));
}

describe('packing', () => {
  test.each([
    ['entries', {}, [[1, 2, 3], [4]]],
    [
      'bytes',
      { bytes: 50 },
      [
        [1, 2],
        [3, 4],
      ],
    ],
    ['locks', { locks: 30 }, [[1], [2], [3], [4]]],
  ])('packing ends a group at the limit of %s', (_limit, more, expected) => {
    expect(
      idsOf(
        pack(
          [1, 2, 3, 4].map((id) => item(id, more)),
          LIMITS,
          false,
        ),
      ),
    ).toEqual(expected);
  });

  test('packing takes what alone is more than a limit', () => {
    expect(idsOf(pack([item(1, { bytes: 1000, locks: 1000 }), item(2)], LIMITS, false))).toEqual([[1], [2]]);
  });

  test('packing leaves alone what has to stand alone, and goes on behind it', () => {
    const items = [item(1), item(2, { alone: true }), item(3)];
    expect(idsOf(pack(items, LIMITS, false))).toEqual([[1], [2], [3]]);
  });

  test('packing keeps different keys apart, but lets them be mixed in order', () => {
    const items = [item(1), item(2, { key: 'other' }), item(3), item(4, { key: 'other' })];
    expect(idsOf(pack(items, LIMITS, false))).toEqual([
      [1, 3],
      [2, 4],
    ]);
  });

  test('packing in order ends a group where the key changes', () => {
    const items = [item(1), item(2, { key: 'other' }), item(3), item(4)];
    expect(idsOf(pack(items, LIMITS, true))).toEqual([[1], [2], [3, 4]]);
  });

  test('packing in order lets nothing get before what stands alone', () => {
    const items = [item(1), item(2, { key: 'b', alone: true }), item(3), item(4, { alone: true }), item(5)];
    expect(idsOf(pack(items, LIMITS, true))).toEqual([[1], [2], [3], [4], [5]]);
  });

  test('a COPY is counted with the indexes of its table', () => {
    const data = entry(1, 'TABLE DATA', 't');
    expect(locksOf(data, 20) - locksOf(data, 0)).toBe(20);
  });
});
