/**
 * `Content-MD5` of what is written, for buckets that ask for it: AWS refuses objects and parts without a digest where new objects
 * are locked (object lock with a default retention). It is a pass over all bytes, so it is sent only where it is needed: the bucket
 * says so before a backup, and where that may not be asked, its refusal does.
 */
import { createHash } from 'node:crypto';
import type { S3Client, ServiceInputTypes } from '@aws-sdk/client-s3';
import type { Logger } from '../../foundation/logger.js';
import { factsOf } from './error-facts.js';

const WRITING: ReadonlySet<unknown> = new Set(['PutObjectCommand', 'UploadPartCommand']);

/** Whether a bucket wants digests, as far as it has said so. One for all clients of a store. */
export class ContentDigests {
  private areNeeded = false;

  constructor(private readonly logger: Logger) {}

  /** From now on digests are sent. */
  need(): void {
    this.areNeeded = true;
  }

  private learn(): void {
    // Several parts may have been on their way.
    if (!this.areNeeded) this.logger.debug('the store wants Content-MD5 with what is written: it is sent from now on');
    this.need();
  }

  /** Sends digests by this client. What is refused for want of one is sent again; nobody further out sees the refusal. */
  watch(client: S3Client): void {
    client.middlewareStack.add(
      (next, context) => async (args) => {
        if (!WRITING.has(context['commandName'])) return next(args);
        const withDigest = () => next({ ...args, input: { ...args.input, ...digestOf(args.input) } });
        if (this.areNeeded) return withDigest();
        try {
          return await next(args);
        } catch (error) {
          if (!isRefusal(error)) throw error;
          this.learn();
          return withDigest();
        }
      },
      { step: 'initialize', priority: 'low', name: 'contentDigests' },
    );
  }
}

/** What is written is in memory, always: see PartSender and sendText. */
function digestOf(input: ServiceInputTypes): { ContentMD5?: string } {
  if (!('Body' in input) || !(input.Body instanceof Uint8Array)) return {};
  return { ContentMD5: createHash('md5').update(input.Body).digest('base64') };
}

/** AWS: `InvalidRequest: Content-MD5 OR x-amz-checksum- HTTP header is required for Put Object requests with Object Lock parameters`. */
function isRefusal(error: unknown): boolean {
  const { status, message } = factsOf(error);
  return status === 400 && /content-?md5/i.test(message) && /required|missing|must/i.test(message);
}
