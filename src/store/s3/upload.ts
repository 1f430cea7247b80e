/**
 * One upload of a stream, by lib-storage. What is added here is the end: whatever goes wrong first is what is thrown, the body
 * is destroyed, nothing is completed, and neither the object nor the multipart upload stays.
 */
import { Upload } from '@aws-sdk/lib-storage';
import { Readable } from 'node:stream';
import { messageOf, PhaseliftError } from '../../errors.js';
import type { ObjectInfo, UploadOptions } from '../store.js';
import { cancellation } from './cancellation.js';
import { uriOf } from './client.js';
import type { S3Access } from './client.js';
import { factsOf, isConditionFailure, isTransient } from './error-facts.js';
import { toStoreError } from './errors.js';
import { headObject, OWN_MARK, removeObject, sameEtag } from './objects.js';
import { inMegabytes, MAX_PART_BYTES, MAX_PARTS, partSizeFault, partsInFlight } from './part-size.js';
import { abortThoroughly, endStrays } from './upload-abort.js';
import { UploadClient } from './upload-client.js';

/**
 * See Store.upload. Owns `body`: it is at its end, or destroyed, when this returns or throws. `maxParts` is for tests of
 * bodies that outgrow their parts.
 */
export async function uploadStream(
  access: S3Access,
  key: string,
  body: Readable,
  options: UploadOptions,
  maxParts = MAX_PARTS,
): Promise<ObjectInfo> {
  const upload = new StreamUpload(access, key, body, options, maxParts);
  return upload.run();
}

class StreamUpload {
  private readonly uri: string;
  private readonly client: UploadClient;
  /** Tells lib-storage to stop. */
  private readonly stopping = new AbortController();
  private sentBytes = 0;
  /** What went wrong first; anything after it is its consequence. */
  private failure: { error: unknown; ofBody: boolean } | null = null;

  constructor(
    private readonly access: S3Access,
    private readonly key: string,
    private readonly body: Readable,
    private readonly options: UploadOptions,
    private readonly maxParts: number,
  ) {
    this.uri = uriOf(access.settings, key);
    this.client = new UploadClient(access, {
      onStarted: (uploadId) => options.onStarted?.(uploadId),
      beforeCompletion: () => this.refuseExisting(),
      onFailure: (error) => {
        this.fail(error);
      },
    });
  }

  async run(): Promise<ObjectInfo> {
    const { signal } = this.options;
    const onAbort = () => {
      this.fail(cancellation(signal, `writing ${this.uri}`));
    };
    this.body.on('error', (error) => {
      this.fail(error, true);
    });
    signal.addEventListener('abort', onAbort, { once: true });
    try {
      if (signal.aborted) onAbort();
      else if (this.body.errored !== null) this.fail(this.body.errored, true);
      else await this.attempt(() => this.send());
      if (this.failure !== null && (await this.completedUnheard())) this.failure = null;
      const info = this.failure === null ? await this.attempt(() => this.checkObject()) : undefined;
      if (this.failure === null && info !== undefined) return info;
      await this.cleanUp();
      throw this.thrown();
    } finally {
      await endStrays(this.access, this.key, this.client, signal);
      signal.removeEventListener('abort', onAbort);
      this.client.s3.destroy();
    }
  }

  private async send(): Promise<void> {
    const { partSizeBytes, overwrite } = this.options;
    const fault = partSizeFault(partSizeBytes);
    if (fault !== null) {
      const hint = 'Set s3-chunk-size (S3_CHUNK_SIZE) to a size in between, or to auto.';
      throw new PhaseliftError('INPUT', `Cannot write ${this.uri}: ${fault} (s3-chunk-size)`, { hint });
    }
    await this.refuseExisting();
    if (this.failure !== null) return;
    const counted = Readable.from(this.counted());
    // lib-storage reads it to its error; after that nobody does.
    counted.on('error', () => undefined);
    try {
      const upload = new Upload({
        client: this.client.s3,
        params: {
          Bucket: this.access.settings.bucket,
          Key: this.key,
          Body: counted,
          ContentType: 'application/octet-stream',
          Metadata: OWN_MARK,
          ...(overwrite ? {} : { IfNoneMatch: '*' }),
        },
        partSize: partSizeBytes,
        queueSize: partsInFlight(partSizeBytes),
        leavePartsOnError: false,
        abortController: this.stopping,
      });
      await upload.done();
    } catch (error) {
      this.fail(error);
    } finally {
      counted.destroy();
    }
  }

  /** The body, counted. A body that outgrows the parts fails here, with the first byte too many. */
  private async *counted(): AsyncGenerator<Buffer> {
    const limit = this.options.partSizeBytes * this.maxParts;
    for await (const chunk of this.body) {
      if (!Buffer.isBuffer(chunk)) throw new PhaseliftError('INTERNAL', 'Only a stream of buffers can be uploaded');
      this.sentBytes += chunk.length;
      if (this.sentBytes > limit) {
        const error = this.outgrown();
        // Now, as leaving the loop destroys the body with an error of its own.
        this.fail(error);
        throw error;
      }
      yield chunk;
    }
  }

