import { expect, test } from '@jest/globals';
import { BlockPool, type Block } from '../../src/dump/block-pool.js';

test('a pool makes no more blocks than it may, and hands freed ones out again', () => {
  const pool = new BlockPool(2, 10);
  const [first, second] = [pool.tryTake(), pool.tryTake()];
  expect([first?.buffer.length, second?.buffer.length, pool.tryTake()]).toEqual([10, 10, null]);
  if (first !== null) pool.release(first);
  expect(pool.tryTake()?.buffer).toBe(first?.buffer);
});

test('a freed block goes to whoever waits with the lowest order, and nobody overtakes them', () => {
  const pool = new BlockPool(1, 10);
  const block = pool.tryTake();
  const served: [number, Block][] = [];
  for (const order of [7, 3, 5]) pool.take(order, (given) => served.push([order, given]));
  if (block !== null) pool.release(block);
  expect(served.map(([order]) => order)).toEqual([3]);
  expect(pool.tryTake()).toBeNull();
  const [, given] = served[0] ?? [];
  if (given !== undefined) pool.release(given);
  expect(served.map(([order]) => order)).toEqual([3, 5]);
});

test('a block with several users is free when the last of them has released it', () => {
  const pool = new BlockPool(1, 10);
  const block = pool.tryTake();
  if (block === null) throw new Error('no block');
  block.users += 1;
  pool.release(block);
  expect(pool.tryTake()).toBeNull();
  pool.release(block);
  expect(pool.tryTake()).not.toBeNull();
});
