import './one-error-class.js';
import {
  DeleteObjectCommand,
  GetObjectCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  PutObjectCommand,
} from '@aws-sdk/client-s3';
import type { S3Client } from '@aws-sdk/client-s3';
import { MemoryLogger } from '../helpers/memory-logger.js';
import type { Readable } from 'node:stream';
import { NO_KEYS } from '../../src/age/keys.js';
import { AS_BUCKET_SAYS } from '../../src/store/s3/at-rest.js';
import type { ObjectInfo, ObjectRef } from '../../src/store/object-store.js';
import { createClient, type S3Access } from '../../src/store/s3/client.js';
import { Conditions } from '../../src/store/s3/conditions.js';
import { ContentDigests } from '../../src/store/s3/content-digests.js';
import { createS3Store } from '../../src/store/s3/s3-store.js';
import { writing } from './writing.js';
import { uploadArchive, type UploadOptions } from '../../src/store/s3/upload.js';
import type { Store } from '../../src/store/store.js';
import { createBucket, s3Client } from '../helpers/buckets.js';
import { sharedS3 } from '../helpers/shared-servers.js';
import type { S3Settings } from '../../src/store/s3/settings.js';

/** True where signatures, conditions and listings of multipart uploads are real. */
export const STRICT_S3 = sharedS3().kind !== 'fauxqs';

/** A store, and the upload of a stream below its writer of archives. */
export interface TestStore extends Store {
  upload(object: ObjectRef, body: Readable, options: UploadOptions): Promise<ObjectInfo>;
}

/** A bucket of its own on the real S3, stores on it, and a way past them. */
export class TestBucket {
  readonly logger = new MemoryLogger();
  private readonly opened: { close(): void }[] = [];

  private constructor(
    readonly settings: S3Settings,
    readonly admin: S3Client,
  ) {}

  static async create(): Promise<TestBucket> {
    const server = sharedS3();
    const settings: S3Settings = {
      bucket: await createBucket(server, 'store'),
      prefix: 'backups',
      exactKey: null,
      region: 'us-east-1',
      endpoint: server.endpoint,
      forcePathStyle: true,
      verifySsl: true,
      credentials: { accessKeyId: server.accessKey, secretAccessKey: server.secretKey, sessionToken: null },
      chunkSizeBytes: null,
      maxRetries: 1,
      atRest: AS_BUCKET_SAYS,
      keys: NO_KEYS,
    };
    return new TestBucket(settings, s3Client(server));
  }

  /** A store on the bucket, closed with it. */
  store(changes: Partial<S3Settings> = {}): TestStore {
    const store = createS3Store({ ...this.settings, ...changes }, this.logger);
    this.opened.push(store);
    const access = this.access(changes);
    return { ...store, upload: (object, body, options) => uploadArchive(access, object.key, writing(body), options) };
  }

  /** What the parts of a store work with, closed with the bucket. */
  access(changes: Partial<S3Settings> = {}): S3Access {
    const settings = { ...this.settings, ...changes };
    const client = createClient(settings, settings.maxRetries + 1);
    this.opened.push({
      close: () => {
        client.destroy();
      },
    });
    return {
      settings,
      logger: this.logger,
      client,
      conditions: new Conditions(this.logger),
      digests: new ContentDigests(this.logger),
    };
  }

  async put(key: string, body: string | Buffer, metadata: Record<string, string> = {}): Promise<string> {
    const request = { Bucket: this.settings.bucket, Key: key, Body: Buffer.from(body), Metadata: metadata };
    const answer = await this.admin.send(new PutObjectCommand(request));
    return answer.ETag ?? '';
  }

  async get(key: string): Promise<Buffer> {
    const answer = await this.admin.send(new GetObjectCommand({ Bucket: this.settings.bucket, Key: key }));
    return Buffer.from((await answer.Body?.transformToByteArray()) ?? []);
  }

  async delete(key: string): Promise<void> {
    await this.admin.send(new DeleteObjectCommand({ Bucket: this.settings.bucket, Key: key }));
  }

  /** Keys under a prefix. */
  async keys(prefix = ''): Promise<string[]> {
    const request = new ListObjectsV2Command({ Bucket: this.settings.bucket, Prefix: prefix });
    const answer = await this.admin.send(request);
    return (answer.Contents ?? []).map(({ Key: key }) => key ?? '');
  }

  /** Keys of multipart uploads that are neither completed nor aborted. */
  async openUploads(prefix = ''): Promise<string[]> {
    if (!STRICT_S3) return [];
    const answer = await this.admin.send(
      new ListMultipartUploadsCommand({ Bucket: this.settings.bucket, Prefix: prefix }),
    );
    return (answer.Uploads ?? []).map(({ Key: key }) => key ?? '');
  }

  close(): void {
    for (const one of this.opened) one.close();
    this.admin.destroy();
  }
}
