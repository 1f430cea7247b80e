/**
 * One upload of an archive. Whatever goes wrong first is what is thrown, nothing is completed, and neither the object nor the
 * multipart upload stays. Only an object that has taken the place of another stays, as that other one is gone:
 * docs/adr/0011-pairs-by-id.md
 */
import { messageOf, PhaseliftError } from '../../foundation/errors.js';
import { phrase, plain } from '../../foundation/text.js';
import type { Produce } from '../archive-writer.js';
import type { ObjectInfo } from '../object-store.js';
import type { S3Access } from './client.js';
import { uriOf } from './client.js';
import { conditionOf } from './conditions.js';
import { factsOf, isConditionFailure, isTransient } from './error-facts.js';
import { cancellation, toStoreError } from './errors.js';
import { headObject, isSameArchive, metadataOf } from './objects.js';
import { overtaken, OwnObject } from './own-object.js';
import { MAX_PARTS, outgrown, partSizeFault, partsInFlight } from './part-size.js';
import { PartSender } from './part-sender.js';
import { abortThoroughly, endStrays } from './upload-abort.js';
import { UploadClient } from './upload-client.js';

export interface UploadOptions {
  partSizeBytes: number;
  /** At random, to be stored with the object. */
  id: string;
  /**
   * What stands there and gives way; null is nothing. When anything else is there by then it fails with BACKUP_EXISTS: that is
   * looked at before, and stated as a condition of completion.
   */
  replaces: ObjectInfo | null;
  signal: AbortSignal;
  /** Called when all bytes have arrived, before the object takes its place. What it throws keeps it from that. */
  beforeCompletion?: () => Promise<void>;
  /** Called once the multipart upload has an id, so that a clean-up after a kill can abort it. */
  onStarted?: (uploadId: string) => void;
}

/**
 * Uploads what `produce` writes, with back-pressure. When that throws, or the signal aborts, the upload is aborted, nothing stays,
 * and what it threw is thrown. Comes back, or throws, when `produce` has ended. Once the object has taken the place of another
 * there is no way back: then it ends well, whatever signal or answer came after that. `maxParts` is for tests of what outgrows
 * its parts.
 */
export async function uploadArchive(
  access: S3Access,
  key: string,
  produce: Produce,
  options: UploadOptions,
  maxParts = MAX_PARTS,
): Promise<ObjectInfo> {
  const upload = new ArchiveUpload(access, key, produce, options, maxParts);
  return upload.run();
}

class ArchiveUpload {
  private readonly uri: string;
  private readonly client: UploadClient;
  private readonly own: OwnObject;
  /** Tells the producer to stop. */
  private readonly stopping = new AbortController();
  private sender: PartSender | null = null;
  /** What went wrong first; anything after it is its consequence. */
  private failure: { error: unknown; ofProducer: boolean } | null = null;

  constructor(
    private readonly access: S3Access,
    private readonly key: string,
    private readonly produce: Produce,
    private readonly options: UploadOptions,
    private readonly maxParts: number,
  ) {
    this.uri = uriOf(access.settings, key);
    this.client = new UploadClient(access, {
      onStarted: (uploadId) => options.onStarted?.(uploadId),
      beforeCompletion: async () => {
        await options.beforeCompletion?.();
        await this.refuseOthers();
        return conditionOf(options.replaces);
      },
      lookAgain: () => this.refuseOthers(),
      onFailure: (error) => {
        this.fail(error);
      },
    });
    const expectedEtag = () => this.client.completedEtag ?? this.client.failedCompletion?.expectedEtag ?? '';
    this.own = new OwnObject(access, key, options.id, expectedEtag);
  }

  async run(): Promise<ObjectInfo> {
    const { signal } = this.options;
    const onAbort = () => {
      this.fail(cancellation(signal, `writing ${this.uri}`));
    };
    signal.addEventListener('abort', onAbort, { once: true });
    try {
      if (signal.aborted) onAbort();
      else await this.attempt(() => this.send());
      if (this.failure !== null && (await this.isInPlace())) {
        if (signal.aborted) this.access.logger.info(`cancelled too late: ${this.uri} has taken its place already`);
        this.failure = null;
      }
      const info =
        this.failure === null ? await this.attempt(() => this.own.check(this.sender?.totalBytes ?? 0)) : undefined;
      if (this.failure === null && info !== undefined) return info;
      await this.cleanUp();
      throw this.thrown();
    } finally {
      await this.sender?.settled();
      await endStrays(this.access, this.key, this.client, signal);
      signal.removeEventListener('abort', onAbort);
      this.client.s3.destroy();
    }
  }

