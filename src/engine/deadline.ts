import type { Unit } from '../plan/unit.js';

/** The run ends in order, since its time is over: what is left is for the next one. */
export class OutOfTime extends Error {}

/** Of smaller units most of the time goes by whatever their rows: it does not tell how long a large one takes. */
const SMALL_BYTES = 16 * 1024 * 1024;
/** Units of one stage differ: so many times what the slowest ones before it took. */
const CAUTION = 1.5;
/** A tenth of the limit, at most so long: what a run needs to end its sessions and to tell, and a unit of which nothing is known. */
const LONGEST_RESERVE_MS = 30_000;
/** setTimeout takes no more. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** What the units of a stage took. */
interface Pace {
  /** The slowest, of those with rows; small ones count as if they had more. */
  secondsPerByte: number;
  /** The longest, of small ones and those without rows. */
  seconds: number;
}

/** When a run has to have ended, and what would still be in time: by what units of the same stage took. */
export class Deadline {
  private readonly out = new AbortController();
  private readonly paces = new Map<Unit['stage'], Pace>();
  private timer: NodeJS.Timeout | null = null;

  /** When what is at work is rolled back; null: never. */
  private readonly lastMs: number | null;
  private readonly reserveMs: number;
  /** A unit that would take longer is begun all the same while so much is left: another run has no more time for it than this one. */
  private readonly enoughMs: number;

  /** The run began at `startedAtMs` and has so long; null: as long as it takes. */
  constructor(
    startedAtMs: number,
    limitMs: number | null,
    private readonly clock: () => number = Date.now,
  ) {
    this.reserveMs = Math.min(LONGEST_RESERVE_MS, (limitMs ?? 0) / 10);
    this.enoughMs = (limitMs ?? 0) / 2;
    this.lastMs = limitMs === null ? null : startedAtMs + limitMs - this.reserveMs;
  }

  /** Aborted, with OutOfTime, when even what is at work has to be rolled back. From `start` on. */
  get signal(): AbortSignal {
    return this.out.signal;
  }

  start(): void {
    if (this.lastMs === null) return;
    const stop = (): void => {
      this.out.abort(new OutOfTime());
    };
    const ms = this.lastMs - this.clock();
    if (ms <= 0) stop();
    else this.timer = setTimeout(stop, Math.min(ms, LONGEST_TIMER_MS));
  }

  stop(): void {
    if (this.timer !== null) clearTimeout(this.timer);
  }

  note({ stage, weightBytes }: Unit, seconds: number): void {
    const pace = this.paces.get(stage) ?? { secondsPerByte: 0, seconds: 0 };
    if (weightBytes > 0) {
      pace.secondsPerByte = Math.max(pace.secondsPerByte, seconds / Math.max(weightBytes, SMALL_BYTES));
    }
    if (weightBytes < SMALL_BYTES) pace.seconds = Math.max(pace.seconds, seconds);
    this.paces.set(stage, pace);
  }

  /** Whether a unit is begun that would end in time. */
  fits({ stage, weightBytes }: Unit): boolean {
    const pace = this.paces.get(stage);
    const known = pace === undefined ? 0 : Math.max(pace.seconds, pace.secondsPerByte * weightBytes);
    return this.hasMs(Math.max(this.reserveMs, Math.min(this.enoughMs, known * CAUTION * 1000)));
  }

  /** Throws OutOfTime when there is no time for anything more. */
  check(): void {
    if (!this.hasMs(this.reserveMs)) throw new OutOfTime();
  }

  private hasMs(ms: number): boolean {
    return this.lastMs === null || this.clock() + ms <= this.lastMs;
  }
}
