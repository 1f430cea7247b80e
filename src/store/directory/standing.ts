/**
 * What stands under a backup's name. While a backup replaces another there are moments in which a kill leaves neither, or
 * both, where they belong; here it is decided which one counts then, by looking only.
 *
 * - `NAME/` with a manifest inside: a new backup, published by one rename. A manifest outside may still be that of the old one.
 * - `NAME/` without: its manifest is outside, `NAME.manifest.json`.
 * - No `NAME/`, but a whole directory that gave way to one that did not come: that one, with its manifest, which stayed.
 */
import { createHash } from 'node:crypto';
import { lstat, readdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { TOC_FILE } from '../../archive/directory-head.js';
import { MANIFEST_SUFFIX } from '../names.js';
import { atPath } from './errors.js';
import { hiddenDirectory } from './hidden-names.js';
import { INSIDE_MANIFEST } from './layout.js';
import { readManifestStart } from './manifest-file.js';
import { nullIfMissing, readWhole } from './small-files.js';

/** Where the parts of a backup are by now; they need not be there. */
export interface Standing {
  directory: string;
  manifest: string;
}

/** Of the backup whose archive belongs at `path`. */
export async function findStanding(path: string): Promise<Standing> {
  const inside = join(path, INSIDE_MANIFEST);
  const outside = `${path}${MANIFEST_SUFFIX}`;
  if (await isThere(inside)) return { directory: path, manifest: inside };
  if (await isThere(path)) return { directory: path, manifest: outside };
  const aside = await bestOf(await asidesOf(path), outside);
  // It may have been put back, or the new one may have come, since the first look.
  if (aside === null || (await isThere(path))) return { directory: path, manifest: outside };
  return aside;
}

/**
 * Does what reads from there. Where it finds nothing, and the backup has been moved since it was looked for, it is done again
 * in the new place.
 */
export async function atStanding<T>(path: string, work: (standing: Standing) => Promise<T | null>): Promise<T | null> {
  let standing = await findStanding(path);
  for (let tries = 1; ; tries++) {
    const found = await work(standing);
    if (found !== null || tries >= MOVES_FOLLOWED) return found;
    const now = await findStanding(path);
    if (now.directory === standing.directory && now.manifest === standing.manifest) return null;
    standing = now;
  }
}

/** A backup that is replaced is moved twice, and its manifest once. */
const MOVES_FOLLOWED = 4;

/** The whole directories that gave way to new ones of this name; usually none. */
export async function asidesOf(path: string): Promise<string[]> {
  const [folder, name] = [dirname(path), basename(path)];
  const names = (await atPath('list', folder, () => readdir(folder).catch(nullIfMissing))) ?? [];
  const found: string[] = [];
  for (const one of names) {
    const hidden = hiddenDirectory(one);
    if (hidden?.kind === 'replaced' && hidden.backupName === name) found.push(join(folder, one));
  }
  return found;
}

/**
 * More than one are left when several runs were killed: the newest is the one that was published last, its manifest still
 * inside; else the one that the manifest outside was written for, which has the digest of its TOC.
 */
async function bestOf(asides: readonly string[], outside: string): Promise<Standing | null> {
  const whole: { directory: string; timeMs: number; digest: string }[] = [];
  for (const directory of asides) {
    const stats = await atPath('read', directory, () => lstat(directory).catch(nullIfMissing));
    const toc = await readWhole(join(directory, TOC_FILE));
    if (stats === null || toc === null) continue;
    const inside = join(directory, INSIDE_MANIFEST);
    if (await isThere(inside)) return { directory, manifest: inside };
    whole.push({ directory, timeMs: stats.mtimeMs, digest: tocEtag(toc) });
  }
  whole.sort((a, b) => b.timeMs - a.timeMs);
  const etag = whole.length > 1 ? await etagIn(outside) : null;
  const best = whole.find(({ digest }) => digest === etag) ?? whole[0];
  return best === undefined ? null : { directory: best.directory, manifest: outside };
}

/** What a directory's ETag is. It holds the time of the dump; each byte of data is compared with a digest anyway. */
export function tocEtag(toc: Buffer): string {
  return `"${createHash('sha256').update(toc).digest('hex').slice(0, 32)}"`;
}

/** The archive's ETag, from the beginning of a manifest, which has it behind the summary. */
async function etagIn(manifest: string): Promise<string | null> {
  // What is no manifest has none; whoever reads it says so.
  const text = await readManifestStart(manifest, ETAG_WITHIN_BYTES).catch(() => null);
  const quoted = /"etag":("(?:[^"\\]|\\.)*")/.exec(text ?? '')?.[1];
  return quoted === undefined ? null : String(JSON.parse(quoted));
}

const ETAG_WITHIN_BYTES = 8192;

/** Tells a directory from any other, wherever it is moved; null when nothing is there. */
export async function identityAt(path: string): Promise<string | null> {
  return atPath('read', path, async () => {
    const stats = await lstat(path).catch(nullIfMissing);
    if (stats === null) return null;
    // Numbers of files are used again; times of their contents are not.
    const toc = await lstat(join(path, TOC_FILE)).catch(nullIfMissing);
    return [stats.dev, stats.ino, toc?.ino, toc?.size, toc?.mtimeMs].join(':');
  });
}

/** Whatever it is. */
export async function isThere(path: string): Promise<boolean> {
  return (await atPath('read', path, () => lstat(path).catch(nullIfMissing))) !== null;
}

/** Whether a directory that pg_dump has finished stands there. */
export function isWhole(path: string): Promise<boolean> {
  return isThere(join(path, TOC_FILE));
}
