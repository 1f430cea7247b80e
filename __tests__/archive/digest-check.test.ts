import { createHash } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { DigestCheck, type DigestedRange } from '../../src/archive/digest-check.js';
import { testBytes } from '../store/test-bytes.js';

const BYTES = testBytes(1000);

function range(offset: number, length: number, bytes = BYTES): DigestedRange {
  const sha256 = createHash('sha256')
    .update(bytes.subarray(offset, offset + length))
    .digest('hex');
  return { offset, length, sha256, dumpId: offset };
}

/** Offsets of the ranges that differ, when the bytes come in chunks of this size. */
function different(ranges: readonly DigestedRange[], bytes: Buffer, chunkBytes: number, start = 0): number[] {
  const digests = new DigestCheck(ranges, start);
  for (let at = 0; at < bytes.length; at += chunkBytes) digests.push(bytes.subarray(at, at + chunkBytes));
  return digests.different.map(({ offset }) => offset);
}

describe.each([1, 7, 100, 333, 1000])('in chunks of %i bytes', (chunkBytes) => {
  const ranges = [range(0, 100), range(100, 333), range(433, 1), range(434, 566)];

  test('digests of ranges of the same bytes differ nowhere', () => {
    expect(different(ranges, BYTES, chunkBytes)).toEqual([]);
  });

  test.each([
    [0, 0],
    [99, 0],
    [100, 100],
    [433, 433],
    [999, 434],
  ])('digests of ranges find a changed byte %i in the range at %i', (at, offset) => {
    const changed = Buffer.from(BYTES);
    changed.writeUInt8(changed.readUInt8(at) ^ 1, at);
    expect(different(ranges, changed, chunkBytes)).toEqual([offset]);
  });

  test('digests of ranges pass over the gaps between them', () => {
    const changed = Buffer.from(BYTES);
    changed.writeUInt8(changed.readUInt8(150) ^ 1, 150);
    expect(different([range(10, 100), range(200, 50)], changed, chunkBytes)).toEqual([]);
    expect(different([range(10, 100), range(140, 50)], changed, chunkBytes)).toEqual([140]);
  });

  test('a stream from the middle of an archive is compared from there', () => {
    const changed = Buffer.from(BYTES);
    changed.writeUInt8(changed.readUInt8(500) ^ 1, 500);
    const from100 = [range(100, 333), range(433, 1), range(434, 566)];
    expect(different(from100, BYTES.subarray(100), chunkBytes, 100)).toEqual([]);
    expect(different(from100, changed.subarray(100), chunkBytes, 100)).toEqual([434]);
  });

  test('digests judge no range whose end does not come', () => {
    expect(different(ranges, BYTES.subarray(0, 999), chunkBytes)).toEqual([]);
  });
});
