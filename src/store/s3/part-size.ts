/** The sizes of parts. Source: Amazon S3 user guide, "Multipart upload limits". */
import { PhaseliftError } from '../../foundation/errors.js';
import { phrase, plain } from '../../foundation/text.js';

const MIB = 1024 * 1024;

export const MAX_PARTS = 10_000;
export const MIN_PART_BYTES = 5 * MIB;
export const MAX_PART_BYTES = 5 * 1024 * MIB;

/** Parts in flight together hold at most about this much; one more is being filled. */
const IN_FLIGHT_BYTES = 32 * MIB;
const MAX_IN_FLIGHT = 4;

const SMALLEST_AUTO_BYTES = 8 * MIB;
/** Where the archive's size is not known: room for 312 GiB. */
const UNKNOWN_AUTO_BYTES = 32 * MIB;
/** Room for estimates that are wrong by half. */
const MARGIN = 2;

/**
 * Bytes of each part of an upload: what `s3-chunk-size` says, else so many that twice the estimate fits into 10,000 parts of
 * equal size. null stands for an unknown estimate, and for a size left to us.
 */
export function choosePartSize(estimatedBytes: number | null, chunkSizeBytes: number | null): number {
  if (chunkSizeBytes !== null) return chunkSizeBytes;
  if (estimatedBytes === null) return UNKNOWN_AUTO_BYTES;
  const needed = Math.ceil((estimatedBytes * MARGIN) / MAX_PARTS / MIB) * MIB;
  return Math.min(Math.max(needed, SMALLEST_AUTO_BYTES), MAX_PART_BYTES);
}

/** How many parts of this size may be in flight: fewer as they grow. */
export function partsInFlight(partSizeBytes: number): number {
  return Math.min(Math.max(Math.floor(IN_FLIGHT_BYTES / partSizeBytes), 1), MAX_IN_FLIGHT);
}

/** Why parts cannot have this size, or null when they can. */
export function partSizeFault(partSizeBytes: number): string | null {
  if (partSizeBytes >= MIN_PART_BYTES && partSizeBytes <= MAX_PART_BYTES) return null;
  return `parts of ${inMegabytes(partSizeBytes)} are outside of what S3 allows, 5MB to 5120MB`;
}

/** The error about an archive that has more bytes than its parts can hold, with the size that will do. */
export function outgrown(partSizeBytes: number, maxParts: number): PhaseliftError {
  const enough = Math.min(partSizeBytes * 4, MAX_PART_BYTES);
  const message = phrase`the archive outgrew ${maxParts} parts of ${inMegabytes(partSizeBytes)}, the most that S3 allows (${plain('s3-chunk-size')})`;
  const hint = phrase`Set ${plain('s3-chunk-size')} (S3_CHUNK_SIZE) to ${inMegabytes(enough)} and run the backup again.`;
  return new PhaseliftError('STORE_FULL', message, { hint, object: 's3-chunk-size' });
}

/** As `s3-chunk-size` takes it, rounded up to whole mebibytes. */
export function inMegabytes(sizeBytes: number): string {
  return `${Math.ceil(sizeBytes / MIB)}MB`;
}
