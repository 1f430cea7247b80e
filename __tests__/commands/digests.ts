import { createHash } from 'node:crypto';
import { expect } from '@jest/globals';
import type { Manifest } from '../../src/store/manifest.js';

export function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** Every digest of a manifest holds for the bytes of its archive, which are covered without a gap. */
export function expectDigests({ archive, map, summary }: Manifest, bytes: Buffer): void {
  expect([archive.sizeBytes, summary.sizeBytes]).toEqual([bytes.length, bytes.length]);
  expect(map.head.sha256).toBe(sha256(bytes.subarray(0, map.head.length)));
  const digests = [sha256(bytes.subarray(0, map.head.length))];
  let end = map.head.length;
  for (const block of map.blocks) {
    expect(block.offset).toBe(end);
    for (const { offset, length, sha256: digest } of block.segments) {
      expect(offset).toBe(end);
      end += length;
      expect(digest).toBe(sha256(bytes.subarray(offset, end)));
      digests.push(digest);
    }
  }
  expect(end).toBe(bytes.length);
  expect(archive.sha256).toBe(sha256(Buffer.from(digests.join(''), 'hex')));
}
