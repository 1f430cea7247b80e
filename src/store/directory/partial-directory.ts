import { lstat, mkdir, readdir, rename } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { messageOf, PhaseliftError, textOf } from '../../foundation/errors.js';
import type { Logger } from '../../foundation/logger.js';
import { input, phrase } from '../../foundation/text.js';
import type { ArchivePlace, ArchiveWriter, DirectoryEntrance } from '../archive-writer.js';
import type { WholeArchive } from '../backup-catalogue.js';
import type { Manifest } from '../manifest.js';
import { writeManifest } from '../manifest-text.js';
import type { ObjectInfo } from '../object-store.js';
import { atPath, directoryError, fullDisk } from './errors.js';
import { hiddenDirectory, hiddenName, isHiddenText } from './hidden-names.js';
import { INSIDE_MANIFEST } from './layout.js';
import { OpenedArchive } from './opened-archive.js';
import {
  bringOutManifest,
  isTaken,
  moveAside,
  putBack,
  retire,
  retireQuietly,
  settleAside,
  touch,
} from './replacement.js';
import { bytesOfFiles, nullIfMissing, removeTree, syncDirectory, syncFiles, writeDurably } from './small-files.js';
import { asidesOf, findStanding, identityAt, isThere, isWhole } from './standing.js';

/** A run at work touches its directory this often. */
const HEARTBEAT_MS = 20_000;

/** A directory that nobody has touched for so long is of a run that died; clocks may differ by much less. */
const DEAD_AFTER_MS = 60 * 60 * 1000;

/**
 * Settles what dead runs have left in the folder of a database: half of a backup is removed, a whole one that was moved aside and
 * not replaced is put back. Never throws: it is no reason for a backup to fail.
 */
export async function removeDead(folder: string, log: Logger): Promise<void> {
  for (const name of await readdir(folder).catch(() => [])) {
    const path = join(folder, name);
    const hidden = hiddenDirectory(name);
    try {
      if (hidden === null && !isHiddenText(name)) {
        if (await bringOutManifest(path)) log.info(`finished ${path}, a backup whose run was killed at its end`);
        continue;
      }
      const stats = await lstat(path).catch(nullIfMissing);
      if (stats === null || Date.now() - stats.mtimeMs < DEAD_AFTER_MS) continue;
      if (hidden?.kind === 'replaced') {
        await settleAside(path, log);
      } else {
        await removeTree(path);
        log.info(`removed ${path}, which a backup that was killed had left`);
      }
    } catch (error) {
      log.warning(`could not settle ${path}, which a backup that was killed has left: ${messageOf(error)}`);
    }
  }
}

/** Ends a backup of which only the name of its hidden directory is known: by another process, or long ago. */
export async function endPartial(folder: string, id: string, log: Logger): Promise<void> {
  const path = join(folder, id);
  const hidden = hiddenDirectory(id);
  if (hidden === null || basename(path) !== id) {
    throw new PhaseliftError('INTERNAL', `${JSON.stringify(id)} is no directory of an unfinished backup`);
  }
  if (hidden.kind === 'removed') await removeTree(path);
  if (hidden.kind === 'replaced') await settleAside(path, log);
  if (hidden.kind !== 'partial') return;
  await removeTree(path);
  await bringOutManifest(join(folder, hidden.backupName));
  await settleAside(join(folder, hiddenName(hidden.backupName, 'replaced', hidden.id)), log);
}

/** Makes the directory for pg_dump. What stands under its name by now is all that it may replace. */
export async function beginPartial(place: ArchivePlace, log: Logger): Promise<PartialDirectory> {
  const { ref, leftovers } = place;
  const path = join(dirname(ref.archive.key), hiddenName(ref.name, 'partial'));
  const { directory } = await findStanding(ref.archive.key);
  const replaces = await identityAt(directory);
  await atPath('make', path, () => mkdir(path, { mode: 0o700 }));
  leftovers.uploadStarted(ref.archive.key, basename(path));
  return new PartialDirectory(place, path, replaces, log);
}

/** A backup that is being made in a directory: out of sight until it is published. */
export class PartialDirectory implements ArchiveWriter, DirectoryEntrance {
  readonly kind = 'directory';
  readonly entrance = this;
  /** For another process that has to remove it. */
  readonly id: string;
  private readonly ref: ArchivePlace['ref'];
  private readonly heartbeat: NodeJS.Timeout;
  private readonly folder: string;
  private isPublished = false;
  private identity: string | null = null;

  constructor(
    private readonly place: ArchivePlace,
    readonly path: string,
    /** Of what stood under the name at the beginning. */
    private readonly replaces: string | null,
    private readonly log: Logger,
  ) {
    this.ref = place.ref;
    this.id = basename(path);
    this.folder = dirname(path);
    this.heartbeat = setInterval(() => void touch(path).catch(() => undefined), HEARTBEAT_MS).unref();
  }

