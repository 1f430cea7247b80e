import { setTimeout as sleep } from 'node:timers/promises';
import { PhaseliftError, textOf } from '../foundation/errors.js';
import { plural } from '../foundation/format.js';
import { phrase, type Text } from '../foundation/text.js';
import { conditionName } from '../postgres/sqlstate.js';

export interface RetryOptions {
  /** So long nothing may get done before a failure is final, milliseconds; 0: nothing is tried again. */
  budgetMs: number;
  /** What a failure of the work is the consequence of; the failure itself where it is none. */
  causeOf?: (error: unknown) => unknown;
  /** Done before each further attempt; what it throws counts as a failure of that. */
  before: () => Promise<void>;
  log: (line: Text) => void;
  signal: AbortSignal;
  /** Milliseconds; for tests. */
  clock?: () => number;
  pause?: (ms: number, signal: AbortSignal) => Promise<void>;
}

const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 30_000;

/**
 * Does work again that failed in a way that may pass: a server that restarts, a deadlock, too many sessions. What is limited is not
 * the number of attempts but the time without progress, of all work together: each piece that gets done begins it anew.
 */
export class Retries {
  private failingSinceMs: number | null = null;
  private readonly counts = new Map<string, number>();

  constructor(private readonly options: RetryOptions) {}

  /**
   * Throws what is final: a failure that does not pass, or the last one when the time is over, and the signal's reason. After a
   * failure that may pass, `instead` may name something else to be done in place of the same again: then that is the answer.
   */
  async run<T, Other = never>(
    what: string,
    work: (attempt: number) => Promise<T>,
    instead: (failure: PhaseliftError) => Other | null = () => null,
  ): Promise<T | Other> {
    for (let attempt = 1; ; attempt += 1) {
      // Why the work may not be done again is no consequence of anything.
      let causeOf = (error: unknown): unknown => error;
      try {
        if (attempt > 1) await this.options.before();
        causeOf = this.options.causeOf ?? causeOf;
        const result = await work(attempt);
        this.failingSinceMs = null;
        return result;
      } catch (error) {
        const failure = this.passing(causeOf(error));
        const other = instead(failure);
        if (other === null) await this.waitFor(what, attempt, failure);
        else {
          this.note(phrase`${what}: ${textOf(failure)}; doing it in smaller parts`, failure);
          return other;
        }
      }
    }
  }

  /** What had to be done again, in words; null when nothing had. */
  get summary(): string | null {
    const total = [...this.counts.values()].reduce((sum, count) => sum + count, 0);
    if (total === 0) return null;
    const reasons = [...this.counts].sort(([, a], [, b]) => b - a).map(([reason, count]) => `${reason} (${count})`);
    return `${plural(total, 'failure')} passed, and the work was done again: ${reasons.join(', ')}`;
  }

  /** The failure, where it may pass; throws it otherwise. */
  private passing(error: unknown): PhaseliftError {
    this.options.signal.throwIfAborted();
    if (!(error instanceof PhaseliftError) || !error.passes || this.options.budgetMs === 0) throw error;
    return error;
  }

  /** Waits before the next attempt; throws where there is to be none. */
  private async waitFor(what: string, attempt: number, error: PhaseliftError): Promise<void> {
    const { signal, budgetMs, clock = Date.now, pause = pauseFor } = this.options;
    const now = clock();
    this.failingSinceMs ??= now;
    const pauseMs = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (attempt - 1));
    const failingMs = now - this.failingSinceMs;
    if (failingMs + pauseMs > budgetMs) throw finalError(error, attempt, failingMs);
    this.note(phrase`${what}: ${textOf(error)}; trying again in ${(pauseMs / 1000).toFixed(1)} s`, error);
    await pause(pauseMs, signal);
  }

  private note(line: Text, error: PhaseliftError): void {
    const reason = reasonOf(error);
    this.counts.set(reason, (this.counts.get(reason) ?? 0) + 1);
    this.options.log(line);
  }
}

async function pauseFor(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal }).catch((error: unknown) => {
    signal.throwIfAborted();
    throw error;
  });
}

function reasonOf({ code, sqlState }: PhaseliftError): string {
  if (sqlState !== undefined) return conditionName(sqlState).replaceAll('_', ' ');
  return code === 'CONNECTION' ? 'connection lost' : 'psql ended';
}

function finalError(error: PhaseliftError, attempts: number, failingMs: number): PhaseliftError {
  const { code, messageText, hintText, object, sqlState } = error;
  const tried = `${plural(attempts, 'attempt')} in ${Math.round(failingMs / 1000)} s without progress`;
  const message = phrase`${messageText} (${tried})`;
  return new PhaseliftError(code, message, { hint: hintText, object, sqlState, cause: error });
}
