/** The store that is a local directory, with backups in pg_dump's directory format. */
import { rm, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { Readable } from 'node:stream';
import { PhaseliftError } from '../../foundation/errors.js';
import type { Logger } from '../../foundation/logger.js';
import { MAX_MANIFEST_BYTES, maxManifestBytes } from '../manifest-bound.js';
import { databaseFolder, LATEST, MANIFEST_SUFFIX } from '../names.js';
import type {
  BackupRef,
  CompleteBackup,
  DirectoryArchives,
  FoundManifest,
  ObjectInfo,
  ObjectRef,
  PartialDirectory,
  PendingUpload,
  RangeRequest,
  Store,
  StoredBackup,
  WholeArchive,
} from '../store.js';
import { completeOf, newestFirst } from '../stored-backups.js';
import { atPath, directoryError, halfWritten, isMissing } from './errors.js';
import { hiddenTextName } from './hidden-names.js';
import { natureOf, nameFaultInDirectory, refAt, type Nature } from './layout.js';
import { backupNamesIn, partialsIn, storedBackup } from './listing.js';
import { readManifestFile } from './manifest-file.js';
import { isDirectory, OpenedArchives } from './opened-archive.js';
import { beginPartial, endPartial, removeDead } from './partial-directory.js';
import { removeEverywhere } from './replacement.js';
import { makeDirectories, nullIfMissing, removeTree, writeDurably } from './small-files.js';
import { atStanding, findStanding, isThere } from './standing.js';

/** Backups in pg_dump's directory format below one directory. */
export interface DirectorySettings {
  /** Absolute. */
  path: string;
}

/** A store below one directory, which need not be there yet. Only its names are looked at before a method is called. */
export function createDirectoryStore({ path }: DirectorySettings, logger: Logger): Store {
  return new DirectoryStore(path, natureOf(path), logger);
}

class DirectoryStore implements Store, DirectoryArchives {
  readonly uri: string;
  readonly namesOneArchive: boolean;
  readonly directories: DirectoryArchives = this;
  readonly uploads = null;
  private readonly archives = new OpenedArchives();
  private readBytes = 0;

  constructor(
    private readonly path: string,
    private readonly nature: Nature,
    private readonly log: Logger,
  ) {
    this.uri = path;
    this.namesOneArchive = nature !== 'place';
  }

  get bytesRead(): number {
    return this.readBytes;
  }

  locate(database: string, name: string): BackupRef {
    if (this.namesOneArchive) {
      const ownName = name === LATEST ? basename(this.path) : name;
      return refAt(database, ownName, this.path);
    }
    const fault = nameFaultInDirectory(name);
    if (fault !== null) {
      throw new PhaseliftError('INPUT', `${JSON.stringify(name)} cannot name a backup: ${fault}`, { object: name });
    }
    return refAt(database, name, join(this.folder(database), name));
  }

  async checkReadable({ database }: { database: string }): Promise<void> {
    this.refuseHalf();
    const folder = this.namesOneArchive ? this.path : this.folder(database);
    // What is not there will be made; what is there must be a directory that can be listed.
    await this.checkRoot(false);
    await backupNamesIn(folder);
  }

  async checkWritable(ref: BackupRef): Promise<void> {
    const probe = join(await this.makeFolder(ref.database), hiddenTextName());
    await atPath('write', dirname(probe), async () => {
      try {
        await writeFile(probe, 'whether one can write here\n', { flag: 'wx' });
      } finally {
        await rm(probe, { force: true });
      }
    });
  }

  async listComplete(database: string): Promise<CompleteBackup[]> {
    return completeOf(await this.list(database, false));
  }

  async listAll(database: string): Promise<StoredBackup[]> {
    return this.list(database, true);
  }

  async listUploads(database: string): Promise<PendingUpload[]> {
    if (this.namesOneArchive) return [];
    return partialsIn(this.folder(database), (name) => this.locate(database, name));
  }

  async stat(object: ObjectRef): Promise<ObjectInfo | null> {
    this.refuseHalf();
    if (object.key.endsWith(MANIFEST_SUFFIX)) return atManifest(object, statFile);
    if (!(await isDirectory((await findStanding(object.key)).directory))) return null;
    return (await this.archives.get(object)).info;
  }

  async readText(object: ObjectRef, maxBytes = MAX_MANIFEST_BYTES): Promise<string | null> {
    return atManifest(object, (path) => readManifestFile(path, maxBytes));
  }

  async readManifest(ref: BackupRef): Promise<FoundManifest> {
    const archive = await this.stat(ref.archive);
    const text = await this.readText(ref.manifest, maxManifestBytes(archive?.sizeBytes ?? 0));
    return { archive, manifest: text === null ? null : { text, uri: ref.manifest.uri }, belongs: true };
  }

  async writeText(object: ObjectRef, text: string): Promise<ObjectInfo> {
    await writeDurably(object.key, text);
    const info = await statFile(object.key);
    if (info !== null) return info;
    throw new PhaseliftError('STORE', `${object.uri} is gone just after it was written`, { object: object.uri });
  }

  async remove(object: ObjectRef): Promise<void> {
    this.archives.forget(object);
    await removeTree(object.key);
  }

  async removeBackup(ref: BackupRef): Promise<void> {
    this.archives.forget(ref.archive);
    await removeEverywhere(ref.archive.key);
  }

  upload(object: ObjectRef, body: Readable): Promise<ObjectInfo> {
    body.destroy();
    return Promise.reject(new PhaseliftError('INTERNAL', `a stream was to be uploaded to ${object.uri}`));
  }

  async abortUpload(object: ObjectRef, uploadId: string): Promise<void> {
    await endPartial(dirname(object.key), uploadId, this.log);
  }

  async *read(object: ObjectRef, { etag, ...range }: RangeRequest): AsyncGenerator<Buffer> {
    const { archive } = await this.archives.same(object, etag);
    for await (const bytes of archive.read(range)) {
      this.readBytes += bytes.length;
      yield bytes;
    }
  }

  async readWhole(object: ObjectRef, info: ObjectInfo, signal: AbortSignal): Promise<WholeArchive> {
    const { archive } = await this.archives.same(object, info.etag);
    const bytes = this.read(object, { offset: 0, length: Infinity, etag: info.etag, signal });
    return { bytes, wholeBlocks: archive.wholeBlocks };
  }

  close(): void {
    // Every file is closed by whoever has read it.
  }

  async makeFolder(database: string): Promise<string> {
    if (this.namesOneArchive) {
      throw new PhaseliftError(
        'INPUT',
        `${this.path} is itself an archive of pg_dump, no place for backups (local-directory)`,
        {
          object: 'local-directory',
          hint: 'Give a directory of its own for backups: each goes to DIR/DATABASE/NAME.',
        },
      );
    }
    const folder = this.folder(database);
    await atPath('make', folder, () => makeDirectories(folder));
    return folder;
  }

  async stands(ref: BackupRef): Promise<boolean> {
    return isThere((await findStanding(ref.archive.key)).directory);
  }

  async begin(ref: BackupRef): Promise<PartialDirectory> {
    await removeDead(await this.makeFolder(ref.database), this.log);
    this.archives.forget(ref.archive);
    return beginPartial(ref, this.log);
  }

  private folder(database: string): string {
    return join(this.path, databaseFolder('', database).replace(/\/$/, ''));
  }

  private async list(database: string, withSize: boolean): Promise<StoredBackup[]> {
    this.refuseHalf();
    await this.checkRoot(true);
    const names = this.namesOneArchive ? [basename(this.path)] : await backupNamesIn(this.folder(database));
    const found: StoredBackup[] = [];
    for (const name of names) {
      const backup = await storedBackup(this.locate(database, name), this.log, withSize);
      if (backup !== null) found.push(backup);
    }
    return newestFirst(found);
  }

  /** A listing of nothing where the disk was not mounted would look like backups lost. */
  private async checkRoot(mustBeThere: boolean): Promise<void> {
    const found = await stat(this.path).catch((error: unknown) => {
      if (isMissing(error) && !mustBeThere) return null;
      throw directoryError(error, 'read', this.path);
    });
    if (found?.isDirectory() === false) {
      throw new PhaseliftError('STORE', `${this.path} is a file, not a directory (local-directory)`, {
        object: 'local-directory',
        hint: 'Choose another local-directory, or move the file out of the way.',
      });
    }
  }

  private refuseHalf(): void {
    if (this.nature === 'half an archive') throw halfWritten(this.path);
  }
}

/** Does the work where the manifest is by now. This store reads no other texts. */
function atManifest<T>({ key }: ObjectRef, work: (path: string) => Promise<T | null>): Promise<T | null> {
  return atStanding(key.slice(0, -MANIFEST_SUFFIX.length), ({ manifest }) => work(manifest));
}

async function statFile(path: string): Promise<ObjectInfo | null> {
  const stats = await atPath('read', path, () => stat(path).catch(nullIfMissing));
  if (stats === null) return null;
  const etag = `"${stats.size}-${stats.mtimeMs}"`;
  return { sizeBytes: stats.size, etag, versionId: null, lastModified: stats.mtime, isOurs: false, id: null };
}