  private outgrown(): PhaseliftError {
    const size = this.options.partSizeBytes;
    const enough = Math.min(size * 4, MAX_PART_BYTES);
    const message = `The archive outgrew ${this.maxParts} parts of ${inMegabytes(size)}, the most that S3 allows (s3-chunk-size)`;
    const hint = `Set s3-chunk-size (S3_CHUNK_SIZE) to ${inMegabytes(enough)} and run the backup again.`;
    return new PhaseliftError('STORE_FULL', message, { hint, object: 's3-chunk-size' });
  }

  private async refuseExisting(): Promise<void> {
    if (this.options.overwrite || (await headObject(this.access, this.key)) === null) return;
    throw this.exists();
  }

  private exists(cause?: unknown): PhaseliftError {
    return new PhaseliftError('BACKUP_EXISTS', `${this.uri} exists already`, {
      hint: 'Choose another backup-name, or set force to true to overwrite it.',
      object: this.uri,
      cause,
    });
  }

  /** The object as the store has it now: of the size that was sent, and nobody else's. */
  private async checkObject(): Promise<ObjectInfo> {
    const info = await headObject(this.access, this.key);
    if (info === null) throw new PhaseliftError('STORE', `${this.uri} is gone just after it was written`);
    const etag = this.client.completedEtag ?? '';
    if (etag !== '' && !sameEtag(info.etag, etag)) {
      const hint = 'Another run writes to the same name: give each its own backup-name.';
      throw new PhaseliftError('STORE', `${this.uri} was overwritten just after it was written`, { hint });
    }
    if (info.sizeBytes === this.sentBytes) return info;
    const sizes = `has ${info.sizeBytes} bytes, ${this.sentBytes} were sent`;
    throw new PhaseliftError('STORE', `${this.uri} ${sizes}`, {
      hint: 'Run the backup again; look at the store if it stays.',
    });
  }

  /**
   * True when completion was done by an attempt whose answer was lost: the attempt after it then meets its own object (412),
   * or no upload any more. The ETag proves whose object it is.
   */
  private async completedUnheard(): Promise<boolean> {
    const completion = this.client.failedCompletion;
    if (completion === null || completion.error !== this.failure?.error) return false;
    const { attempts, name } = factsOf(completion.error);
    if (attempts < 2 || !(isConditionFailure(completion.error) || name === 'NoSuchUpload')) return false;
    const info = await headObject(this.access, this.key).catch(() => null);
    if (info === null || !sameEtag(info.etag, completion.expectedEtag)) return false;
    this.client.completedEtag = info.etag;
    return true;
  }

  private fail(error: unknown, ofBody = false): void {
    if (this.failure !== null) return;
    this.failure = { error, ofBody };
    this.stopping.abort();
    // With the reason, so that whoever feeds the body learns it; the listener in run() keeps it from being unhandled.
    this.body.destroy(error instanceof Error ? error : new Error(String(error)));
  }

  private async attempt<T>(work: () => Promise<T>): Promise<T | undefined> {
    try {
      return await work();
    } catch (error) {
      this.fail(error);
      return undefined;
    }
  }

  /** Nothing stays. What cannot be cleaned up is a warning: it must not hide the failure itself. */
  private async cleanUp(): Promise<void> {
    const cut = await this.client.stop();
    const { uploadId, completedEtag, failedCompletion } = this.client;
    try {
      if (completedEtag !== null) await this.removeOwn(completedEtag);
      else if (uploadId !== null) await abortThoroughly(this.access, this.key, uploadId, cut);
      // Completion that failed without a clear no may have happened all the same.
      if (failedCompletion !== null && isTransient(failedCompletion.error)) {
        await this.removeOwn(failedCompletion.expectedEtag);
      }
    } catch (error) {
      const left =
        uploadId === null ? '' : ` Upload ${uploadId} may remain: a lifecycle rule of the bucket can end such uploads.`;
      this.access.logger.warning(`${messageOf(error)}.${left}`);
    }
  }

  private async removeOwn(etag: string): Promise<void> {
    const info = await headObject(this.access, this.key);
    if (info !== null && sameEtag(info.etag, etag)) await removeObject(this.access, this.key);
  }

  private thrown(): unknown {
    const { error, ofBody } = this.failure ?? { error: null, ofBody: false };
    if (ofBody) return error;
    if (isConditionFailure(error)) return this.exists(error);
    if (factsOf(error).systemCode === 'ERR_STREAM_PREMATURE_CLOSE') {
      const message = `Cannot write ${this.uri}: what was to be stored broke off before its end`;
      return new PhaseliftError('STORE', message, { cause: error });
    }
    return toStoreError(error, this.access.settings, 'write', this.key);
  }
}
