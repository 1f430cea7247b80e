import { PhaseliftError } from '../../foundation/errors.js';

/**
 * Another run has put its own archive in the place, since this one looked. `replaced`: the place was taken before, too. Whatever
 * the cause, there is no advice to overwrite: the other run's backup is the newer one.
 */
export function overtaken(uri: string, replaced: boolean, cause?: unknown): PhaseliftError {
  const happened = replaced ? 'was replaced, or removed,' : 'was made';
  return new PhaseliftError('BACKUP_EXISTS', `${uri} ${happened} by another run meanwhile, and is left as it is`, {
    object: uri,
    hint: 'Give each run a backup-name of its own, or run this one again once the other has ended.',
    cause,
  });
}
