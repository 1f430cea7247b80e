/**
 * Uploads that were begun, but whose id nobody has got: the answer was lost, and the SDK has begun another one. They are ended
 * with the upload that they belong to.
 *
 * Runs with the same name upload to the same key, and theirs must not be touched. S3 shows no mark of ours on an unfinished
 * upload, so a stray one is known by all of these:
 *
 * - It was begun between our first attempt and the end of our last one, by the store's clock. All of our own were; of another
 *   run only one that began in the same few seconds.
 * - Its id is not ours, and it has no part. A run begins its upload when it has the bytes of the first part in its hands, and
 *   sends them at once; what nobody has the id of never gets any. So we look when the upload is old enough to have one.
 * - There are no more such uploads than answers we have lost. Else we cannot tell, and leave all of them.
 *
 * What is left, for one of these reasons, is ended by `mode: prune` after a day.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { ListMultipartUploadsCommand, ListPartsCommand } from '@aws-sdk/client-s3';
import type { S3Access } from './client.js';
import { factsOf } from './error-facts.js';
import { isHttpMessage } from './http-message.js';
import { nextMarkers, type PageMarkers } from './pending-uploads.js';

/** Clocks of a store's servers may differ by this, and some tell times in whole seconds. */
const SKEW_MS = 3_000;
/** By this time the first part of a run at work has arrived. */
const FIRST_PART_MS = 10_000;

/** What happened when an upload was begun. */
export class UploadBeginning {
  /** Times are those of performance.now(): the local clock may be wrong, or be set. */
  private firstAttemptAt: number | null = null;
  private lastAttemptEndedAt = 0;
  /** Attempts after which an upload may be there without anybody knowing its id. */
  private lostAnswers = 0;

  /** Sends one attempt to begin an upload: inside of the retries. */
  async attempt<T>(send: () => Promise<T>): Promise<T> {
    this.firstAttemptAt ??= performance.now();
    try {
      return await send();
    } catch (error) {
      const { status } = factsOf(error);
      if (status === null || status >= 500) this.lostAnswers += 1;
      throw error;
    } finally {
      this.lastAttemptEndedAt = performance.now();
    }
  }

  /**
   * Ids of what was begun unheard; `ownId` is what was heard. Waits a moment where something might be another run's, unless
   * the signal aborts. Throws when it cannot be told.
   */
  async findStrays(access: S3Access, key: string, ownId: string | null, signal?: AbortSignal): Promise<string[]> {
    if (this.lostAnswers === 0) return [];
    const { begun, storeNowMs } = await uploadsOf(access, key);
    const agoMs = (at: number): number => performance.now() - at;
    const fromMs = storeNowMs - agoMs(this.firstAttemptAt ?? 0) - SKEW_MS;
    const toMs = storeNowMs - agoMs(this.lastAttemptEndedAt) + SKEW_MS;
    const candidates = begun.filter(
      ({ uploadId, startedMs }) => uploadId !== ownId && startedMs >= fromMs && startedMs <= toMs,
    );
    const youngestMs = Math.max(...candidates.map(({ startedMs }) => startedMs));
    const waitMs = candidates.length === 0 ? 0 : youngestMs + FIRST_PART_MS - storeNowMs;
    if (waitMs > 0) await sleep(waitMs, undefined, signal === undefined ? {} : { signal });
    const strays: string[] = [];
    for (const { uploadId } of candidates) if (!(await hasParts(access, key, uploadId))) strays.push(uploadId);
    if (strays.length <= this.lostAnswers) return strays;
    throw new Error(`${strays.length} uploads were begun at the same time, ${this.lostAnswers} answers were lost`);
  }
}

/** Unfinished uploads to exactly this key, and what time it is at the store. */
async function uploadsOf(
  { client, settings }: S3Access,
  key: string,
): Promise<{ begun: { uploadId: string; startedMs: number }[]; storeNowMs: number }> {
  const begun: { uploadId: string; startedMs: number }[] = [];
  let storeNowMs = NaN;
  let markers: PageMarkers | null = {};
  while (markers !== null) {
    const command: ListMultipartUploadsCommand = new ListMultipartUploadsCommand({
      Bucket: settings.bucket,
      Prefix: key,
      ...markers,
    });
    command.middlewareStack.add(
      (next) => async (args) => {
        const result = await next(args);
        if (isHttpMessage(result.response)) storeNowMs = Date.parse(result.response.headers['date'] ?? '');
        return result;
      },
      { step: 'deserialize', priority: 'low', name: 'storeClock' },
    );
    const page = await client.send(command);
    for (const { Key, UploadId, Initiated } of page.Uploads ?? []) {
      if (Key !== key || UploadId === undefined || Initiated === undefined) continue;
      begun.push({ uploadId: UploadId, startedMs: Initiated.getTime() });
    }
    markers = nextMarkers(page, markers);
  }
  if (Number.isNaN(storeNowMs)) throw new Error('the store does not say what time it is there');
  return { begun, storeNowMs };
}

/** Throws when that cannot be known. */
async function hasParts({ client, settings }: S3Access, key: string, uploadId: string): Promise<boolean> {
  const request = { Bucket: settings.bucket, Key: key, UploadId: uploadId, MaxParts: 1 };
  try {
    return ((await client.send(new ListPartsCommand(request))).Parts ?? []).length > 0;
  } catch (error) {
    // Ended, or completed, since it was listed: as good as one with parts, nothing is left to do.
    if (factsOf(error).name === 'NoSuchUpload') return true;
    throw error;
  }
}
