/** The store that is an S3 bucket. */
import { GetObjectCommand, ListObjectsV2Command } from '@aws-sdk/client-s3';
import type { Readable } from 'node:stream';
import { PhaseliftError } from '../../foundation/errors.js';
import type { Logger } from '../../foundation/logger.js';
import { ARCHIVE_SUFFIX, databaseFolder, keysOf, keysOfExact, newArchiveId, trimPrefix } from '../names.js';
import type {
  BackupRef,
  CompleteBackup,
  FoundManifest,
  ObjectInfo,
  ObjectRef,
  PendingUpload,
  RangeRequest,
  Store,
  StoredBackup,
  UploadOptions,
  WholeArchive,
} from '../store.js';
import { completeOf } from '../stored-backups.js';
import { createClient, uriOf } from './client.js';
import type { S3Access } from './client.js';
import { probeConditions } from './condition-probe.js';
import { Conditions } from './conditions.js';
import { factsOf } from './error-facts.js';
import { toStoreError } from './errors.js';
import { aheadRefOf, findManifest } from './found-manifest.js';
import { listFolder, refuseForeignPage, storedBackup } from './listing.js';
import { getText, headObject, putText, removeObject } from './objects.js';
import { listUploads } from './pending-uploads.js';
import { readRange } from './ranged-reader.js';
import { uploadStream } from './upload.js';
import { abortUpload, tryUpload } from './upload-abort.js';
import { S3UploadedBackups } from './uploaded-backups.js';
import type { S3Settings } from './settings.js';

/** A store on the bucket of the settings. Nothing is sent before its first method is called. */
export function createS3Store(settings: S3Settings, logger: Logger): Store {
  return new S3Store(settings, logger);
}

class S3Store implements Store {
  readonly uri: string;
  readonly namesOneArchive: boolean;
  readonly directories = null;
  readonly uploads: S3UploadedBackups;
  private readonly access: S3Access;
  /** Ranged reads retry by themselves, from the byte they have reached; the SDK's retries would multiply with those. */
  private readonly readAccess: S3Access;
  private fetchedBytes = 0;

  constructor(
    private readonly settings: S3Settings,
    logger: Logger,
  ) {
    this.namesOneArchive = settings.exactKey !== null;
    const place = settings.exactKey ?? trimPrefix(settings.prefix);
    this.uri = place === '' ? `s3://${settings.bucket}` : uriOf(settings, place);
    const client = createClient(settings, settings.maxRetries + 1);
    this.access = { settings, logger, client, conditions: new Conditions(logger) };
    this.readAccess = { ...this.access, client: createClient(settings, 1, client) };
    this.uploads = new S3UploadedBackups(this.access, (database) => this.folderOf(database), this.locate.bind(this));
  }

  get bytesRead(): number {
    return this.fetchedBytes;
  }

  locate(database: string, name: string): BackupRef {
    const { exactKey, prefix } = this.settings;
    const keys = exactKey === null ? keysOf(prefix, database, name) : keysOfExact(exactKey);
    const object = (key: string): ObjectRef => ({ key, uri: uriOf(this.settings, key) });
    return { database, name, archive: object(keys.archive), manifest: object(keys.manifest) };
  }

  async checkReadable({ database }: { database: string }): Promise<void> {
    const { exactKey, prefix, bucket } = this.settings;
    const { client } = this.access;
    if (exactKey !== null) {
      await headObject(this.access, exactKey);
      return;
    }
    const folder = databaseFolder(prefix, database);
    let key: string | undefined;
    try {
      const page = await client.send(new ListObjectsV2Command({ Bucket: bucket, Prefix: folder, MaxKeys: 1 }));
      refuseForeignPage(page, this.settings, folder);
      key = page.Contents?.[0]?.Key;
    } catch (error) {
      throw toStoreError(error, this.settings, 'list', folder);
    }
    // To list is one permission, to read another; an empty folder has nothing to try the second on.
    if (key !== undefined) await this.tryRead(key);
  }

  async checkWritable(ref: BackupRef): Promise<void> {
    await tryUpload(this.access, ref.archive.key);
    const id = newArchiveId();
    await probeConditions(
      this.access,
      `${ref.archive.key.slice(0, -ARCHIVE_SUFFIX.length)}.${id}${ARCHIVE_SUFFIX}`,
      id,
    );
  }

