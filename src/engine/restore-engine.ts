import { PhaseliftError } from '../foundation/errors.js';
import { CHECK_BY_INDEX } from '../plan/foreign-key-checks.js';
import { halvesOf, type Halves } from '../plan/halves.js';
import { isChain, type Stage } from '../plan/stage.js';
import type { Unit } from '../plan/unit.js';
import type { PsqlSession } from '../postgres/session.js';
import { RESET_PATH } from '../postgres/session-settings.js';
import type { Sessions } from '../postgres/sessions.js';
import { DROP_JOURNAL, hasJournal } from './journal.js';
import type { FinishedUnit } from './journal-format.js';
import type { Retries } from './retries.js';
import type { UnitRunner } from './unit-runner.js';
import { runUnits } from './worker-pool.js';

import { OutOfTime, type Deadline } from './deadline.js';
import type { Finished } from './scheduler.js';

/** What the engine tells while it works. */
export interface EngineObserver {
  unitDone(unit: Unit, result: FinishedUnit): void;
  /** Something is done otherwise than planned. */
  note(text: string): void;
}

export interface RestoreEngineOptions {
  sessions: Sessions;
  runner: UnitRunner;
  units: readonly Unit[];
  /** What a unit of these entries is called. */
  titleOf: (dumpIds: readonly number[]) => string;
  /** Units that earlier runs finished. */
  finished: Finished;
  /** Workers of the stages that may run side by side. */
  jobs: number;
  /** Bytes of temporary files that units may write side by side. */
  tempBudget: number;
  observer: EngineObserver;
  retries: Retries;
  deadline: Deadline;
  signal: AbortSignal;
}

/** Among others of the lock table, which a smaller unit may still fit into. */
const OUT_OF_MEMORY = '53200';

/** Runs the stages of a plan, in order; each is a barrier. */
export class RestoreEngine {
  private workers: readonly Worker[] = [];
  private plan: readonly Unit[];

  constructor(private readonly options: RestoreEngineOptions) {
    this.plan = options.units;
  }

  /** Those of the plan, and what has become of them: some may have been divided. */
  get units(): readonly Unit[] {
    return this.plan;
  }

  /** Ends the sessions at work, with what they have not committed. */
  async abandon(): Promise<void> {
    await Promise.all([this.options.runner.dropPrepared(), ...this.workers.map((worker) => worker.kill())]);
  }

  unitsOf(stage: Stage): Unit[] {
    return this.plan.filter((unit) => unit.stage === stage);
  }

  /** Brings one stage to its end. Units that are finished already are passed over. Throws OutOfTime when the rest does not fit. */
  async runStage(stage: Stage): Promise<void> {
    const { finished, jobs, runner, signal, deadline, tempBudget } = this.options;
    const units = this.unitsOf(stage);
    const open = units.filter((unit) => !finished.has(unit.id));
    if (open.length === 0) return;
    const count = isChain(stage) ? 1 : Math.min(jobs, open.length);
    const workers = Array.from({ length: count }, () => new Worker(this.options.sessions));
    this.workers = workers;
    try {
      const work = {
        run: (unit: Unit, worker: Worker) => this.runUnit(unit, worker),
        // Not what reads the archive: a connection to the store would wait for as long as the work before it takes.
        soon: (next: readonly Unit[]) => {
          runner.prepare(
            next.filter(({ blocks }) => blocks.length === 0),
            // Those of the units that begin now have not been fetched yet.
            2 * count,
          );
        },
      };
      const limits = { fits: (unit: Unit) => deadline.fits(unit), tempBudget };
      const isWhole = await runUnits(units, finished, workers, work, signal, limits);
      if (!isWhole) throw new OutOfTime();
    } finally {
      this.workers = [];
      await Promise.all([runner.dropPrepared(), ...workers.map((worker) => worker.close())]);
    }
  }

  /**
   * The last transaction: the journal goes, and event triggers come, in this order, so that they do not fire on our own
   * work. With its COMMIT the restore is done: a further attempt may find that the server has heard that of an earlier one.
   */
  async finish(attempt: number): Promise<void> {
    const { runner, sessions } = this.options;
    const run = (unit?: Unit): Promise<void> =>
      sessions.use(async (session) => {
        if (attempt > 1 && !(await hasJournal(session))) return;
        await session.run(`${RESET_PATH}\nBEGIN ISOLATION LEVEL READ COMMITTED READ WRITE;\n${DROP_JOURNAL}`);
        if (unit !== undefined) await runner.apply(unit, session);
        await runner.commit(session);
      });
    const [unit] = this.unitsOf('finish');
    await (unit === undefined ? run() : this.withinTempLimit(unit, run));
  }

  /** A plan's estimate may be wrong, and an older plan has none: what checks a foreign key over the limit does it by the index then. */
  private async withinTempLimit<T>(unit: Unit, work: (unit: Unit) => Promise<T>): Promise<T> {
    try {
      return await work(unit);
    } catch (error) {
      if (!isCheckOverLimit(unit, error)) throw error;
      this.options.observer.note(
        `${unit.title}: the check of a foreign key went over temp_file_limit, and is done again row by row over the index of the key that it refers to`,
      );
      return work({ ...unit, settings: { ...unit.settings, ...CHECK_BY_INDEX } });
    }
  }

  private async runUnit(unit: Unit, worker: Worker): Promise<void> {
    const { retries, runner, titleOf } = this.options;
    const result = await this.withinTempLimit(unit, (planned) =>
      retries.run(
        unit.title,
        async () => runner.run(planned, await worker.session()),
        ({ sqlState }) => (sqlState === OUT_OF_MEMORY ? halvesOf(unit, titleOf) : null),
      ),
    );
    if (result === null) return;
    if ('rest' in result) return this.runHalves(unit, result, worker);
    this.options.deadline.note(unit, result.seconds);
    this.options.observer.unitDone(unit, result);
  }

  /** One after the other, by the worker that the unit was given to: others that wait for the unit go on waiting. */
  private async runHalves(unit: Unit, halves: Halves, worker: Worker): Promise<void> {
    const { retries, runner } = this.options;
    const dividing = async (): Promise<boolean> => runner.divide(halves, await worker.session());
    if (!(await retries.run(unit.title, dividing))) return this.runUnit(unit, worker);
    const { first, rest } = halves;
    this.plan = this.plan.flatMap((one) => (one.id === unit.id ? [first, rest] : [one]));
    await this.runUnit(first, worker);
    await this.runUnit(rest, worker);
  }
}

/** SQLSTATE of work that went over temp_file_limit. */
const OVER_TEMP_LIMIT = '53400';

function isCheckOverLimit({ settings }: Unit, error: unknown): boolean {
  if (!(error instanceof PhaseliftError) || error.sqlState !== OVER_TEMP_LIMIT) return false;
  return (
    error.object?.startsWith('FK CONSTRAINT ') === true && settings?.enable_hashjoin !== CHECK_BY_INDEX.enable_hashjoin
  );
}

/** Keeps one session for the time of a stage. */
class Worker {
  private current: PsqlSession | null = null;

  constructor(private readonly sessions: Sessions) {}

  async session(): Promise<PsqlSession> {
    if (this.current === null || this.current.state.kind !== 'open') this.current = await this.sessions.open();
    return this.current;
  }

  async close(): Promise<void> {
    await this.current?.close();
  }

  async kill(): Promise<void> {
    await this.current?.kill();
  }
}
