/** The manifest of a directory, read as what it is: a file that anybody may have put there. */
import type { Stats } from 'node:fs';
import { lstat, open } from 'node:fs/promises';
import { PhaseliftError } from '../../foundation/errors.js';
import { FOREIGN_HINT, manifestTooLarge } from '../manifest-bound.js';
import { atPath } from './errors.js';
import { nullIfMissing, READ_FLAGS } from './small-files.js';

/**
 * The whole text; null when there is none. Throws MANIFEST for more than `maxBytes`, looked at before it is read, and for what
 * is no file: of such things one cannot even say where they end.
 */
export async function readManifestFile(path: string, maxBytes: number): Promise<string | null> {
  const bytes = await readStart(path, maxBytes + 1, (sizeBytes) => {
    if (sizeBytes > maxBytes) throw manifestTooLarge(path, sizeBytes, maxBytes);
  });
  // It may have grown.
  if (bytes !== null && bytes.length > maxBytes) throw manifestTooLarge(path, null, maxBytes);
  return bytes?.toString() ?? null;
}

/** The first bytes of it; null when there is none. Throws MANIFEST for what is no file. */
export async function readManifestStart(path: string, limitBytes: number): Promise<string | null> {
  return (await readStart(path, limitBytes))?.toString() ?? null;
}

async function readStart(
  path: string,
  limitBytes: number,
  checkSize: (sizeBytes: number) => void = () => undefined,
): Promise<Buffer | null> {
  return atPath('read', path, async () => {
    // Before it is opened: to open a device may already do something.
    const found = await lstat(path).catch(nullIfMissing);
    if (found === null) return null;
    refuseOther(path, found);
    const handle = await open(path, READ_FLAGS).catch(nullIfMissing);
    if (handle === null) return null;
    try {
      const stats = await handle.stat();
      refuseOther(path, stats);
      checkSize(stats.size);
      const bytes = Buffer.alloc(Math.min(limitBytes, stats.size + 1));
      let length = 0;
      for (let read = 1; read > 0 && length < bytes.length; length += read) {
        read = (await handle.read(bytes, length, bytes.length - length, length)).bytesRead;
      }
      return bytes.subarray(0, length);
    } finally {
      await handle.close();
    }
  });
}

function refuseOther(path: string, stats: Stats): void {
  if (stats.isFile()) return;
  const what = stats.isDirectory() ? 'a directory' : stats.isSymbolicLink() ? 'a symbolic link' : 'a pipe or a device';
  throw new PhaseliftError('MANIFEST', `the manifest ${path} is ${what}, not a file`, {
    object: path,
    hint: FOREIGN_HINT,
  });
}
