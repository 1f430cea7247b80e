/** How far a phase is and how fast: pure arithmetic, the time is always handed in. */

/** What counts up while a step runs. */
export interface Counters {
  bytes: number;
  rows: number;
  units: number;
}

/** How much there will be; null is unknown. Bytes may be an estimate. */
export interface Totals {
  bytes: number | null;
  units: number | null;
}

/** How far a piece of work is at one moment. */
export interface ProgressSnapshot extends Counters {
  totals: Totals;
  elapsedMs: number;
  /** Share that is done, 0 to 1, by bytes if their total is known, else by units; null when unknown. */
  fraction: number | null;
  /** Over the last half minute; null before there is anything to measure. */
  bytesPerSecond: number | null;
  /** null when unknown, or when nothing moves. */
  remainingMs: number | null;
}

/** The window of the rate, in milliseconds, and the least distance of the samples in it. */
const WINDOW_MS = 30_000;
const SAMPLE_MS = 1_000;

const NOTHING: Counters = { bytes: 0, rows: 0, units: 0 };

/** Counts what is done, and reckons share, rate and time left from it. Knows no clock: times are handed in. */
export class Progress {
  readonly #totals: Totals;
  readonly #startedAtMs: number;
  readonly #before: Counters;
  #now: Counters;
  /** The oldest begins the window; at least one is kept. */
  readonly #samples: { atMs: number; bytes: number }[];

  /** `before` is what an earlier run had done: it counts for the share, not for the rate. */
  constructor(totals: Totals, startedAtMs: number, before: Partial<Counters> = {}) {
    this.#totals = totals;
    this.#startedAtMs = startedAtMs;
    this.#before = { ...NOTHING, ...before };
    this.#now = { ...this.#before };
    this.#samples = [{ atMs: startedAtMs, bytes: this.#before.bytes }];
  }

  /** Sets counters to what they are now. */
  set(counters: Partial<Counters>, nowMs: number): void {
    this.#now = { ...this.#now, ...counters };
    const samples = this.#samples;
    const last = samples.at(-1);
    if (last === undefined || nowMs - last.atMs >= SAMPLE_MS) samples.push({ atMs: nowMs, bytes: this.#now.bytes });
    // The rate is measured from the first sample. A later one takes its place as soon as it is a whole window old itself, so
    // that the rate is always one over the whole window or a little more, as far as the step has lasted that long.
    for (let second = samples[1]; second !== undefined && nowMs - second.atMs >= WINDOW_MS; second = samples[1]) {
      samples.shift();
    }
  }

  /** Adds to the counters. */
  add(more: Partial<Counters>, nowMs: number): void {
    const { bytes, rows, units } = this.#now;
    this.set(
      { bytes: bytes + (more.bytes ?? 0), rows: rows + (more.rows ?? 0), units: units + (more.units ?? 0) },
      nowMs,
    );
  }

  snapshot(nowMs: number): ProgressSnapshot {
    const bytesPerSecond = this.#rate(nowMs);
    const elapsedMs = Math.max(0, nowMs - this.#startedAtMs);
    return {
      ...this.#now,
      totals: { ...this.#totals },
      elapsedMs,
      fraction: this.#fraction(),
      bytesPerSecond,
      remainingMs: this.#remaining(bytesPerSecond, elapsedMs),
    };
  }

  /** Bytes a second since the step began, without those of an earlier run; null when no time has passed. */
  averageRate(nowMs: number): number | null {
    const elapsedMs = nowMs - this.#startedAtMs;
    return elapsedMs > 0 ? ((this.#now.bytes - this.#before.bytes) * 1000) / elapsedMs : null;
  }

  #rate(nowMs: number): number | null {
    const oldest = this.#samples[0];
    if (oldest === undefined || nowMs <= oldest.atMs) return null;
    return Math.max(0, ((this.#now.bytes - oldest.bytes) * 1000) / (nowMs - oldest.atMs));
  }

  #fraction(): number | null {
    const { bytes, units } = this.#totals;
    if (bytes !== null && bytes > 0) return Math.min(1, this.#now.bytes / bytes);
    if (units !== null && units > 0) return Math.min(1, this.#now.units / units);
    return null;
  }

  /** Units are few and uneven, so without a total of bytes their average since the start counts. */
  #remaining(bytesPerSecond: number | null, elapsedMs: number): number | null {
    const { bytes, units } = this.#totals;
    if (bytes !== null && bytes > 0) {
      const left = bytes - this.#now.bytes;
      // Beyond an estimate nothing is known any more.
      return left > 0 && bytesPerSecond !== null && bytesPerSecond > 0 ? (left * 1000) / bytesPerSecond : null;
    }
    if (units === null) return null;
    const done = this.#now.units - this.#before.units;
    const left = units - this.#now.units;
    return done > 0 && left > 0 ? (elapsedMs / done) * left : null;
  }
}
