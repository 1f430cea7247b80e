import { lstat, mkdir, readdir, rename, rm, utimes } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { messageOf, PhaseliftError } from '../../errors.js';
import type { Logger } from '../../report/logger.js';
import type { BackupRef, ObjectInfo, PartialDirectory, WholeArchive } from '../store.js';
import { atPath, directoryError, systemCode } from './errors.js';
import { hiddenBackupName, hiddenName, isHiddenText } from './hidden-names.js';
import { OpenedArchive } from './opened-archive.js';
import {
  bytesOfFiles,
  nullIfMissing,
  readWhole,
  removeTree,
  syncDirectory,
  syncFiles,
  writeDurably,
} from './small-files.js';

/** A run at work touches its directory this often. */
const HEARTBEAT_MS = 20_000;

/** A directory that nobody has touched for so long is of a run that died; clocks may differ by much less. */
const DEAD_AFTER_MS = 60 * 60 * 1000;

/** Removes what dead runs have left in the folder of a database. Never throws: it is no reason for a backup to fail. */
export async function removeDead(folder: string, log: Logger): Promise<void> {
  for (const name of await readdir(folder).catch(() => [])) {
    if (hiddenBackupName(name) === null && !isHiddenText(name)) continue;
    const path = join(folder, name);
    try {
      const stats = await lstat(path).catch(nullIfMissing);
      if (stats === null || Date.now() - stats.mtimeMs < DEAD_AFTER_MS) continue;
      await removeTree(path);
      log.info(`removed ${path}, which a backup that was killed had left`);
    } catch (error) {
      log.warning(`could not remove ${path}, which a backup that was killed has left: ${messageOf(error)}`);
    }
  }
}

/**
 * Removes the archive of a backup. It goes out of sight first: what is left of a removal that broke off would pass for an
 * archive that somebody has put there, and be kept for ever; so it is what a dead run left.
 */
export async function removeArchive({ archive, name }: BackupRef): Promise<void> {
  const aside = join(dirname(archive.key), hiddenName(name, 'replaced'));
  const moved = await atPath('remove', archive.key, () => rename(archive.key, aside).catch(nullIfMissing));
  if (moved !== null) await removeTree(aside);
}

/** Makes the directory for pg_dump. */
export async function beginPartial(ref: BackupRef, log: Logger): Promise<PartialDirectory> {
  const path = join(dirname(ref.archive.key), hiddenName(ref.name, 'partial'));
  await atPath('make', path, () => mkdir(path, { mode: 0o700 }));
  return new Partial(ref, path, log);
}

class Partial implements PartialDirectory {
  readonly id: string;
  private readonly heartbeat: NodeJS.Timeout;
  private readonly folder: string;
  private isPublished = false;

  constructor(
    private readonly ref: BackupRef,
    readonly path: string,
    private readonly log: Logger,
  ) {
    this.id = basename(path);
    this.folder = dirname(path);
    this.heartbeat = setInterval(() => void touch(path).catch(() => undefined), HEARTBEAT_MS).unref();
  }

  writtenBytes(): Promise<number> {
    return bytesOfFiles(this.path);
  }

  async open(signal: AbortSignal): Promise<WholeArchive> {
    const { archive } = await OpenedArchive.open(this.path, null);
    return { bytes: archive.read({ offset: 0, length: Infinity, signal }), wholeBlocks: archive.wholeBlocks };
  }

  async sync(signal: AbortSignal): Promise<void> {
    await syncFiles(this.path, signal);
  }

  async info(): Promise<ObjectInfo> {
    const opened = await OpenedArchive.open(this.path, null);
    return { ...opened.info, sizeBytes: await bytesOfFiles(this.path) };
  }

  async publish(manifest: string, overwrite: boolean): Promise<void> {
    const old = overwrite ? await this.setAside() : null;
    try {
      await this.takeName();
      await writeDurably(this.ref.manifest.key, manifest);
    } catch (error) {
      // It may be there although its writing failed: when only the last step did.
      if (this.isPublished) await this.takeBack();
      await old?.putBack();
      throw error;
    }
    clearInterval(this.heartbeat);
    await old?.remove();
  }

  async discard(): Promise<void> {
    clearInterval(this.heartbeat);
    if (!this.isPublished) await removeTree(this.path);
  }

  private async takeName(): Promise<void> {
    const { archive, name, database } = this.ref;
    try {
      await rename(this.path, archive.key);
    } catch (error) {
      if (!['ENOTEMPTY', 'EEXIST', 'ENOTDIR'].includes(systemCode(error)))
        throw directoryError(error, 'write', archive.key);
      throw new PhaseliftError(
        'BACKUP_EXISTS',
        `the backup ${name} of ${database} has come to exist meanwhile: ${archive.uri}`,
        {
          object: name,
          hint: 'Another run uses the same name: give another `backup-name`.',
        },
      );
    }
    this.isPublished = true;
    await atPath('write', this.folder, () => syncDirectory(this.folder));
  }

  private async takeBack(): Promise<void> {
    await rm(this.ref.manifest.key, { force: true });
    await rename(this.ref.archive.key, this.path);
    this.isPublished = false;
  }

  /** Takes the old backup out of sight, its manifest first: that must never describe another archive. */
  private async setAside(): Promise<{ putBack(): Promise<void>; remove(): Promise<void> }> {
    const { archive, manifest, name } = this.ref;
    const aside = join(this.folder, hiddenName(name, 'replaced'));
    const text = await readWhole(manifest.key);
    await atPath('remove', manifest.key, () => rm(manifest.key, { force: true }));
    const isThere = await atPath('write', archive.key, async () => {
      await syncDirectory(this.folder);
      const moved = await rename(archive.key, aside).catch(nullIfMissing);
      // Or it would look as old as the backup is.
      if (moved !== null) await touch(aside);
      return moved !== null;
    });
    const putBack = async (): Promise<void> => {
      try {
        if (isThere) await rename(aside, archive.key);
        if (text !== null) await writeDurably(manifest.key, text.toString());
        this.log.info(`the backup ${name} that was to be replaced is still there`);
      } catch (error) {
        this.log.warning(`the replaced backup ${name} could not be put back from ${aside}: ${messageOf(error)}`);
      }
    };
    const remove = async (): Promise<void> => {
      await removeTree(aside).catch((error: unknown) => {
        this.log.warning(`what stood there before is left in ${aside}: ${messageOf(error)}`);
      });
    };
    return { putBack, remove };
  }
}

/** Sets its time to now. */
async function touch(path: string): Promise<void> {
  const now = new Date();
  await utimes(path, now, now);
}
