import { PhaseliftError } from '../foundation/errors.js';
import { phrase, type Text } from '../foundation/text.js';

const FOREIGN_HINT =
  'Give an archive made by `pg_dump --format=custom`, copied as it is (no text mode, no other compression).';
const CUT_HINT = 'The copy or the dump did not finish: copy the archive again, or take an older backup.';

/** ARCHIVE_FORMAT: bytes that pg_dump does not write. `at` is the offset in the archive, in bytes. */
export function formatError(at: number, reading: string, problem: string, cause?: unknown): PhaseliftError {
  return new PhaseliftError(
    'ARCHIVE_FORMAT',
    `the archive is damaged or of an unknown kind: ${problem} at byte ${at}, while reading ${reading}`,
    { hint: FOREIGN_HINT, cause },
  );
}

/** ARCHIVE_FORMAT: the bytes begin like something else, `what`, or like nothing that is known (null). */
export function notAnArchive(what: Text | null): PhaseliftError {
  const looks = what === null ? 'it does not begin with PGDMP' : phrase`it looks like ${what}`;
  return new PhaseliftError('ARCHIVE_FORMAT', phrase`this is not an archive of pg_dump: ${looks}`, {
    hint: FOREIGN_HINT,
  });
}

/** ARCHIVE_TRUNCATED: the archive ends after `sizeBytes`, in the middle of `reading`. */
export function truncatedError(sizeBytes: number, reading: string, object?: string): PhaseliftError {
  return new PhaseliftError('ARCHIVE_TRUNCATED', `the archive is cut off: it ends at byte ${sizeBytes}, ${reading}`, {
    hint: CUT_HINT,
    object,
  });
}

/** ARCHIVE_DAMAGED: the contents of a block are not what they should be. */
export function damagedError(object: string, problem: string, cause?: unknown): PhaseliftError {
  return new PhaseliftError('ARCHIVE_DAMAGED', `the archive is damaged: the rows of ${object} ${problem}`, {
    hint: 'Copy the archive again, or take another backup.',
    object,
    cause,
  });
}