  writtenBytes(): Promise<number> {
    return bytesOfFiles(this.path);
  }

  fullError(): PhaseliftError {
    return fullDisk(this.ref.archive.uri);
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

  async publish(manifest: Manifest): Promise<void> {
    this.place.signal.throwIfAborted();
    await this.becomeBackup(writeManifest(manifest));
    this.place.leftovers.uploadEnded();
  }

  /** What cannot be removed now is left to the post step, or the next backup. */
  async discard(): Promise<void> {
    clearInterval(this.heartbeat);
    try {
      if (!this.isPublished) await removeTree(this.path);
      this.place.leftovers.uploadEnded();
    } catch (error) {
      this.log.warning(phrase`${this.path} could not be removed: ${textOf(error)}`);
    }
  }

  /**
   * The rename by which the directory takes its name is what makes the backup: its manifest is inside by then. Until then the
   * old one is the backup, wherever it was moved; its manifest stays where it is until that of the new one takes its place.
   */
  private async becomeBackup(manifest: string): Promise<void> {
    await writeDurably(join(this.path, INSIDE_MANIFEST), manifest);
    this.identity = await identityAt(this.path);
    const aside = await this.makeRoom();
    try {
      await this.takeName();
      await this.finish();
    } catch (error) {
      await this.giveUp(aside);
      throw error;
    }
    clearInterval(this.heartbeat);
    if (aside !== null) await retireQuietly(aside, this.log);
  }

  /** Moves what is to be replaced aside, and nothing else: what another run has published meanwhile stays. */
  private async makeRoom(): Promise<string | null> {
    const path = this.ref.archive.key;
    const { directory } = await findStanding(path);
    const found = await identityAt(directory);
    if (found === null) return null;
    if (this.place.replaces.state === 'nothing' || found !== this.replaces) throw this.lost();
    // It is out of the way already, moved by a run that is dead or about to take the name: one of us will get it.
    if (directory !== path) return directory;
    // None of these may be taken for what is moved aside now.
    if (await isWhole(path)) for (const old of await asidesOf(path)) await retire(old);
    const aside = await moveAside(path, hiddenDirectory(this.id)?.id ?? '');
    if (aside === null || (await identityAt(aside)) === found) return aside;
    // Where yet another has taken the place of the one that came meanwhile, nobody else may be there to remove it.
    if (!(await putBack(aside, path))) await settleAside(aside, this.log);
    throw this.lost();
  }

  private async takeName(): Promise<void> {
    const { archive } = this.ref;
    try {
      await rename(this.path, archive.key);
    } catch (error) {
      if (isTaken(error)) throw this.lost();
      throw directoryError(error, 'write', archive.key);
    }
    this.isPublished = true;
    await atPath('write', this.folder, () => syncDirectory(this.folder));
  }

  /**
   * Brings the manifest to its place. Where another run has just moved this backup aside, taking it for the one that it is to
   * replace, it is put back.
   */
  private async finish(): Promise<void> {
    const path = this.ref.archive.key;
    for (let tries = 0; tries < FINISH_TRIES; tries++) {
      await bringOutManifest(path);
      if ((await identityAt(path)) === this.identity) {
        // From here on the old manifest is gone: nothing may fail. After a power cut it may be inside again, which is as good.
        await syncDirectory(this.folder).catch(() => undefined);
        return;
      }
      for (const aside of await asidesOf(path)) {
        if ((await identityAt(aside)) === this.identity) await putBack(aside, path);
      }
    }
    throw this.lost();
  }

  /** Leaves what was to be replaced as the backup, unless another run has replaced it. Never throws. */
  private async giveUp(aside: string | null): Promise<void> {
    const { archive, name } = this.ref;
    try {
      if (this.isPublished && (await identityAt(archive.key)) === this.identity) {
        await rename(archive.key, this.path);
        this.isPublished = false;
      }
      if (aside === null || !(await isThere(aside))) return;
      if (await putBack(aside, archive.key)) {
        this.log.info(`the backup ${name} that was to be replaced is still there`);
      } else {
        await settleAside(aside, this.log);
      }
    } catch (error) {
      const where = aside === null ? archive.key : aside;
      this.log.warning(`the replaced backup ${name} could not be put back from ${where}: ${messageOf(error)}`);
    }
  }

  private lost(): PhaseliftError {
    const { archive, name, database } = this.ref;
    const message = `the backup ${name} of ${database} has come to exist meanwhile: ${archive.uri}`;
    return new PhaseliftError('BACKUP_EXISTS', message, {
      object: name,
      hint: phrase`Another run uses the same name: give each its own ${input('backup-name')}.`,
    });
  }
}

/** Other runs that meddle are few, and each has one try. */
const FINISH_TRIES = 5;
