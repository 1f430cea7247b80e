/**
 * The client of one upload. Its middleware sees all that a clean end needs to know: which request failed first, what is still on
 * its way, what made the object visible and which ETag to expect. Its sockets can be cut without hurting anybody else.
 */
import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { CompletedPart, ServiceInputTypes, ServiceOutputTypes, S3Client } from '@aws-sdk/client-s3';
import { refuseUnencrypted } from './at-rest.js';
import type { S3Access } from './client.js';
import { createClient, uriOf } from './client.js';
import { COMPLETION, PUT, type Condition } from './conditions.js';
import { isConflict } from './error-facts.js';
import { isHttpRequest } from './http-message.js';
import { UploadBeginning } from './stray-uploads.js';

export interface UploadEvents {
  /** The multipart upload exists now. */
  onStarted(uploadId: string): void;
  /** Before the object would become visible; what it throws keeps it invisible. Tells what must still stand there then. */
  beforeCompletion(): Promise<Condition>;
  /** Before the same without its condition, which the store does not know, or does not hold to; it throws likewise. */
  lookAgain(): Promise<void>;
  /** A request has failed for good. */
  onFailure(error: unknown): void;
}

/** What makes the object visible. */
const COMPLETIONS: ReadonlySet<string> = new Set([COMPLETION, PUT]);

/** How often a completion that met another request on its object is tried, as long as what stands there is the same. */
const CONFLICTS = 5;
const CONFLICT_PAUSE_MS = 200;

export class UploadClient {
  readonly s3: S3Client;
  readonly beginning = new UploadBeginning();
  uploadId: string | null = null;
  /** ETag of the object when the request that made it visible was answered with success. */
  completedEtag: string | null = null;
  /** Why that request failed, and the ETag it would have given where ETags are MD5 digests, as in S3 without KMS. */
  failedCompletion: { error: unknown; expectedEtag: string } | null = null;
  private stopped = false;
  private cut = false;
  private readonly parts = new Set<Promise<unknown>>();
  private readonly decisive = new Set<Promise<unknown>>();

  constructor(
    private readonly access: S3Access,
    events: UploadEvents,
  ) {
    this.s3 = createClient(access.settings, access.settings.maxRetries + 1, access.client.config.credentials);
    access.digests.watch(this.s3);
    this.s3.middlewareStack.add(
      (next, context) => (args) => {
        const command = String(context['commandName']);
        const send = (more: Condition) => next({ ...args, input: { ...args.input, ...more } });
        const answer = this.observe(command, args.input, events, send);
        const kept = command === 'UploadPartCommand' ? this.parts : this.decisive;
        kept.add(answer);
        return answer.finally(() => kept.delete(answer));
      },
      { step: 'initialize', name: 'uploadObserver' },
    );
    this.s3.middlewareStack.add(
      (next, context) => (args) => {
        if (context['commandName'] === 'UploadPartCommand') trustTls(args.request);
        return next(args);
      },
      { step: 'build', name: 'unsignedParts' },
    );
    // Inside of the retries: after stop() nothing new is sent, whatever the sender and the retries still want.
    this.s3.middlewareStack.add(
      (next, context) => async (args) => {
        if (this.stopped) throw Object.assign(new Error('the upload was stopped'), { name: 'AbortError' });
        const begins = context['commandName'] === 'CreateMultipartUploadCommand';
        return begins ? this.beginning.attempt(() => next(args)) : next(args);
      },
      { step: 'finalizeRequest', priority: 'low', name: 'uploadGate' },
    );
  }

  /**
   * Ends all requests. Those that decide what exists are waited for, as cutting them would leave an upload with an id that
   * nobody knows, or an object that nobody expects; parts on their way are cut. Returns whether there were any. Safe to call again.
   */
  async stop(): Promise<boolean> {
    this.stopped = true;
    while (this.decisive.size > 0) await Promise.allSettled(this.decisive);
    this.cut ||= this.parts.size > 0;
    this.s3.destroy();
    await Promise.allSettled(this.parts);
    return this.cut;
  }

  private async observe<T extends { output: ServiceOutputTypes }>(
    command: string,
    input: ServiceInputTypes,
    events: UploadEvents,
    send: (condition: Condition) => Promise<T>,
  ): Promise<T> {
    try {
      if (!COMPLETIONS.has(command)) {
        const answer = await send({});
        if (command === 'CreateMultipartUploadCommand') this.started(input, answer.output, events);
        if (command === 'UploadPartCommand') refuseNameless(answer.output);
        return answer;
      }
      const condition = await events.beforeCompletion();
      return await this.complete(input, () => this.sendOn(command, condition, send, events));
    } catch (error) {
      events.onFailure(error);
      throw error;
    }
  }

  /** With its condition, as far as the store knows that. */
  private async sendOn<T>(
    command: string,
    condition: Condition,
    send: (condition: Condition) => Promise<T>,
    events: UploadEvents,
  ): Promise<T> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.access.conditions.send(command, condition, send, () => events.lookAgain());
      } catch (error) {
        if (!isConflict(error) || attempt === CONFLICTS) throw error;
        await sleep(CONFLICT_PAUSE_MS);
        await events.lookAgain();
      }
    }
  }

  private async complete<T extends { output: ServiceOutputTypes }>(
    input: ServiceInputTypes,
    send: () => Promise<T>,
  ): Promise<T> {
    try {
      const answer = await send();
      this.completedEtag = ('ETag' in answer.output ? answer.output.ETag : undefined) ?? '';
      return answer;
    } catch (error) {
      this.failedCompletion = { error, expectedEtag: etagOf(input) };
      throw error;
    }
  }

  private started(input: ServiceInputTypes, output: ServiceOutputTypes, events: UploadEvents): void {
    const id = 'UploadId' in output ? output.UploadId : undefined;
    if (id === undefined) throw new Error('the store gave the multipart upload no id');
    this.uploadId = id;
    events.onStarted(id);
    const key = 'Key' in input ? String(input.Key) : '';
    const { settings } = this.access;
    refuseUnencrypted(settings.atRest, output, uriOf(settings, key));
  }
}

/**
 * Over TLS nobody can change a part on its way, and its signature need not cover its bytes: that would be a third digest
 * of the whole archive. The header is the one that the signer would compute.
 */
function trustTls(request: unknown): void {
  if (isHttpRequest(request) && request.protocol === 'https:') {
    request.headers['x-amz-content-sha256'] = 'UNSIGNED-PAYLOAD';
  }
}

/** Without it the upload could not be completed, which nobody would know before its end. */
function refuseNameless(output: ServiceOutputTypes): void {
  if ('ETag' in output && output.ETag !== undefined && output.ETag !== '') return;
  throw new Error('the store gave a part no ETag, without which no upload can be completed');
}

/** Of a multipart upload: the MD5 over its parts' MD5s, and their number; of a whole object: its MD5. */
function etagOf(input: ServiceInputTypes): string {
  if ('MultipartUpload' in input) {
    const parts: readonly CompletedPart[] = input.MultipartUpload?.Parts ?? [];
    const digests = parts.map((part) => Buffer.from(part.ETag?.replaceAll('"', '') ?? '', 'hex'));
    return `${md5(Buffer.concat(digests))}-${parts.length}`;
  }
  return 'Body' in input && input.Body instanceof Uint8Array ? md5(input.Body) : 'unknown';
}

function md5(bytes: Uint8Array): string {
  return createHash('md5').update(bytes).digest('hex');
}
