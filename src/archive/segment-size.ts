const MIB = 1024 * 1024;

/** About how large a segment is, where it is not told otherwise, bytes. */
export const SEGMENT_BYTES = 16 * MIB;

/** Larger archives have larger segments instead of more: the map is kept in memory, and read whole. */
const MOST_SEGMENTS = 20_000;

/** Bytes of a segment in an archive of about this size. It depends on nothing else: who maps the same archive again cuts it the same. */
export function segmentBytesFor(archiveBytes: number): number {
  return Math.max(SEGMENT_BYTES, Math.ceil(archiveBytes / MOST_SEGMENTS / MIB) * MIB);
}
