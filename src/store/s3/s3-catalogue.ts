/** The backups in a bucket: archives and manifests, paired by id. docs/adr/0011-pairs-by-id.md */
import { GetObjectCommand, ListObjectsV2Command } from '@aws-sdk/client-s3';
import { input, type Mention } from '../../foundation/text.js';
import type {
  BackupCatalogue,
  BackupRef,
  CompleteBackup,
  FoundManifest,
  Inventory,
  KeptVersions,
  ListedProof,
  Occupant,
  PendingUpload,
  StoredBackup,
  StoredWhole,
} from '../backup-catalogue.js';
import { withEtag } from '../manifest.js';
import { parseStored, SUMMARY_PREFIX_BYTES, writeManifest } from '../manifest-text.js';
import { databaseFolder, nameFault } from '../names.js';
import type { ObjectInfo, ObjectRef, ObjectStore } from '../object-store.js';
import type { OpenedObjects } from '../opened-objects.js';
import { proofRefOf, withProof } from '../proofs.js';
import { removeListed } from '../removal.js';
import { openManifest } from '../sealed-manifest.js';
import { completeOf, newestOf } from '../stored-backups.js';
import { keepsVersions, objectLock } from './bucket-facts.js';
import type { S3Access } from './client.js';
import { factsOf } from './error-facts.js';
import { toStoreError } from './errors.js';
import { foldersIn, refuseForeignPage } from './folder.js';
import { findManifest, type ManifestReading } from './found-manifest.js';
import { aheadRefOf, locateAhead, S3Layout } from './layout.js';
import { backupByLooking, backupsAmong, namesInFolder, proofsAmong, staleAmong, type NamedObjects } from './listing.js';
import { newestAmong } from './newest.js';
import { listUploads } from './pending-uploads.js';
import { publishManifest } from './publication.js';
import { abortUpload } from './upload-abort.js';

export class S3Catalogue implements BackupCatalogue {
  readonly uri: string;
  readonly namesOneArchive: boolean;
  readonly placeInputs = [input('s3-bucket'), input('s3-prefix')];
  readonly archiveComesFirst = true;
  private readonly layout: S3Layout;
  private readonly reading: ManifestReading;

  constructor(
    private readonly access: S3Access,
    readonly objects: ObjectStore,
    /** The same, where there are identities to open them with. */
    private readonly opened: OpenedObjects | null,
  ) {
    this.layout = new S3Layout(access.settings);
    this.reading = { objects, logger: access.logger };
    this.uri = this.layout.uri;
    this.namesOneArchive = access.settings.exactKey !== null;
  }

  inputFor({ uri }: ObjectRef): Mention {
    return input('s3-uri', uri);
  }

  locate(database: string, name: string): BackupRef {
    return this.layout.locate(database, name);
  }

  async checkReadable({ database }: { database: string }): Promise<void> {
    const { client, settings } = this.access;
    const { exactKey, prefix, bucket } = settings;
    if (exactKey !== null) {
      await this.objects.stat(this.layout.locate(database, exactKey).archive);
      return;
    }
    const folder = databaseFolder(prefix, database);
    let key: string | undefined;
    try {
      const page = await client.send(new ListObjectsV2Command({ Bucket: bucket, Prefix: folder, MaxKeys: 1 }));
      refuseForeignPage(page, settings, folder);
      key = page.Contents?.[0]?.Key;
    } catch (error) {
      throw toStoreError(error, settings, 'list', folder);
    }
    // To list is one permission, to read another; an empty folder has nothing to try the second on.
    if (key !== undefined) await this.tryRead(key);
  }

  async listDatabases(): Promise<string[]> {
    const { root } = this.layout;
    if (root === null) return [];
    return (await foldersIn(this.access, root)).filter((name) => nameFault(name) === null);
  }

  async listComplete(database: string): Promise<CompleteBackup[]> {
    return completeOf(await this.list(database, true));
  }

  async listAll(database: string): Promise<StoredBackup[]> {
    return this.list(database, false);
  }

  async findNewest(database: string, now: Date): Promise<StoredBackup | null> {
    const folder = this.layout.folderOf(database);
    if (folder === null) return newestOf(await this.listAll(database), now);
    return newestAmong(this.reading, await this.namesIn(database, folder), now);
  }

  async listProofs(database: string): Promise<ListedProof[]> {
    const { exactKey } = this.access.settings;
    const folder = this.layout.folderOf(database);
    if (folder !== null) return proofsAmong(await this.namesIn(database, folder));
    const ref = this.locate(database, exactKey ?? '');
    const object = proofRefOf(ref);
    const info = await this.objects.stat(object);
    return info === null ? [] : [{ ref, object, lastModified: info.lastModified }];
  }

  async listUploads(database: string): Promise<PendingUpload[]> {
    const folder = this.layout.folderOf(database);
    return folder === null ? [] : listUploads(this.access, folder);
  }

