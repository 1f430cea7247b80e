/**
 * Reads that are tried again by ourselves: the SDK's own retries end with the head of an answer, and it is from there on that a
 * read can break off. The budget renews with progress, so that a read of hours outlives any number of short breaks; p-retry
 * counts all failures of a task together, and has no way to give retries back.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { PhaseliftError } from '../../foundation/errors.js';
import { isTransient } from './error-facts.js';

const BACK_OFF_AFTER_PROGRESS_MS = 100;
const FIRST_BACK_OFF_MS = 1_000;
const MAX_BACK_OFF_MS = 20_000;

export interface RetryPolicy {
  /** Of attempts in a row that bring nothing. */
  maxRetries: number;
  /** How far the work has come, in any unit: a failure that is further than the one before it is the first of a new row. */
  reached?: () => number;
  /** Told of each failure that is not the last. */
  onRetry: (error: unknown) => void;
  signal?: AbortSignal;
}

/**
 * Does the work until it succeeds. What it throws comes out when no later attempt can help, when the retries are used up, or
 * when it is a PhaseliftError already; the signal's reason once that aborts.
 */
export async function withRetries<T>(work: () => Promise<T>, policy: RetryPolicy): Promise<T> {
  const { maxRetries, reached = () => 0, onRetry, signal } = policy;
  for (let failures = 0; ;) {
    const before = reached();
    try {
      return await work();
    } catch (error) {
      signal?.throwIfAborted();
      failures = reached() > before ? 0 : failures + 1;
      if (error instanceof PhaseliftError || !isTransient(error) || failures > maxRetries) throw error;
      onRetry(error);
    }
    await sleep(backOffMs(failures), undefined, signal === undefined ? {} : { signal });
  }
}

/** Milliseconds. Doubles with each failure in a row; half of it at random, so that workers do not come back all at once. */
function backOffMs(failures: number): number {
  if (failures === 0) return BACK_OFF_AFTER_PROGRESS_MS;
  const full = Math.min(FIRST_BACK_OFF_MS * 2 ** (failures - 1), MAX_BACK_OFF_MS);
  return full / 2 + Math.random() * (full / 2);
}
