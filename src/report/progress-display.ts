import type { Counters, Totals } from './progress.js';

/** A piece of work whose progress is to be shown. */
export interface ProgressOptions {
  /** What is at work, one word: the phase. */
  label: string;
  /** What there is to do, as far as it is known. */
  totals?: Partial<Totals>;
  /** What an earlier run had done. */
  before?: Partial<Counters>;
}

/** Shows how far a piece of work is: lines in a log, or a bar on a terminal. */
export interface ProgressDisplay {
  setTotals(totals: Partial<Totals>): void;
  /** Sets counters to what they are now. */
  set(counters: Partial<Counters>): void;
  /** Adds to the counters. */
  add(more: Partial<Counters>): void;
  /** For a timer, where long statements bring no news. */
  tick(): void;
  /** The last word, with what this run did, and nothing after it. `result`: `done`, `failed`, `cancelled`. */
  finish(result?: string): void;
}