  async listComplete(database: string): Promise<CompleteBackup[]> {
    return completeOf(await this.list(database, true));
  }

  async listAll(database: string): Promise<StoredBackup[]> {
    return this.list(database, false);
  }

  async listUploads(database: string): Promise<PendingUpload[]> {
    const folder = this.folderOf(database);
    return folder === null ? [] : listUploads(this.access, folder);
  }

  async stat(object: ObjectRef): Promise<ObjectInfo | null> {
    return headObject(this.access, object.key);
  }

  async readText(object: ObjectRef, maxBytes?: number): Promise<string | null> {
    return getText(this.access, object.key, { maxBytes });
  }

  async writeText(object: ObjectRef, text: string): Promise<ObjectInfo> {
    await putText(this.access, object.key, text);
    const info = await headObject(this.access, object.key);
    if (info?.sizeBytes === Buffer.byteLength(text)) return info;
    throw new PhaseliftError('STORE', `${object.uri} is not what was written just before`, {
      hint: 'Look for another run that writes to the same name.',
      object: object.uri,
    });
  }

  async remove(object: ObjectRef): Promise<void> {
    await removeObject(this.access, object.key);
  }

  async readManifest(ref: BackupRef): Promise<FoundManifest> {
    const { archive, text, manifest, state } = await findManifest(this.access, ref);
    return {
      archive,
      manifest: text === null ? null : { text, uri: manifest.uri },
      belongs: state !== 'manifest of another archive',
    };
  }

  async removeBackup(ref: BackupRef): Promise<void> {
    const ahead = aheadRefOf(this.access, ref, (await this.stat(ref.archive))?.id ?? null);
    // Asked for first: in a versioned bucket each removal leaves a marker.
    if (ahead !== null && (await this.stat(ahead)) !== null) await this.remove(ahead);
    await this.remove(ref.manifest);
    await this.remove(ref.archive);
  }

  async upload(object: ObjectRef, body: Readable, options: UploadOptions): Promise<ObjectInfo> {
    return uploadStream(this.access, object.key, body, options);
  }

  async abortUpload(object: ObjectRef, uploadId: string): Promise<void> {
    await abortUpload(this.access, object.key, uploadId);
  }

  read(object: ObjectRef, range: RangeRequest): AsyncIterable<Buffer> {
    return readRange(this.readAccess, object.key, range, (bytes) => {
      this.fetchedBytes += bytes;
    });
  }

  readWhole(object: ObjectRef, { sizeBytes, etag }: ObjectInfo, signal: AbortSignal): Promise<WholeArchive> {
    const bytes = this.read(object, { offset: 0, length: sizeBytes, etag, signal });
    return Promise.resolve({ bytes, wholeBlocks: new Set() });
  }

  close(): void {
    this.access.client.destroy();
    this.readAccess.client.destroy();
  }

  private async tryRead(key: string): Promise<void> {
    try {
      const request = { Bucket: this.settings.bucket, Key: key, Range: 'bytes=0-0' };
      const answer = await this.access.client.send(new GetObjectCommand(request));
      await answer.Body?.transformToByteArray();
    } catch (error) {
      // Empty (416), or removed since it was listed (404): not for want of permission.
      const { status, name } = factsOf(error);
      if (status === 416 || name === 'NoSuchKey') return;
      throw toStoreError(error, this.settings, 'read', key);
    }
  }

  /** null: whoever asked for one exact object did not ask for what else is in its folder. */
  private folderOf(database: string): string | null {
    const { exactKey, prefix } = this.settings;
    return exactKey === null ? databaseFolder(prefix, database) : null;
  }

  private async list(database: string, pairsOnly: boolean): Promise<StoredBackup[]> {
    if (this.settings.exactKey !== null) return this.listExact(database, this.settings.exactKey);
    const folder = databaseFolder(this.settings.prefix, database);
    return listFolder(this.access, folder, (name) => this.locate(database, name), { pairsOnly });
  }

  /** What `s3-uri` names, under the name that its manifest has for it. */
  private async listExact(database: string, exactKey: string): Promise<StoredBackup[]> {
    const ref = this.locate(database, exactKey);
    const found = await storedBackup(this.access, ref);
    if (found === null) return [];
    return [{ ...found, ref: { ...ref, name: found.summary?.name ?? exactKey } }];
  }
}
