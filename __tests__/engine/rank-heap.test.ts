import { describe, expect, test } from '@jest/globals';
import { RankHeap } from '../../src/engine/rank-heap.js';

/** Numbers below `below` as if at random, the same each time. */
function* numbers(below: number): Generator<number, never> {
  for (let state = 1; ;) {
    state = (state * 48_271) % 2_147_483_647;
    yield state % below;
  }
}

describe('a heap of ranks', () => {
  test('a heap hands out what it was given by rank, whatever the order', () => {
    const random = numbers(1000);
    const ranks = Array.from({ length: 500 }, () => random.next().value);
    const heap = new RankHeap<{ rank: number }>();
    for (const rank of ranks) heap.push({ rank });
    expect(ranks.map(() => heap.pop()?.rank)).toEqual(ranks.toSorted((a, b) => a - b));
    expect(heap.pop()).toBeUndefined();
  });

  test('a heap tells the first ones, which stay', () => {
    const heap = new RankHeap<{ rank: number }>();
    for (const rank of [3, 1, 4, 2]) heap.push({ rank });
    expect(heap.first(2)).toEqual([{ rank: 1 }, { rank: 2 }]);
    expect(heap.first(9)).toHaveLength(4);
    expect(heap.first(0)).toEqual([]);
    expect(heap.pop()).toEqual({ rank: 1 });
  });

  test('a heap takes more while it hands out', () => {
    const random = numbers(1000);
    const heap = new RankHeap<{ rank: number }>();
    const held: number[] = [];
    for (let step = 0; step < 2000; step++) {
      const rank = random.next().value;
      if (step % 3 < 2) {
        heap.push({ rank });
        held.push(rank);
      } else {
        held.sort((a, b) => a - b);
        expect(heap.pop()?.rank).toBe(held.shift());
      }
    }
  });
});
