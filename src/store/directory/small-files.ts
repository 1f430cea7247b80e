/** Files that are read and written whole, and what keeps them over a power cut. */
import { constants, type Dir } from 'node:fs';
import { lstat, mkdir, open, opendir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import pMap from 'p-map';
import { atPath, isMissing, systemCode } from './errors.js';
import { hiddenTextName } from './hidden-names.js';
import { INSIDE_MANIFEST } from './layout.js';

const FSYNCS_AT_ONCE = 8;
/** Not through a link, and not waiting for what has no end. */
export const READ_FLAGS = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;

/** The file's bytes; null when there is none. */
export async function readWhole(path: string): Promise<Buffer | null> {
  return atPath('read', path, async () => {
    const handle = await open(path, READ_FLAGS).catch(nullIfMissing);
    if (handle === null) return null;
    try {
      return await handle.readFile();
    } finally {
      await handle.close();
    }
  });
}

/** Null when nothing is there, or something that is no directory is on the way. */
export function nullIfMissing(error: unknown): null {
  if (isMissing(error) || systemCode(error) === 'ENOTDIR') return null;
  throw error;
}

/**
 * Writes a file so that under its name there is either all of it or what was there before, also after a power cut: under
 * a hidden name first.
 */
export async function writeDurably(path: string, text: string): Promise<void> {
  const hidden = join(dirname(path), hiddenTextName());
  await atPath('write', path, async () => {
    try {
      const handle = await open(hidden, 'wx', 0o600);
      try {
        await handle.writeFile(text);
        await handle.sync();
      } finally {
        await handle.close();
      }
      await rename(hidden, path);
    } catch (error) {
      await rm(hidden, { force: true });
      throw error;
    }
    await syncDirectory(dirname(path));
  });
}

/** What was renamed, made or removed in it outlives a power cut. */
export async function syncDirectory(path: string): Promise<void> {
  const handle = await open(path, constants.O_RDONLY);
  try {
    await handle.sync();
  } catch (error) {
    // Some network file systems know no such thing for directories.
    if (!['EINVAL', 'ENOTSUP', 'EBADF', 'EPERM'].includes(systemCode(error))) throw error;
  } finally {
    await handle.close();
  }
}

/** Everything in a directory of files, and the directory itself, outlives a power cut. */
export async function syncFiles(directory: string, signal: AbortSignal): Promise<void> {
  await atPath('write', directory, async () => {
    const entries = await opendir(directory);
    const sync = async (name: string): Promise<void> => {
      signal.throwIfAborted();
      const handle = await open(join(directory, name), READ_FLAGS);
      try {
        await handle.sync();
      } finally {
        await handle.close();
      }
    };
    try {
      await pMap(filesIn(entries), sync, { concurrency: FSYNCS_AT_ONCE });
    } finally {
      await entries.close();
    }
    await syncDirectory(directory);
  });
}

/** Names of the files of an open directory, which stays open. */
async function* filesIn(entries: Dir): AsyncGenerator<string> {
  for (let entry = await entries.read(); entry !== null; entry = await entries.read()) {
    if (entry.isFile()) yield entry.name;
  }
}

/** Bytes of the archive's files in a directory; 0 without one. Files that come and go meanwhile are no error. */
export async function bytesOfFiles(directory: string): Promise<number> {
  return atPath('list', directory, async () => {
    const entries = await opendir(directory).catch(nullIfMissing);
    if (entries === null) return 0;
    let sum = 0;
    for await (const entry of entries) {
      if (!entry.isFile() || entry.name === INSIDE_MANIFEST) continue;
      sum += (await lstat(join(directory, entry.name)).catch(nullIfMissing))?.size ?? 0;
    }
    return sum;
  });
}

/**
 * Makes a directory, and those above it that are missing. (Node's own `recursive` says ENOENT where the file system is
 * read-only.)
 */
export async function makeDirectories(path: string): Promise<void> {
  try {
    await mkdir(path);
  } catch (error) {
    if (isMissing(error) && dirname(path) !== path) {
      await makeDirectories(dirname(path));
      await mkdir(path);
    } else if (systemCode(error) !== 'EEXIST' || !(await stat(path)).isDirectory()) {
      throw error;
    }
  }
}

/** Removes a directory with all that is in it; one that is gone is no error. A dying pg_dump may still write into it. */
export async function removeTree(path: string): Promise<void> {
  await atPath('remove', path, () => rm(path, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 }));
}
