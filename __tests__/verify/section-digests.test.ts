import { createHash } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { SectionDigests, type DigestedRange } from '../../src/verify/section-digests.js';
import { testBytes } from '../store/test-bytes.js';

const BYTES = testBytes(1000);

function section(offset: number, length: number, bytes = BYTES): DigestedRange {
  const sha256 = createHash('sha256')
    .update(bytes.subarray(offset, offset + length))
    .digest('hex');
  return { offset, length, sha256, dumpId: offset };
}

/** Offsets of the sections that differ, when the bytes come in chunks of this size. */
function different(sections: readonly DigestedRange[], bytes: Buffer, chunkBytes: number): number[] {
  const digests = new SectionDigests(sections);
  for (let at = 0; at < bytes.length; at += chunkBytes) digests.push(bytes.subarray(at, at + chunkBytes));
  return digests.different.map(({ offset }) => offset);
}

describe.each([1, 7, 100, 333, 1000])('in chunks of %i bytes', (chunkBytes) => {
  const sections = [section(0, 100), section(100, 333), section(433, 1), section(434, 566)];

  test('section digests of the same bytes differ nowhere', () => {
    expect(different(sections, BYTES, chunkBytes)).toEqual([]);
  });

  test.each([
    [0, 0],
    [99, 0],
    [100, 100],
    [433, 433],
    [999, 434],
  ])('section digests find a changed byte %i in the section at %i', (at, offset) => {
    const changed = Buffer.from(BYTES);
    changed.writeUInt8(changed.readUInt8(at) ^ 1, at);
    expect(different(sections, changed, chunkBytes)).toEqual([offset]);
  });

  test('section digests pass over gaps between sections', () => {
    const changed = Buffer.from(BYTES);
    changed.writeUInt8(changed.readUInt8(150) ^ 1, 150);
    expect(different([section(10, 100), section(200, 50)], changed, chunkBytes)).toEqual([]);
    expect(different([section(10, 100), section(140, 50)], changed, chunkBytes)).toEqual([140]);
  });
});
