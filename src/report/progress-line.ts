import { formatBytes, formatDuration, formatExact, formatRate, plural, shortPlural } from '../foundation/format.js';
import type { Logger } from '../foundation/logger.js';
import type { Counters, ProgressSnapshot } from './progress.js';
import { Progress } from './progress.js';
import type { ProgressDisplay, ProgressOptions } from './progress-display.js';

/** Where the lines go, and when. */
export interface ProgressLineOptions extends ProgressOptions {
  log: Logger;
  /** `show-progress`; false prints nothing at all. */
  enabled: boolean;
  /** Milliseconds; the default is Date.now. */
  clock?: () => number;
  /** Least time between two lines, in milliseconds. */
  intervalMs?: number;
}

/** Lines that say how far a step is, at most one every five seconds, however often it is told. */
export class ProgressLine implements ProgressDisplay {
  readonly #log: Logger;
  readonly #label: string;
  readonly #enabled: boolean;
  readonly #clock: () => number;
  readonly #intervalMs: number;
  readonly #startedAtMs: number;
  readonly #before: Partial<Counters>;
  readonly #progress: Progress;
  #printedAtMs: number;
  #finished = false;

  constructor({ log, label, enabled, totals, before = {}, clock = Date.now, intervalMs = 5_000 }: ProgressLineOptions) {
    this.#log = log;
    this.#label = label;
    this.#enabled = enabled;
    this.#clock = clock;
    this.#intervalMs = intervalMs;
    this.#startedAtMs = clock();
    this.#printedAtMs = this.#startedAtMs;
    this.#before = before;
    this.#progress = new Progress({ bytes: null, units: null, ...totals }, this.#startedAtMs, before);
  }

  /** Sets counters to what they are now. */
  set(counters: Partial<Counters>): void {
    this.#progress.set(counters, this.#clock());
    this.tick();
  }

  /** Adds to the counters. */
  add(more: Partial<Counters>): void {
    this.#progress.add(more, this.#clock());
    this.tick();
  }

  /** Prints if it is time; for a timer, where long statements bring no news. */
  tick(): void {
    const nowMs = this.#clock();
    if (this.#finished || !this.#enabled || nowMs - this.#printedAtMs < this.#intervalMs) return;
    this.#printedAtMs = nowMs;
    this.#log.info(`${this.#label}: ${describeProgress(this.#progress.snapshot(nowMs))}`);
  }

  /** The last line, with what this run did, and nothing after it. `result`: `done`, `failed`, `cancelled`. */
  finish(result = 'done'): void {
    if (this.#finished) return;
    this.#finished = true;
    if (!this.#enabled) return;
    const nowMs = this.#clock();
    const now = this.#progress.snapshot(nowMs);
    const end = describeEnd(result, now, this.#before, this.#progress.averageRate(nowMs));
    this.#log.info(`${this.#label}: ${end}`);
  }
}

/** `done, 1.2 GiB, 12.3 M rows, 80 units in 4 min, 85 MiB/s on average`: what this run did, without that of an earlier one. */
export function describeEnd(
  result: string,
  now: ProgressSnapshot,
  before: Partial<Counters>,
  averageRate: number | null,
): string {
  const done = {
    bytes: now.bytes - (before.bytes ?? 0),
    rows: now.rows - (before.rows ?? 0),
    units: now.units - (before.units ?? 0),
  };
  const parts = [result];
  if (done.bytes > 0) parts.push(formatBytes(done.bytes));
  if (done.rows > 0) parts.push(shortPlural(done.rows, 'row'));
  if (done.units > 0) parts.push(plural(done.units, 'unit'));
  const rate = averageRate === null || done.bytes <= 0 ? '' : `, ${formatRate(averageRate)} on average`;
  return `${parts.join(', ')} in ${formatDuration(now.elapsedMs)}${rate}`;
}

/** `1.2 GiB of 3.4 GiB (35%), 12.3 M rows, 85 MiB/s, about 4 min left, unit 12 of 80`; what is unknown is left out. */
function describeProgress(now: ProgressSnapshot): string {
  const { bytes: totalBytes, units: totalUnits } = now.totals;
  const parts: string[] = [];
  // 100% is for what is complete: an estimate may have been too low.
  const percent = now.fraction === null ? null : `${Math.min(99, Math.floor(now.fraction * 100))}%`;
  if (totalBytes !== null && totalBytes > 0 && now.bytes <= totalBytes) {
    parts.push(
      `${formatBytes(now.bytes)} of ${formatBytes(totalBytes)} (${now.bytes === totalBytes ? '100%' : (percent ?? '')})`,
    );
  } else if (now.bytes > 0) {
    parts.push(formatBytes(now.bytes));
  }
  if (now.rows > 0) parts.push(shortPlural(now.rows, 'row'));
  if (now.bytes > 0 && now.bytesPerSecond !== null) parts.push(formatRate(now.bytesPerSecond));
  if (now.remainingMs !== null) parts.push(`about ${formatDuration(Math.max(1000, now.remainingMs))} left`);
  if (totalUnits !== null) parts.push(`unit ${formatExact(now.units)} of ${formatExact(totalUnits)}`);
  else if (now.units > 0) parts.push(plural(now.units, 'unit'));
  return parts.length === 0 ? `${formatDuration(now.elapsedMs)} so far` : parts.join(', ');
}