  private async send(): Promise<void> {
    const { partSizeBytes, id } = this.options;
    const fault = partSizeFault(partSizeBytes);
    if (fault !== null) {
      const hint = phrase`Set ${plain('s3-chunk-size')} (S3_CHUNK_SIZE) to a size in between, or to auto.`;
      throw new PhaseliftError('INPUT', phrase`cannot write ${this.uri}: ${fault} (${plain('s3-chunk-size')})`, {
        hint,
      });
    }
    await this.refuseOthers();
    if (this.failure !== null) return;
    const limit = partSizeBytes * this.maxParts;
    const sender = new PartSender({
      client: this.client.s3,
      bucket: this.access.settings.bucket,
      key: this.key,
      partSizeBytes,
      partsInFlight: partsInFlight(partSizeBytes),
      metadata: metadataOf(id),
      beforeBytes: (totalBytes) => {
        if (totalBytes > limit) throw outgrown(partSizeBytes, this.maxParts);
      },
      onFailure: (error) => {
        this.fail(error);
      },
    });
    this.sender = sender;
    try {
      await this.produce(sender, this.stopping.signal);
    } catch (error) {
      this.fail(error, true);
    }
    if (!this.stopping.signal.aborted) await this.attempt(() => sender.end());
  }

  /** What stood there when it was decided to replace it, or nothing, must stand there still. */
  private async refuseOthers(): Promise<void> {
    const there = await headObject(this.access, this.key);
    if (!isSameArchive(there, this.options.replaces)) throw overtaken(this.uri, this.options.replaces !== null);
  }

  /**
   * True when the object is in its place, whatever failed. Its completion may have been done by an attempt whose answer was
   * lost: the one after it then meets its own object (412), or no upload any more. And what has replaced another object
   * cannot be taken back, not for a cancel either.
   */
  private async isInPlace(): Promise<boolean> {
    await this.client.stop();
    const { uploadId, completedEtag, failedCompletion } = this.client;
    if (completedEtag === null && failedCompletion === null) return false;
    const isCompletions = failedCompletion !== null && failedCompletion.error === this.failure?.error;
    if (!isCompletions && this.options.replaces === null) return false;
    try {
      if (await this.own.isThere()) return true;
      if (completedEtag !== null || uploadId === null) return false;
      // A completion may go on after its answer was given up; after an abort it cannot.
      await abortThoroughly(this.access, this.key, uploadId, false);
      return await this.own.isThere();
    } catch (error) {
      this.access.logger.debug(`it is not known whether ${this.uri} was written: ${messageOf(error)}`);
      return false;
    }
  }

  private fail(error: unknown, ofProducer = false): void {
    if (this.failure !== null) return;
    this.failure = { error, ofProducer };
    this.sender?.fail(error);
    this.stopping.abort(error);
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
      if (completedEtag === null && uploadId !== null) await abortThoroughly(this.access, this.key, uploadId, cut);
      // Completion that failed without a clear no may have happened all the same.
      const mayBeThere = completedEtag !== null || (failedCompletion !== null && isTransient(failedCompletion.error));
      if (mayBeThere && this.options.replaces === null) await this.own.remove();
    } catch (error) {
      const left =
        uploadId === null ? '' : ` Upload ${uploadId} may remain: a lifecycle rule of the bucket can end such uploads.`;
      this.access.logger.warning(`${messageOf(error)}.${left}`);
    }
  }

  private thrown(): unknown {
    const { error, ofProducer } = this.failure ?? { error: null, ofProducer: false };
    if (ofProducer) return error;
    const replaced = this.options.replaces !== null;
    const isGone = factsOf(error).name === 'NoSuchKey' && replaced;
    if (isConditionFailure(error) || isGone) return overtaken(this.uri, replaced, error);
    return toStoreError(error, this.access.settings, 'write', this.key);
  }
}
