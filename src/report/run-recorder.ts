import type { ReaderReport } from '../dump/ordered-readers.js';
import type { VerificationLine } from '../verify/verification-line.js';
import { truncate } from './escape.js';
import { failureReport } from './failure.js';
import type { RunReport, StepName, StepReport, StepStatus, UnitReport } from './run-report.js';

const SLOWEST_KEPT = 10;
const NOTES_KEPT = 200;
const NOTE_LENGTH = 1000;
const VERIFICATION_KEPT = 500;

/** What a run learns about itself on its way; unknown until set. */
export type RunFacts = Pick<
  RunReport,
  | 'mode'
  | 'database'
  | 'target'
  | 'backupName'
  | 'backupUri'
  | 'manifestUri'
  | 'sizeBytes'
  | 'tableCount'
  | 'rowCount'
  | 'resumed'
  | 'finished'
  | 'backups'
  | 'prune'
  | 'databases'
  | 'status'
  | 'drill'
  | 'proof'
  | 'fleet'
  | 'roles'
  | 'contents'
  | 'plan'
>;

/** Collects the report of a run while it goes on. Bounded, however many units and notes there are. */
export class RunRecorder {
  readonly #clock: () => number;
  readonly #facts: RunFacts;
  readonly #startedAtMs: number;
  #endedAtMs: number | null = null;
  #outcome: RunReport['outcome'] = 'running';
  #failure: RunReport['failure'] = null;
  readonly #steps: StepReport[] = [];
  /** Slowest first. */
  #slowest: UnitReport[] = [];
  readonly #readers: ReaderReport[] = [];
  readonly #verification: VerificationLine[] = [];
  readonly #notes: string[] = [];
  #notesLeftOut = 0;

  /** `mode` and `database` may be unknown (empty) until the inputs were read. The clock is in milliseconds. */
  constructor(facts: Partial<RunFacts> = {}, clock: () => number = Date.now) {
    this.#clock = clock;
    this.#startedAtMs = clock();
    this.#facts = {
      mode: '',
      database: '',
      target: null,
      backupName: null,
      backupUri: null,
      manifestUri: null,
      sizeBytes: null,
      tableCount: null,
      rowCount: null,
      resumed: false,
      finished: null,
      backups: null,
      prune: null,
      databases: null,
      status: null,
      drill: null,
      proof: null,
      fleet: null,
      roles: null,
      contents: null,
      plan: null,
      ...facts,
    };
  }

  set(facts: Partial<RunFacts>): void {
    Object.assign(this.#facts, facts);
  }

  /** Begins a step; one that was still running has succeeded. */
  startStep(name: StepName, { unitsBefore = 0 }: { unitsBefore?: number } = {}): void {
    this.endStep('success');
    const counts = { units: 0, unitsBefore, rows: null, bytes: null };
    this.#steps.push({ name, status: 'running', startedAtMs: this.#clock(), endedAtMs: null, ...counts });
  }

  /** Counts a finished unit to the newest step of its name. */
  unitDone(unit: UnitReport): void {
    const step = this.#steps.findLast(({ name }) => name === unit.step);
    if (step !== undefined) {
      step.units++;
      if (unit.rows !== null) step.rows = (step.rows ?? 0) + unit.rows;
      if (unit.bytes !== null) step.bytes = (step.bytes ?? 0) + unit.bytes;
    }
    this.#keepSlow(unit);
  }

  /** Keeps a table that was read for the running backup, when it is among the slowest. */
  tableRead(table: Omit<UnitReport, 'step'>): void {
    this.#keepSlow({ ...table, step: 'backup' });
  }

  /** A session that has read for the backup. */
  readerEnded(reader: ReaderReport): void {
    this.#readers.push(reader);
    this.#readers.sort((a, b) => a.number - b.number);
  }

  #keepSlow(unit: UnitReport): void {
    const slower = this.#slowest.findIndex((other) => other.seconds < unit.seconds);
    if (slower === -1 && this.#slowest.length >= SLOWEST_KEPT) return;
    const kept = { ...unit, title: truncate(unit.title, NOTE_LENGTH) };
    this.#slowest = this.#slowest.toSpliced(slower === -1 ? this.#slowest.length : slower, 0, kept);
    this.#slowest.length = Math.min(this.#slowest.length, SLOWEST_KEPT);
  }

  /** Rows and bytes of the running step where no units are counted: those of a backup. */
  stepTotals(totals: Partial<Pick<StepReport, 'rows' | 'bytes' | 'units' | 'unitsBefore'>>): void {
    const step = this.#running();
    if (step !== undefined) Object.assign(step, totals);
  }

  /** Ends the running step, if there is one. */
  endStep(status: Exclude<StepStatus, 'running'>): void {
    const step = this.#running();
    if (step === undefined) return;
    step.status = status;
    step.endedAtMs = this.#clock();
  }

  note(text: string): void {
    if (this.#notes.length < NOTES_KEPT) this.#notes.push(truncate(text, NOTE_LENGTH));
    else this.#notesLeftOut++;
  }

  /** Lines that differ are kept before those that do not, when there are too many. */
  verification(lines: readonly VerificationLine[]): void {
    const all = [...this.#verification, ...lines];
    const kept =
      all.length <= VERIFICATION_KEPT ? all : [...all.filter(({ ok }) => !ok), ...all.filter(({ ok }) => ok)];
    this.#verification.splice(0, Infinity, ...kept.slice(0, VERIFICATION_KEPT));
  }

  /** Notes what ended the run; the first one counts. */
  fail(error: unknown): void {
    this.#failure ??= failureReport(error);
  }

  /** Ends the run, and the running step as the run ended. The first outcome counts. */
  finish(outcome: Exclude<RunReport['outcome'], 'running'>, nowMs: number = this.#clock()): void {
    if (this.#outcome !== 'running') return;
    this.endStep(outcome === 'failure' ? 'failed' : outcome);
    this.#outcome = outcome;
    this.#endedAtMs = nowMs;
  }

  /** The report as it stands: a copy that later events do not change. */
  get report(): RunReport {
    const leftOut = this.#notesLeftOut === 0 ? [] : [`${this.#notesLeftOut} more notes were left out`];
    return {
      ...this.#facts,
      startedAtMs: this.#startedAtMs,
      endedAtMs: this.#endedAtMs,
      outcome: this.#outcome,
      steps: this.#steps.map((step) => ({ ...step })),
      slowestUnits: [...this.#slowest],
      readers: [...this.#readers],
      verification: [...this.#verification],
      notes: [...this.#notes, ...leftOut],
      failure: this.#failure,
    };
  }

  #running(): StepReport | undefined {
    const last = this.#steps.at(-1);
    return last?.status === 'running' ? last : undefined;
  }
}
