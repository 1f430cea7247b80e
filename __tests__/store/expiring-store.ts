import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from '@jest/globals';
import { JobIdentity } from '../../testbed/job-identity.js';
import { startS3, type StartedS3 } from '../../testbed/s3.js';
import { createBucket } from '../helpers/buckets.js';
import { MeddlingProxy, type Meddling } from '../../testbed/meddling-proxy.js';

const LIFE_MS = 3_000;
const DELAY_MS = 500;

/**
 * An S3 that knows nobody but who has taken the role of its JobIdentity, and refuses credentials that have ended. It is so slow
 * that each run outlives those that it began with.
 */
export class ExpiringStore {
  /** Of each request, in order: its key, and why it was refused, if it was. */
  requests: { key: string; code: string | null }[] = [];
  private sinceMs = Date.now();

  private constructor(
    private readonly store: StartedS3,
    readonly front: MeddlingProxy,
    readonly bucket: string,
    /** That of the last `begin`. */
    public identity: JobIdentity,
  ) {}

  static readonly lifeMs = LIFE_MS;

  static async start(): Promise<ExpiringStore> {
    // No signature is looked at in there: what was signed with the role's key cannot be signed anew on its way.
    const store = await startS3('fauxqs');
    const front = await MeddlingProxy.start(store.endpoint);
    const bucket = await createBucket(store);
    const started = new ExpiringStore(store, front, bucket, await JobIdentity.start(LIFE_MS));
    started.setUp(DELAY_MS);
    return started;
  }

  get endpoint(): string {
    return this.front.endpoint;
  }

  /** A new identity that nobody has called yet. */
  async begin(delayMs = DELAY_MS): Promise<void> {
    await this.identity.stop();
    this.identity = await JobIdentity.start(LIFE_MS);
    this.setUp(delayMs);
  }

  /** The run since `begin` went on with one set of credentials after the other, and took each only when half the life of the one before was over. */
  expectRenewed(): void {
    const { requests, identity, sinceMs } = this;
    expect(requests.filter(({ code }) => code !== null)).toEqual([]);
    const keys = new Set(requests.map(({ key }) => key));
    expect(keys.size).toBeGreaterThan(1);
    expect(identity.roleCalls.length).toBe(keys.size);
    expect(keys.size).toBeLessThanOrEqual(1 + (Date.now() - sinceMs) / (LIFE_MS / 2));
  }

  async stop(): Promise<void> {
    await Promise.all([this.identity.stop(), this.front.stop(), this.store.stop()]);
  }

  private setUp(delayMs: number): void {
    this.requests = [];
    this.sinceMs = Date.now();
    this.front.meddler = async (_line, headers): Promise<Meddling | undefined> => {
      const verdict = this.identity.verdict(headers);
      this.requests.push(verdict);
      await sleep(delayMs);
      if (verdict.code === null) return undefined;
      return { status: 400, body: `<Error><Code>${verdict.code}</Code><Message>no</Message></Error>` };
    };
  }
}
