import { setTimeout as sleep } from 'node:timers/promises';
import type { Meddling, MeddlingProxy } from '../meddling-proxy.js';
import type { Random } from '../random.js';

/** What is done to requests of S3, by the proxy in front of it. */
export const S3_FAULTS = ['s3-error', 's3-half', 's3-stall', 's3-slow', 's3-lost'] as const;
export type S3Fault = (typeof S3_FAULTS)[number];

/** For so long a fault waits for a request. */
const REQUEST_WAIT_MS = 500;
/** For the answers that matter most: those come late in a run. */
const LONG_WAIT_MS = 30_000;
/** Whose answer is lost: of the next write of any kind, of the completion of an archive, or of a manifest. */
const LOST: readonly (readonly [request: RegExp, waitMs: number])[] = [
  [/^(?:PUT|POST|DELETE)/, REQUEST_WAIT_MS],
  [/^POST .*[?&]uploadId=/, LONG_WAIT_MS],
  [/^PUT .*\.manifest\.json/, LONG_WAIT_MS],
];

const MOST_ERRORS = 3;
const LONGEST_STALL_MS = 3_000;
const SLOW_BYTES_PER_SECOND = 1_000_000;
const SLOW_FOR_MS = 1_500;
const BODY_BYTES = 3_000_000;
const ERRORS = [
  { status: 500, code: 'InternalError' },
  { status: 503, code: 'SlowDown' },
] as const;

/** Faults that wait for the next request that they can hit. */
export class S3Faults {
  private armed: ((line: string) => Meddling | Promise<Meddling> | undefined) | null = null;

  constructor(proxy: MeddlingProxy) {
    proxy.meddler = (line) => this.armed?.(line);
  }

  /** Waits for a request that it can be done to, a while, or until the run has ended. False where none came. */
  async strike(kind: S3Fault, random: Random, ended: Promise<unknown>): Promise<boolean> {
    let hit: () => void = () => undefined;
    const struck = new Promise<boolean>((resolve) => {
      hit = () => {
        resolve(true);
      };
    });
    const { meddlings, waitMs } = meddlingsOf(kind, random);
    this.armed = (line) => {
      const meddling = meddlings(line);
      if (meddling === undefined) return undefined;
      hit();
      if (meddling.isLast) this.armed = null;
      return meddling.what;
    };
    const found = await Promise.race([struck, sleep(waitMs, false, { ref: false }), ended.then(() => false)]);
    if (!found) this.armed = null;
    return found;
  }
}

/** null and undefined: this request is let through. */
type Next = (line: string) => { what: Meddling | Promise<Meddling>; isLast: boolean } | undefined;

function meddlingsOf(kind: S3Fault, random: Random): { meddlings: Next; waitMs: number } {
  if (kind !== 's3-lost') return { meddlings: shortly(kind, random), waitMs: REQUEST_WAIT_MS };
  const [lost = /^(?:PUT|POST|DELETE)/, waitMs = 0] = random.pick(LOST) ?? [];
  return {
    meddlings: (line) => (lost.test(line) ? { what: { loseAnswer: true }, isLast: true } : undefined),
    waitMs,
  };
}

function shortly(kind: Exclude<S3Fault, 's3-lost'>, random: Random): Next {
  const once =
    (pattern: RegExp, what: (line: string) => Meddling | Promise<Meddling>): Next =>
    (line) =>
      pattern.test(line) ? { what: what(line), isLast: true } : undefined;
  switch (kind) {
    case 's3-error': {
      let left = 1 + random.below(MOST_ERRORS);
      const { status, code } = random.pick(ERRORS) ?? ERRORS[0];
      const body = `<?xml version="1.0"?><Error><Code>${code}</Code><Message>on purpose</Message></Error>`;
      return () => ({ what: { status, body }, isLast: --left === 0 });
    }
    case 's3-half': {
      const bytes = random.below(BODY_BYTES);
      return once(/^(?:GET|PUT|POST)/, (line) =>
        line.startsWith('GET') ? { cutAfterBytes: bytes } : { cutRequestAfterBytes: bytes },
      );
    }
    case 's3-stall': {
      const ms = random.next() * LONGEST_STALL_MS;
      return once(/./, () => sleep(ms, {}));
    }
    case 's3-slow': {
      const until = performance.now() + SLOW_FOR_MS;
      return () => ({ what: { bytesPerSecond: SLOW_BYTES_PER_SECOND }, isLast: performance.now() > until });
    }
  }
}
