/**
 * Reads a stretch of an object by ranged GETs of a fixed size, a few at once, and hands them on in order. Each answer is
 * drained into memory at once, so a slow reader never holds a connection open: at most READS_AT_ONCE + 1 answers are held.
 * A read that drops goes on from its last byte.
 */
import { Readable } from 'node:stream';
import { GetObjectCommand } from '@aws-sdk/client-s3';
import { messageOf, PhaseliftError } from '../../foundation/errors.js';
import type { RangeRequest } from '../object-store.js';
import type { S3Access } from './client.js';
import { uriOf } from './client.js';
import { factsOf } from './error-facts.js';
import { cancellation, toStoreError } from './errors.js';
import { strongEtag } from './objects.js';
import { withRetries } from './retries.js';

const READ_BYTES = 4 * 1024 * 1024;
const READS_AT_ONCE = 2;

/** `access.client` must not retry by itself: the retries here know what has arrived. */
export async function* readRange(
  access: S3Access,
  key: string,
  range: RangeRequest,
): AsyncGenerator<Buffer, void, undefined> {
  const end = range.offset + range.length;
  const stopped = new AbortController();
  const signal = range.signal === undefined ? stopped.signal : AbortSignal.any([range.signal, stopped.signal]);
  const ahead: Promise<Buffer[]>[] = [];
  let next = range.offset;
  const fetchAhead = () => {
    for (; ahead.length < READS_AT_ONCE && next < end; next += READ_BYTES) {
      const read = new SmallRead(access, key, next, Math.min(READ_BYTES, end - next), range.etag);
      const fetched = read.fetch(signal);
      ahead.push(fetched);
      // It is awaited in its turn; until then its failure is not an unhandled one.
      void fetched.catch(() => undefined);
    }
  };
  try {
    fetchAhead();
    for (let read = ahead.shift(); read !== undefined; read = ahead.shift()) {
      const chunks = await read;
      fetchAhead();
      yield* chunks;
    }
  } catch (error) {
    throw range.signal?.aborted === true ? cancellation(range.signal, `reading ${uriOf(access.settings, key)}`) : error;
  } finally {
    stopped.abort();
    await Promise.allSettled(ahead);
  }
}

/** One ranged read, with what has arrived of it: as it came, since copying it together costs a third more memory. */
class SmallRead {
  private readonly chunks: Buffer[] = [];
  private filled = 0;

  constructor(
    private readonly access: S3Access,
    private readonly key: string,
    private readonly offset: number,
    private readonly length: number,
    private readonly etag: string | undefined,
  ) {}

  /** All of its bytes. Gives up after more than maxRetries attempts in a row that brought nothing. */
  async fetch(signal: AbortSignal): Promise<Buffer[]> {
    const { settings, logger } = this.access;
    try {
      await withRetries(() => this.fetchRest(signal), {
        maxRetries: settings.maxRetries,
        reached: () => this.filled,
        onRetry: (error) => {
          logger.debug(`reading ${this.key} goes on at byte ${this.offset + this.filled}: ${messageOf(error)}`);
        },
        signal,
      });
    } catch (error) {
      signal.throwIfAborted();
      throw this.failure(error);
    }
    return this.chunks;
  }

  private async fetchRest(signal: AbortSignal): Promise<void> {
    if (this.filled === this.length) return;
    const { client, settings } = this.access;
    const first = this.offset + this.filled;
    const last = this.offset + this.length - 1;
    const request = { Bucket: settings.bucket, Key: this.key, Range: `bytes=${first}-${last}` };
    const condition = this.etag === undefined ? {} : { IfMatch: strongEtag(this.etag) };
    const answer = await client.send(new GetObjectCommand({ ...request, ...condition }), { abortSignal: signal });
    this.checkRange(answer.ContentRange, first, last);
    if (!(answer.Body instanceof Readable)) throw new PhaseliftError('INTERNAL', 'the SDK gave no stream of Node.js');
    for await (const chunk of answer.Body) {
      if (!Buffer.isBuffer(chunk) || chunk.length > this.length - this.filled) {
        throw new PhaseliftError('STORE', `cannot read ${this.uri}: the store sent more than it was asked for`);
      }
      this.chunks.push(chunk);
      this.filled += chunk.length;
    }
    if (this.filled < this.length) throw Object.assign(new Error('the answer ended early'), { code: 'ECONNRESET' });
  }

  /** `bytes 0-99/1000`: the store's word on which bytes these are. A store that ignores Range has none. */
  private checkRange(contentRange: string | undefined, first: number, last: number): void {
    const match = /^bytes (\d+)-(\d+)\/(\d+|\*)$/.exec(contentRange ?? '');
    if (match === null || Number(match[1]) !== first) {
      const hint = 'Phaselift needs a store that answers ranged reads.';
      throw new PhaseliftError('STORE', `cannot read ${this.uri}: the store sent other bytes than asked for`, { hint });
    }
    if (Number(match[2]) < last) throw this.truncated(Number(match[3]));
  }

  private failure(error: unknown): PhaseliftError {
    const { status, name } = factsOf(error);
    if (status === 416) return this.truncated(null);
    if (status === 412 || (status === 404 && name !== 'NoSuchBucket')) {
      const what = status === 412 ? 'it has changed since its manifest was written' : 'it is gone';
      const hint = 'Restore another backup, or start again if this one was taken anew.';
      return new PhaseliftError('ARCHIVE_DAMAGED', `the archive ${this.uri} cannot be read: ${what}`, {
        hint,
        object: this.uri,
        cause: error,
      });
    }
    return toStoreError(error, this.access.settings, 'read', this.key);
  }

  private truncated(sizeBytes: number | null): PhaseliftError {
    const size = sizeBytes === null || Number.isNaN(sizeBytes) ? 'before' : `at ${sizeBytes} bytes, before`;
    const message = `the archive ${this.uri} ends ${size} byte ${this.offset + this.length}`;
    return new PhaseliftError('ARCHIVE_TRUNCATED', message, {
      hint: 'It was not stored completely: restore another backup.',
      object: this.uri,
    });
  }

  private get uri(): string {
    return uriOf(this.access.settings, this.key);
  }
}
