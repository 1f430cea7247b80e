import { lstat, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { TOC_FILE } from '../../archive/directory-head.js';
import { PhaseliftError } from '../../foundation/errors.js';
import { maxManifestBytes } from '../manifest-bound.js';
import { parseManifest } from '../manifest-text.js';
import type { ObjectInfo, ObjectRef } from '../object-store.js';
import type { BlockLengths } from './archive-blocks.js';
import { DirectoryArchive } from './directory-archive.js';
import { atPath, halfWritten } from './errors.js';
import { readManifestFile } from './manifest-file.js';
import { bytesOfFiles, nullIfMissing, readWhole } from './small-files.js';
import { findStanding, tocEtag } from './standing.js';

/** A directory archive that was looked at, and how to tell that it is another by now. */
export class OpenedArchive {
  private constructor(
    readonly archive: DirectoryArchive,
    readonly info: ObjectInfo,
    private readonly path: string,
    private readonly identity: string,
  ) {}

  /**
   * Opens the directory. Throws ARCHIVE_TRUNCATED when it has no `toc.dat`, which pg_dump writes last, and as
   * DirectoryArchive.open does.
   */
  static async open(path: string, known: BlockLengths | null): Promise<OpenedArchive> {
    const tocPath = join(path, TOC_FILE);
    const toc = await readWhole(tocPath);
    const stats = await atPath('read', tocPath, () => lstat(tocPath).catch(nullIfMissing));
    if (toc === null || stats === null) throw halfWritten(path);
    const archive = await DirectoryArchive.open(path, toc, known);
    const info = {
      sizeBytes: archive.sizeBytes ?? (await bytesOfFiles(path)),
      etag: tocEtag(toc),
      versionId: null,
      lastModified: stats.mtime,
      isOurs: false,
      id: null,
    };
    return new OpenedArchive(archive, info, path, identityOf(stats));
  }

  /** False when there is another in its place, or none. */
  async isStillThere(): Promise<boolean> {
    const stats = await atPath('read', this.path, () => lstat(join(this.path, TOC_FILE)).catch(nullIfMissing));
    return stats !== null && identityOf(stats) === this.identity;
  }
}

function identityOf({ dev, ino, size, mtimeMs }: { dev: number; ino: number; size: number; mtimeMs: number }): string {
  return [dev, ino, size, mtimeMs].join(':');
}

/** Whether there is a directory under the path (or a link to one). */
export async function isDirectory(path: string): Promise<boolean> {
  const stats = await atPath('read', path, () => stat(path).catch(nullIfMissing));
  return stats?.isDirectory() === true;
}

/** The archives that a store has looked at: each is opened once, and anew where it is not what it was. */
export class OpenedArchives {
  private readonly byPath = new Map<string, OpenedArchive>();

  /**
   * The archive that stands for that path, with the lengths of its blocks from its manifest, if it has one. Throws as
   * OpenedArchive.open.
   */
  async get({ key: path }: ObjectRef): Promise<OpenedArchive> {
    const known = this.byPath.get(path);
    if (known !== undefined && (await known.isStillThere())) return known;
    const { directory, manifest } = await findStanding(path);
    const opened = await OpenedArchive.open(directory, await lengthsIn(manifest, await bytesOfFiles(directory)));
    this.byPath.set(path, opened);
    return opened;
  }

  /** The same, when it must be this one. Throws ARCHIVE_DAMAGED when it is not. */
  async same(object: ObjectRef, etag: string | undefined): Promise<OpenedArchive> {
    const opened = await this.get(object);
    if (etag === undefined || opened.info.etag === etag) return opened;
    throw new PhaseliftError('ARCHIVE_DAMAGED', `${object.uri} was replaced while it was read`, {
      object: object.uri,
      hint: 'Another run wrote a backup of the same name: run this again.',
    });
  }

  forget({ key: path }: ObjectRef): void {
    this.byPath.delete(path);
  }
}

/** Lengths of the blocks as a manifest has them; null without a manifest that can be read: whoever restores says what is wrong. */
async function lengthsIn(manifestPath: string, archiveBytes: number): Promise<BlockLengths | null> {
  try {
    const text = await readManifestFile(manifestPath, maxManifestBytes(archiveBytes));
    if (text === null) return null;
    return new Map(parseManifest(text, manifestPath).map.blocks.map(({ dumpId, length }) => [dumpId, length]));
  } catch (error) {
    if (error instanceof PhaseliftError && error.code === 'MANIFEST') return null;
    throw error;
  }
}
