import { PhaseliftError } from '../foundation/errors.js';

/** A command line that cannot be meant: exit code 2. */
export function usageError(message: string, hint = '`phaselift --help` lists modes and options.'): PhaseliftError {
  return new PhaseliftError('INPUT', message, { hint });
}
