/** The steps in which a directory gives way to another, or goes: each is one rename, so that a kill leaves a whole one. */
import { lstat, rename, rm, utimes } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { messageOf } from '../../foundation/errors.js';
import type { Logger } from '../../foundation/logger.js';
import { MANIFEST_SUFFIX, PROOF_SUFFIX } from '../names.js';
import { atPath, systemCode } from './errors.js';
import { hiddenDirectory, hiddenName } from './hidden-names.js';
import { INSIDE_MANIFEST } from './layout.js';
import { nullIfMissing, removeTree, syncDirectory } from './small-files.js';
import { asidesOf, findStanding, isThere, isWhole } from './standing.js';

/**
 * Brings the manifest of a published directory to its place, over that of the backup which it has replaced. Any run may do it
 * at any time: it belongs to whatever stands there. False when there is none inside.
 */
export async function bringOutManifest(path: string): Promise<boolean> {
  const manifest = `${path}${MANIFEST_SUFFIX}`;
  const inside = join(path, INSIDE_MANIFEST);
  return atPath('write', manifest, async () => {
    if ((await lstat(inside).catch(nullIfMissing)) === null) return false;
    return (await rename(inside, manifest).catch(nullIfMissing)) !== null;
  });
}

/** Takes what stands there out of the way; null when nothing does. It is the backup until another stands under its name. */
export async function moveAside(path: string, id: string): Promise<string | null> {
  const aside = join(dirname(path), hiddenName(basename(path), 'replaced', id));
  return atPath('write', path, async () => {
    try {
      // Or it would look as old as the backup is, and pass for what a dead run has left.
      await touch(path);
      await rename(path, aside);
    } catch (error) {
      return nullIfMissing(error);
    }
    return aside;
  });
}

/** Gives a directory its name back. False when another has taken it. */
export async function putBack(aside: string, path: string): Promise<boolean> {
  return atPath('write', path, async () => {
    try {
      await rename(aside, path);
    } catch (error) {
      if (!isTaken(error)) throw error;
      return false;
    }
    await syncDirectory(dirname(path));
    return true;
  });
}

/** Removes what is no backup any more, or never became one: out of sight first, so that half of it is never taken for one. */
export async function retire(path: string): Promise<void> {
  const doomed = await condemn(path);
  if (doomed !== null) await removeTree(doomed);
}

/** Settles what a run that was killed has left aside: it is put back, or it goes when a whole one stands in its place. */
export async function settleAside(aside: string, log: Logger): Promise<void> {
  const name = hiddenDirectory(basename(aside))?.backupName;
  if (name === undefined || !(await isThere(aside))) return;
  const path = join(dirname(aside), name);
  if ((await findStanding(path)).directory === aside && (await putBack(aside, path))) {
    log.info(`put ${path} back, which a run that was killed had moved aside and not replaced`);
  } else if (await isWhole(path)) {
    await bringOutManifest(path);
    await retire(aside);
    log.info(`removed ${aside}, which another has replaced`);
  } else {
    log.warning(`${aside} is left there: it was to be replaced, and what stands at ${path} is no archive of pg_dump`);
  }
}

/**
 * Removes a backup with everything that could be taken for it. The directories go out of sight first: a directory without its
 * manifest would pass for an archive that somebody has put there, and be kept for ever; a manifest without its directory
 * is known for what it is, also after a removal that broke off.
 */
export async function removeEverywhere(path: string): Promise<void> {
  const doomed: (string | null)[] = [];
  for (const aside of await asidesOf(path)) doomed.push(await condemn(aside));
  doomed.push(await condemn(path));
  for (const suffix of [PROOF_SUFFIX, MANIFEST_SUFFIX]) {
    const beside = `${path}${suffix}`;
    // Another run may have published under this name just now: then it is that one's.
    if (!(await isThere(path))) await atPath('remove', beside, () => rm(beside, { recursive: true, force: true }));
  }
  for (const one of doomed) if (one !== null) await removeTree(one);
}

/** Something stands where the directory was to go. */
export function isTaken(error: unknown): boolean {
  return ['ENOTEMPTY', 'EEXIST', 'ENOTDIR'].includes(systemCode(error));
}

/** Sets its time to now. */
export async function touch(path: string): Promise<void> {
  const now = new Date();
  await utimes(path, now, now);
}

/** Under a name of which nothing comes back. Null when it is gone already. */
async function condemn(path: string): Promise<string | null> {
  const name = hiddenDirectory(basename(path))?.backupName ?? basename(path);
  const doomed = join(dirname(path), hiddenName(name, 'removed'));
  return atPath('remove', path, async () =>
    (await rename(path, doomed).catch(nullIfMissing)) === null ? null : doomed,
  );
}

/** For the end of a run that must not fail by it. */
export async function retireQuietly(path: string, log: Logger): Promise<void> {
  await retire(path).catch((error: unknown) => {
    log.warning(`what stood there before is left in ${path}: ${messageOf(error)}`);
  });
}
