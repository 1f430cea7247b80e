import type { Counters, Totals } from './progress.js';

/** A piece of work whose progress is to be shown. */
export interface ProgressOptions {
  /** What is at work, one word: the step. */
  label: string;
  /** What there is to do, as far as it is known. */
  totals?: Partial<Totals>;
  /** What an earlier run had done. */
  before?: Partial<Counters>;
}

/** Shows how far a piece of work is: lines in a log, or a bar on a terminal. */
export interface ProgressDisplay {
  /** Sets counters to what they are now. */
  set(counters: Partial<Counters>): void;
  /** Adds to the counters. */
  add(more: Partial<Counters>): void;
  /** For a timer, where long statements bring no news. */
  tick(): void;
  /** The last word, with what this run did, and nothing after it. `result`: `done`, `failed`, `cancelled`. */
  finish(result?: string): void;
}

/** Does the work that the display shows. The display's last word says how it ended: done, failed or cancelled. */
export async function shownBy<T>(display: ProgressDisplay, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
  try {
    const result = await work();
    display.finish();
    return result;
  } catch (error) {
    display.finish(signal.aborted ? 'cancelled' : 'failed');
    throw error;
  }
}
