import { expect, test } from '@jest/globals';
import { LargeObjectBlocks } from '../../src/archive/large-object-blocks.js';
import { encodeInt } from '../../src/archive/integers.js';
import { bytesOf, fixture, mapWhole, UNCOMPRESSED } from './fixtures.js';

/** A fixture's large objects, in an archive of their own as pg_dump makes it: their entries alone have data. */
async function largeObjectsOf(name: string) {
  const archive = fixture(name);
  const { head, map } = await mapWhole(archive);
  const blocks = map.blocks.filter(({ kind }) => kind === 'large-objects');
  const ids = new Set(blocks.map(({ dumpId }) => dumpId));
  const entries = head.entries.filter(({ dumpId }) => ids.has(dumpId));
  const kept = head.entries.filter(({ hasData, dumpId }) => !hasData || ids.has(dumpId));
  const alone = Buffer.concat([
    head.bytes.subarray(0, head.entryCountAt),
    encodeInt(kept.length, head.header.intSize),
    ...kept.map(({ start, end }) => head.bytes.subarray(start, end)),
    ...blocks.map((block) => bytesOf(archive, block)),
  ]);
  return {
    alone,
    entries,
    blocks: Buffer.concat(blocks.map((block) => bytesOf(archive, block))),
    intSize: head.header.intSize,
  };
}

test.each(UNCOMPRESSED)('the blocks of large objects of %s get the dump ids of the other archive', async (name) => {
  const { alone, entries, blocks, intSize } = await largeObjectsOf(name);
  expect(entries.length).toBeGreaterThan(0);
  const others = entries.map((entry) => ({ ...entry, dumpId: entry.dumpId + 5000 }));
  for (const size of [1, 7, 1000, 1_000_000]) {
    const taker = new LargeObjectBlocks(others);
    const out: Buffer[] = [];
    for (let at = 0; at < alone.length; at += size) {
      for (const bytes of taker.push(alone.subarray(at, at + size))) out.push(Buffer.from(bytes));
    }
    expect(taker.isComplete).toBe(true);
    const taken = Buffer.concat(out);
    expect(taken.length).toBe(blocks.length);
    expect(taken.subarray(1, 2 + intSize)).toEqual(encodeInt(others[0]?.dumpId ?? 0, intSize));
    if (entries.length === 1) expect(taken.subarray(2 + intSize)).toEqual(blocks.subarray(2 + intSize));
  }
});

test.each(UNCOMPRESSED)('large objects of %s that are not those of the first dump are refused', async (name) => {
  const { alone, entries } = await largeObjectsOf(name);
  const drain = (taker: LargeObjectBlocks): Buffer[] => [...taker.push(alone)];
  const [first] = entries;
  if (first === undefined) throw new Error('the fixture has no large objects');
  expect(() => drain(new LargeObjectBlocks([...entries, first]))).toThrow('other entries than in the first dump');
  expect(() => drain(new LargeObjectBlocks(entries.map((entry) => ({ ...entry, tag: 'another' }))))).toThrow(
    'other entries',
  );
});

test.each(UNCOMPRESSED)('large objects of %s that break off are not complete', async (name) => {
  const { alone, entries } = await largeObjectsOf(name);
  const taker = new LargeObjectBlocks(entries);
  expect([...taker.push(alone.subarray(0, -3))].length).toBeGreaterThan(0);
  expect(taker.isComplete).toBe(false);
});
