/**
 * How large a manifest can be. It is read whole, into memory, and anybody who may write to the store can put something there:
 * so its size is looked at before its bytes.
 *
 * What a manifest holds has its counterpart in the archive, but for a fixed part:
 *
 * - A block is at most 330 bytes of manifest with its first segment (all numbers of 16 digits, a digest of 64). The archive has
 *   its TOC entry, at least 106 bytes (17 integers and lengths of 5 bytes, `TABLE DATA`, an offset), and its own 11.
 * - A further segment is at most 240 bytes, for 16 MiB of rows; there are about 20,000 of them at most (segment-size.ts), and twice as many where
 *   the archive's size was estimated at half.
 * - A relation is at most 160 bytes and three names, whose bytes JSON may escape by six each (a control character). Only those
 *   are kept that the archive has: in its TOC entry, at least 106 bytes, each name stands at least once, the names of
 *   schema and relation more often.
 * - A role is at most 150 bytes and its name, which may be escaped by six as well; only those are kept that the archive names: as an owner in
 *   a TOC entry, or in a statement that has at least 25 bytes besides.
 *
 * So there are never more than six bytes of manifest for a byte of the archive.
 */
import { SEGMENT_BYTES } from '../archive/segment-size.js';
import { PhaseliftError } from '../foundation/errors.js';
import { formatBytes } from '../foundation/format.js';
import { input, phrase } from '../foundation/text.js';

const MIB = 1024 * 1024;

/** With room for what later versions may add. */
const BYTES_FOR_EACH_BYTE = 8;

/** Summary (4 KiB), ETag, `dump-options` (an input has at most 128 KiB, which JSON may escape by six). */
const FIXED_BYTES = MIB;

/** However much of an archive is its TOC: 100,000 blocks (33 MB) and 200,000 relations with names of 63 bytes (64 MB) fit. */
const MOST_FOR_TOC_BYTES = 100 * MIB;
const SEGMENT_TEXT_BYTES = 240;
const MOST_SEGMENTS = 40_000;

/** Bytes that a manifest of an archive of this size may have. */
export function maxManifestBytes(archiveBytes: number): number {
  const forSegments = SEGMENT_TEXT_BYTES * Math.min(MOST_SEGMENTS, Math.ceil(archiveBytes / SEGMENT_BYTES));
  return Math.min(FIXED_BYTES + BYTES_FOR_EACH_BYTE * archiveBytes, MOST_FOR_TOC_BYTES + forSegments);
}

/** Of any archive, up to 16 TiB: where it is not known which one. */
export const MAX_MANIFEST_BYTES = maxManifestBytes(16 * 1024 * 1024 * MIB);

/** MANIFEST: what stands in the manifest's place is too large for one. `sizeBytes` null: larger than the store said. */
export function manifestTooLarge(uri: string, sizeBytes: number | null, maxBytes: number): PhaseliftError {
  const size = sizeBytes === null ? 'is larger than the store says' : `has ${formatBytes(sizeBytes)}`;
  const most = `no manifest of such an archive has more than ${formatBytes(maxBytes)}`;
  return new PhaseliftError('MANIFEST', `the manifest ${uri} ${size}: ${most}`, { object: uri, hint: FOREIGN_HINT });
}

/** For whatever stands in a manifest's place and is none. */
export const FOREIGN_HINT = phrase`It is not what Phaselift wrote, but something else: move it away, and restore the archive by its own place (${input('s3-uri')}, or ${input('local-directory', 'DIR/DATABASE/NAME')}), or another backup.`;