  async takeInventory(database: string): Promise<Inventory> {
    const folder = this.layout.folderOf(database);
    if (folder === null) return { backups: await this.listAll(database), uploads: [], stale: [] };
    const names = await this.namesIn(database, folder);
    return {
      backups: await backupsAmong(this.reading, names),
      uploads: await this.listUploads(database),
      stale: await staleAmong(this.reading, names),
    };
  }

  async inspect(ref: BackupRef): Promise<Occupant> {
    const { state, archive } = await findManifest(this.reading, ref, SUMMARY_PREFIX_BYTES);
    const isBare = state === 'no manifest' || state === 'manifest of another archive';
    return { state, archive, isLeftover: isBare && archive?.isOurs === true };
  }

  async readManifest(ref: BackupRef): Promise<FoundManifest> {
    const { archive, text, manifest, state } = await findManifest(this.reading, ref);
    const { identities } = this.access.settings.keys;
    const { uri } = manifest;
    return {
      archive,
      manifest: text === null ? null : { text: await openManifest(text, uri, identities), uri },
      belongs: state !== 'manifest of another archive',
    };
  }

  async readWhole(archive: ObjectRef, info: ObjectInfo, signal: AbortSignal): Promise<StoredWhole> {
    const sizeBytes = (await this.opened?.readableBytes(archive, info)) ?? info.sizeBytes;
    const bytes = this.objects.read(archive, { offset: 0, length: sizeBytes, etag: info.etag, signal });
    return { bytes, wholeBlocks: new Set(), sizeBytes };
  }

  async removeBackup(ref: BackupRef): Promise<void> {
    const { objects } = this;
    const ahead = aheadRefOf(ref, (await objects.stat(ref.archive))?.id ?? null);
    // Asked for first: in a versioned bucket each removal leaves a marker.
    for (const further of [ahead, proofRefOf(ref)]) {
      if (further !== null && (await objects.stat(further)) !== null) await objects.remove(further);
    }
    await objects.remove(ref.manifest);
    await objects.remove(ref.archive);
  }

  async removeListed(backup: StoredBackup): Promise<string | null> {
    return removeListed(this, backup);
  }

  async hasBecomeWhole({ ref }: StoredBackup): Promise<boolean> {
    return (await this.inspect(ref)).state === 'complete';
  }

  async keptVersions(): Promise<KeptVersions | null> {
    if (!(await keepsVersions(this.access))) return null;
    return { lockedFor: (await objectLock(this.access))?.retention ?? null };
  }

  async abortUpload(object: ObjectRef, uploadId: string): Promise<void> {
    await abortUpload(this.access, object.key, uploadId);
  }

  async settle(ref: BackupRef, archiveId: string): Promise<'published' | 'removed' | 'nothing'> {
    const { objects } = this;
    const ahead = locateAhead(ref, archiveId);
    const text = await objects.readText(ahead);
    if (text === null) return 'nothing';
    const archive = await objects.stat(ref.archive);
    if (archive?.id !== archiveId) {
      await objects.remove(ahead);
      return 'removed';
    }
    const manifest = withEtag(parseStored(text, ahead.uri), archive);
    await publishManifest(this.access, objects, { ref, archive, text: writeManifest(manifest) });
    return 'published';
  }

  private async tryRead(key: string): Promise<void> {
    const { client, settings } = this.access;
    try {
      const request = { Bucket: settings.bucket, Key: key, Range: 'bytes=0-0' };
      const answer = await client.send(new GetObjectCommand(request));
      await answer.Body?.transformToByteArray();
    } catch (error) {
      // Empty (416), or removed since it was listed (404): not for want of permission.
      const { status, name } = factsOf(error);
      if (status === 416 || name === 'NoSuchKey') return;
      throw toStoreError(error, settings, 'read', key);
    }
  }

  private namesIn(database: string, folder: string): Promise<NamedObjects[]> {
    return namesInFolder(this.objects, folder, (name) => this.locate(database, name));
  }

  private async list(database: string, pairsOnly: boolean): Promise<StoredBackup[]> {
    const { exactKey, prefix } = this.access.settings;
    if (exactKey !== null) return this.listExact(database, exactKey);
    const folder = databaseFolder(prefix, database);
    return backupsAmong(this.reading, await this.namesIn(database, folder), { pairsOnly });
  }

  /** What `s3-uri` names, under the name that its manifest has for it. */
  private async listExact(database: string, exactKey: string): Promise<StoredBackup[]> {
    const ref = this.locate(database, exactKey);
    const found = await backupByLooking(this.reading, ref);
    if (found === null) return [];
    const backup = await withProof(found, this.reading);
    return [{ ...backup, ref: { ...ref, name: found.summary?.name ?? exactKey } }];
  }
}
