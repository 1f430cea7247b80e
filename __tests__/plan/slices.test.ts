import { describe, expect, test } from '@jest/globals';
import { bytesOfSlice, sliceBytesFor, slicesOf, uncutReasons } from '../../src/plan/slices.js';
import { table, tableData } from './toc-entries.js';
import { block, cutBlock, headOf } from './units.js';

describe('slices', () => {
  test.each([
    [[10, 10, 10, 10], 10, [10, 10, 10, 10]],
    [[10, 10, 10, 10], 20, [20, 20]],
    [[10, 10, 10, 10], 25, [20, 20]],
    [[10, 10, 10, 10], 40, [40]],
    [[10, 10, 10, 10], 1000, [40]],
    [[10, 10, 10, 10], 1, [10, 10, 10, 10]],
    [[10, 10, 10, 1], 15, [20, 10, 1]],
    [[100, 1, 1, 1], 30, [100, 1, 1, 1]],
    [[1, 1, 1, 100], 30, [103]],
    [[1000], 1, [1000]],
  ])('slices of segments of %j, each of about %i bytes, have %j', (lengths, sliceBytes, expected) => {
    const whole = cutBlock(7, lengths);
    const slices = slicesOf(whole, sliceBytes);
    expect(slices.map((slice) => bytesOfSlice(whole, slice))).toEqual(expected);
    expect(slices[0]?.fromSegment).toBe(0);
    expect(slices.at(-1)?.toSegment).toBe(lengths.length);
    for (const [at, { fromSegment }] of slices.entries()) expect(fromSegment).toBe(slices[at - 1]?.toSegment ?? 0);
  });

  test('slices of a table of 500 GB are some ten thousand, made at once', () => {
    const huge = cutBlockOf(31_250, 16 * 1024 * 1024);
    const sliceBytes = sliceBytesFor([huge], 16 * 1024 * 1024);
    const slices = slicesOf(huge, sliceBytes);
    expect(slices.length).toBeGreaterThan(7000);
    expect(slices.length).toBeLessThanOrEqual(10_000);
  });

  test('slices of a small archive are smaller than what was asked for, so that workers can share them', () => {
    const [MB, asked] = [1024 * 1024, 64 * 1024 * 1024];
    expect(sliceBytesFor([block(1, 100 * MB), block(2, 50 * MB)], asked)).toBe(16 * MB);
    expect(sliceBytesFor([block(1, 2048 * MB)], asked)).toBe(32 * MB);
    expect(sliceBytesFor([block(1, 100_000 * MB)], asked)).toBe(asked);
    expect(sliceBytesFor([block(1, 100 * MB)], 1000)).toBe(10_486);
  });

  test('a reason is told for what is large and has no place to be cut at', () => {
    const [t, u] = [table(1, 't'), table(2, 'u')];
    const entries = [tableData(11, t), tableData(12, u)];
    const head = headOf([t, u, ...entries]);
    const blocks = [block(11, 1000), block(12, 10)];
    expect(uncutReasons(head, entries, blocks, 100)).toEqual([
      'TABLE DATA app.t is loaded as a whole, by one worker: the archive has no place to cut it',
    ]);
    const compressed = { header: { ...head.header, compression: { algorithm: 'gzip' as const, level: null } } };
    expect(uncutReasons(compressed, entries, blocks, 100)).toEqual([
      'TABLE DATA app.t is loaded as a whole, by one worker: what one pg_dump has compressed can only be read from its start',
    ]);
    expect(uncutReasons(compressed, entries, blocks, 1000)).toEqual([]);
  });
});

function cutBlockOf(count: number, length: number): ReturnType<typeof cutBlock> {
  const whole = cutBlock(7, [length]);
  const [segment] = whole.segments;
  if (segment === undefined) throw new Error('no segment');
  const segments = Array.from({ length: count }, (_, at) => ({ ...segment, offset: at * length }));
  return { ...whole, length: count * length, rows: count, segments };
}
