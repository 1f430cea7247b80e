/** The backups below a directory: directories of pg_dump, each with its manifest inside or beside it. */
import { stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { PhaseliftError } from '../../foundation/errors.js';
import type { Logger } from '../../foundation/logger.js';
import { input, phrase, plain, type Mention } from '../../foundation/text.js';
import type {
  BackupCatalogue,
  BackupRef,
  CompleteBackup,
  FoundManifest,
  Inventory,
  ListedProof,
  Occupant,
  PendingUpload,
  StoredBackup,
  StoredWhole,
} from '../backup-catalogue.js';
import { maxManifestBytes } from '../manifest-bound.js';
import { LATEST } from '../names.js';
import type { ObjectInfo, ObjectRef, ObjectStore } from '../object-store.js';
import { proofRefOf, withProof } from '../proofs.js';
import { removeListed } from '../removal.js';
import { completeOf, newestFirst, newestOf } from '../stored-backups.js';
import { directoryError, halfWritten, isMissing } from './errors.js';
import { folderOf, nameFaultInDirectory, refAt, type Nature } from './layout.js';
import { backupNamesIn, backupUnderName, foldersIn, partialsIn, proofsIn } from './listing.js';
import type { OpenedArchives } from './opened-archive.js';
import { endPartial } from './partial-directory.js';
import { removeEverywhere } from './replacement.js';
import { findStanding, isThere } from './standing.js';

export class DirectoryCatalogue implements BackupCatalogue {
  readonly uri: string;
  readonly namesOneArchive: boolean;
  readonly placeInputs = [input('local-directory')];
  /** One rename brings both. */
  readonly archiveComesFirst = false;

  constructor(
    private readonly path: string,
    private readonly nature: Nature,
    readonly objects: ObjectStore,
    private readonly archives: OpenedArchives,
    private readonly log: Logger,
  ) {
    this.uri = path;
    this.namesOneArchive = nature !== 'place';
  }

  inputFor({ key }: ObjectRef): Mention {
    return input('local-directory', key);
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
    return refAt(database, name, join(folderOf(this.path, database), name));
  }

  async checkReadable({ database }: { database: string }): Promise<void> {
    this.refuseHalf();
    const folder = this.namesOneArchive ? this.path : folderOf(this.path, database);
    // What is not there will be made; what is there must be a directory that can be listed.
    await this.checkRoot(false);
    await backupNamesIn(folder);
  }

  async listDatabases(): Promise<string[]> {
    this.refuseHalf();
    if (this.namesOneArchive) return [];
    await this.checkRoot(true);
    return foldersIn(this.path);
  }

  async listComplete(database: string): Promise<CompleteBackup[]> {
    return completeOf(await this.list(database, false));
  }

  async listAll(database: string): Promise<StoredBackup[]> {
    const reading = { objects: this.objects, logger: this.log };
    return Promise.all((await this.list(database, true)).map((backup) => withProof(backup, reading)));
  }

  /** Here it costs little to read all of them. */
  async findNewest(database: string, now: Date): Promise<StoredBackup | null> {
    const newest = newestOf(await this.list(database, false), now);
    return newest === null ? null : backupUnderName(newest.ref, this.log, true);
  }

  async listProofs(database: string): Promise<ListedProof[]> {
    if (!this.namesOneArchive) return proofsIn(folderOf(this.path, database), (name) => this.locate(database, name));
    const ref = this.locate(database, LATEST);
    const object = proofRefOf(ref);
    const info = await this.objects.stat(object);
    return info === null ? [] : [{ ref, object, lastModified: info.lastModified }];
  }

  async listUploads(database: string): Promise<PendingUpload[]> {
    if (this.namesOneArchive) return [];
    return partialsIn(folderOf(this.path, database), (name) => this.locate(database, name));
  }

  async takeInventory(database: string): Promise<Inventory> {
    const backups = await this.listAll(database);
    const names = new Set(backups.map(({ ref }) => ref.name));
    const alone = this.namesOneArchive
      ? []
      : (await this.listProofs(database)).filter(({ ref }) => !names.has(ref.name));
    return {
      backups,
      uploads: await this.listUploads(database),
      stale: alone.map(({ object, lastModified }) => ({ kind: 'proof', object, lastModified })),
    };
  }

  /** What the manifest says is not looked at: whatever it is, it may be somebody's. */
  async inspect(ref: BackupRef): Promise<Occupant> {
    const hasManifest = (await this.objects.stat(ref.manifest)) !== null;
    const isOccupied = hasManifest || (await isThere((await findStanding(ref.archive.key)).directory));
    const state = hasManifest ? 'complete' : isOccupied ? 'no manifest' : 'nothing';
    return { state, archive: null, isLeftover: false };
  }

  async readManifest(ref: BackupRef): Promise<FoundManifest> {
    const archive = await this.objects.stat(ref.archive);
    const text = await this.objects.readText(ref.manifest, { maxBytes: maxManifestBytes(archive?.sizeBytes ?? 0) });
    return { archive, manifest: text === null ? null : { text, uri: ref.manifest.uri }, belongs: true };
  }

  async readWhole(object: ObjectRef, { etag, sizeBytes }: ObjectInfo, signal: AbortSignal): Promise<StoredWhole> {
    const { archive } = await this.archives.same(object, etag);
    const bytes = this.objects.read(object, { offset: 0, length: Infinity, etag, signal });
    return { bytes, wholeBlocks: archive.wholeBlocks, sizeBytes };
  }

  async removeBackup(ref: BackupRef): Promise<void> {
    this.archives.forget(ref.archive);
    await removeEverywhere(ref.archive.key);
  }

  async removeListed(backup: StoredBackup): Promise<string | null> {
    return removeListed(this, backup);
  }

  async hasBecomeWhole({ ref, state }: StoredBackup): Promise<boolean> {
    return (await this.objects.stat(state === 'no archive' ? ref.archive : ref.manifest)) !== null;
  }

  keptVersions(): Promise<null> {
    return Promise.resolve(null);
  }

  async abortUpload(object: ObjectRef, uploadId: string): Promise<void> {
    await endPartial(dirname(object.key), uploadId, this.log);
  }

  /** The manifest is inside of the archive, and comes to its place with it. */
  settle(): Promise<'nothing'> {
    return Promise.resolve('nothing');
  }

  private async list(database: string, withSize: boolean): Promise<StoredBackup[]> {
    this.refuseHalf();
    await this.checkRoot(true);
    const names = this.namesOneArchive ? [basename(this.path)] : await backupNamesIn(folderOf(this.path, database));
    const found: StoredBackup[] = [];
    for (const name of names) {
      const backup = await backupUnderName(this.locate(database, name), this.log, withSize);
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
      throw new PhaseliftError('STORE', phrase`${this.path} is a file, not a directory (${plain('local-directory')})`, {
        object: 'local-directory',
        hint: phrase`Choose another ${plain('local-directory')}, or move the file out of the way.`,
      });
    }
  }

  private refuseHalf(): void {
    if (this.nature === 'half an archive') throw halfWritten(this.path);
  }
}
