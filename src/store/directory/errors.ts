/** Failures of the file system as errors for people: they name the path, and the input that led there. */
import { messageOf, PhaseliftError } from '../../foundation/errors.js';
import { input, phrase, plain, type Text } from '../../foundation/text.js';

export type FileWork = 'read' | 'write' | 'list' | 'remove' | 'make';

/** The system's code of an error of the file system (`ENOENT`), or empty. */
export function systemCode(error: unknown): string {
  const code: unknown = typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
  return typeof code === 'string' ? code : '';
}

/** Nothing is there under that path. */
export function isMissing(error: unknown): boolean {
  return systemCode(error) === 'ENOENT';
}

interface Cause {
  why: string;
  hint: Text;
}

const MAKE_ROOM = phrase`Make room (${input('mode', 'prune')} removes old backups), or choose a ${plain('local-directory')} on a larger disk.`;

const CAUSES: Readonly<Record<string, Cause>> = {
  ENOENT: { why: 'it is not there', hint: phrase`Check ${plain('local-directory')}.` },
  EACCES: {
    why: 'permission denied',
    hint: phrase`Give the user that runs Phaselift access to the directory, or choose another ${plain('local-directory')}.`,
  },
  EPERM: {
    why: 'not permitted',
    hint: phrase`Give the user that runs Phaselift access to the directory, or choose another ${plain('local-directory')}.`,
  },
  EROFS: {
    why: 'the file system is read-only',
    hint: phrase`Choose a ${plain('local-directory')} on a file system that can be written to.`,
  },
  ENOTDIR: {
    why: 'a part of its path is a file, not a directory',
    hint: phrase`Choose another ${plain('local-directory')}, or move the file out of the way.`,
  },
  EEXIST: {
    why: 'a file stands there, not a directory',
    hint: phrase`Choose another ${plain('local-directory')}, or move the file out of the way.`,
  },
  ENOSPC: {
    why: 'no space is left on the device',
    hint: MAKE_ROOM,
  },
  EDQUOT: {
    why: 'the disk quota is used up',
    hint: MAKE_ROOM,
  },
  ELOOP: {
    why: 'it is a symbolic link, and archives have none',
    hint: 'Put the file itself there.',
  },
  ENAMETOOLONG: {
    why: 'its name is too long for the file system',
    hint: phrase`Use a shorter ${plain('local-directory')} or ${plain('backup-name')}.`,
  },
};

/** STORE: what could not be done to which path, and why. A PhaseliftError comes back as it is. */
export function directoryError(error: unknown, work: FileWork, path: string): PhaseliftError {
  if (error instanceof PhaseliftError) return error;
  const { why, hint } = CAUSES[systemCode(error)] ?? {
    why: messageOf(error),
    hint: phrase`Check ${plain('local-directory')}.`,
  };
  return new PhaseliftError('STORE', phrase`cannot ${work} ${path}: ${why} (${plain('local-directory')})`, {
    object: path,
    hint,
    cause: error,
  });
}

/** Does the work, and throws its failure as such an error. */
export async function atPath<T>(work: FileWork, path: string, action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (error) {
    throw directoryError(error, work, path);
  }
}

/** ARCHIVE_DAMAGED: a file of an archive is not as it was. `object` is what the file holds, for people. */
export function damagedFile(path: string, object: string, problem: string, cause?: unknown): PhaseliftError {
  return new PhaseliftError('ARCHIVE_DAMAGED', `the archive is damaged: ${path}, with ${object}, ${problem}`, {
    object,
    hint: 'Restore another backup, or copy the directory again if this is a copy.',
    cause,
  });
}

/** ARCHIVE_TRUNCATED: a directory into which pg_dump has begun to write, and that it has not finished. */
export function halfWritten(path: string): PhaseliftError {
  return new PhaseliftError(
    'ARCHIVE_TRUNCATED',
    `${path} is a half-written directory of pg_dump: toc.dat, which is written last, is missing`,
    { object: path, hint: 'The dump did not finish, or its copy did not: take another one.' },
  );
}

/** STORE: there is no room for what was to be written there. */
export function fullDisk(path: string): PhaseliftError {
  return directoryError(Object.assign(new Error('no space left'), { code: 'ENOSPC' }), 'write', path);
}

/** The readers of archives know bytes only: here their errors get the name of the file. */
export function inFile<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof PhaseliftError)) throw error;
    const { code, messageText, object, hintText, cause } = error;
    throw new PhaseliftError(code, phrase`${path}: ${messageText}`, { object: object ?? path, hint: hintText, cause });
  }
}
