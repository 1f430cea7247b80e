import { PhaseliftError } from '../../src/foundation/errors.js';

/** The PhaseliftError that the work fails with; anything else is a failure of the test. */
export async function failureOf(work: Promise<unknown>): Promise<PhaseliftError> {
  const error: unknown = await work.then(
    () => new Error('it succeeded'),
    (reason: unknown) => reason,
  );
  if (error instanceof PhaseliftError) return error;
  throw error;
}
