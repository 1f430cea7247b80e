import { createHash } from 'node:crypto';
import type { ArchiveMap } from './types.js';

/**
 * What tells an archive from all others, SHA-256 in hex: the digest over the digests (32 bytes each) of its head and of its segments, in
 * the archive's order. These cover every byte, so that no byte needs a second digest. It depends on where the segments end.
 */
export function archiveIdentity({ head, blocks }: Pick<ArchiveMap, 'head' | 'blocks'>): string {
  const hash = createHash('sha256').update(head.sha256, 'hex');
  for (const block of blocks) for (const segment of block.segments) hash.update(segment.sha256, 'hex');
  return hash.digest('hex');
}
