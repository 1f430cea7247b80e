import { Deadline, OutOfTime } from '../engine/deadline.js';
import { readJournal } from '../engine/journal.js';
import { OpenArchive } from '../engine/open-archive.js';
import { RestoreEngine } from '../engine/restore-engine.js';
import { Retries } from '../engine/retries.js';
import { UnitRunner } from '../engine/unit-runner.js';
import { PhaseliftError } from '../foundation/errors.js';
import { formatExact, plural } from '../foundation/format.js';
import { input, phrase } from '../foundation/text.js';
import type { RestoreSettings } from '../inputs/settings.js';
import { phaseOfStage, PHASES, stagesOfPhase, type Phase } from '../plan/stage.js';
import { unitTitle } from '../plan/shrink.js';
import type { Unit } from '../plan/unit.js';
import { analyzeTables } from '../postgres/analyze.js';
import type { PsqlSession } from '../postgres/session.js';
import type { Sessions } from '../postgres/sessions.js';
import { shownBy, type ProgressDisplay } from '../report/progress-display.js';
import { verificationText } from '../report/verification-text.js';
import type { CommandContext } from './context.js';
import { restoreProperties } from './database-properties.js';
import type { BegunRestore } from './restore-begin.js';
import { RestoreVerification } from './restore-verification.js';
import { tellNotes } from './tell-notes.js';

const PROGRESS_TICK_MS = 1_000;

/** The four phases, ANALYZE, verification, and the last transaction; less of it when the time is over. True when all is done. */
export async function runPhases(
  settings: RestoreSettings,
  begun: BegunRestore,
  context: CommandContext,
): Promise<boolean> {
  const deadline = new Deadline(performance.timeOrigin, settings.timeLimitMs);
  const run = new PhaseRun(settings, begun, context, deadline);
  let ending: Promise<void> = Promise.resolve();
  const cancel = (): void => {
    ending = begun.control.terminateOwn().catch(() => undefined);
  };
  context.signal.addEventListener('abort', cancel);
  deadline.signal.addEventListener('abort', cancel);
  try {
    deadline.start();
    await run.toEnd();
    context.recorder.set({ finished: true });
    return true;
  } catch (error) {
    if (!(error instanceof OutOfTime)) throw error;
    run.tellUnfinished();
    return false;
  } finally {
    deadline.stop();
    context.signal.removeEventListener('abort', cancel);
    deadline.signal.removeEventListener('abort', cancel);
    run.tellRetries();
    // The control session is closed next: what it still has to say must be said.
    await ending;
  }
}

class PhaseRun {
  private readonly engine: RestoreEngine;
  private readonly archive: OpenArchive;
  private readonly finished: Map<string, { rows: number | null }>;
  private readonly retries: Retries;
  /** Aborted when the run is cancelled, and when its time is over. */
  private readonly signal: AbortSignal;
  /** How often units that were finished were not any more: a server that crashes empties unlogged tables, and the journal's part about them. */
  private rewinds = 0;
  private isFinishing = false;
  private readonly sessions: Sessions;
  private progress: ProgressDisplay | null = null;

  constructor(
    private readonly settings: RestoreSettings,
    private readonly begun: BegunRestore,
    private readonly context: CommandContext,
    private readonly deadline: Deadline,
  ) {
    const { target, control } = begun;
    const { backup, database, toolbox } = begun.site;
    const { header, units, finished, tempBudget } = begun.decision;
    this.sessions = database.sessions();
    const signal = AbortSignal.any([context.signal, deadline.signal]);
    this.signal = signal;
    this.finished = new Map(finished.map((unit) => [unit.unit, unit]));
    this.retries = new Retries({
      budgetMs: settings.retryMinutes * 60_000,
      causeOf: (error) => control.loss ?? error,
      before: () => control.hold(signal),
      log: (line) => {
        context.log.info(line);
      },
      signal,
    });
    control.onRegained = (session) => this.lookAgain(session);
    const archive = new OpenArchive({
      uri: backup.ref.archive.uri,
      head: backup.head,
      map: backup.map,
      read: (range) => backup.read(range),
    });
    this.archive = archive;
    const runner = new UnitRunner({
      toolbox,
      archive,
      restoreArgs: header.restoreArgs,
      serverMajor: target.facts.major,
      indexStrategy: header.indexStrategy,
      proveLock: (session) => control.prove(session),
      signal,
      onBytes: (bytes) => this.progress?.add({ bytes }),
    });
    // Of a unit that was divided, its last part counts for all.
    const planned = new Set(units.map(({ id }) => id));
    control.onLost = () => void this.engine.abandon();
    this.engine = new RestoreEngine({
      sessions: this.sessions,
      runner,
      units,
      titleOf: (dumpIds) => unitTitle(dumpIds.flatMap((dumpId) => archive.entry(dumpId) ?? [])),
      finished: this.finished,
      jobs: settings.jobs,
      tempBudget,
      retries: this.retries,
      deadline,
      signal,
      observer: {
        unitDone: (unit, result) => {
          this.finished.set(unit.id, result);
          const { rows, seconds } = result;
          const bytes = unit.kind === 'statements' ? null : result.bytes;
          context.recorder.unitDone({ step: phaseOfStage(unit.stage), title: unit.title, seconds, rows, bytes });
          this.progress?.add({ units: planned.has(unit.id) ? 1 : 0, rows: rows ?? 0 });
        },
        note: (text) => {
          context.recorder.note(text);
          context.log.info(text);
        },
      },
    });
  }

  /** All steps; and again from the first one, for what was lost meanwhile. */
  async toEnd(): Promise<void> {
    const { analyze, verify } = this.settings;
    let seen: number;
    do {
      seen = this.rewinds;
      const steps: (() => Promise<void>)[] = PHASES.map((phase) => () => this.phase(phase));
      if (analyze) steps.push(() => this.analyze());
      if (verify !== 'false') steps.push(() => this.verify());
      steps.push(() => this.finish());
      for (const step of steps) if (this.rewinds === seen) await step();
    } while (this.rewinds !== seen);
  }

  private async phase(phase: Phase): Promise<void> {
    const stages = stagesOfPhase(phase);
    const units = stages.flatMap((stage) => this.engine.unitsOf(stage));
    const before = units.filter((unit) => this.finished.has(unit.id));
    if (this.rewinds > 0 && before.length === units.length) return;
    this.context.log.group(`Phase ${phase}`);
    this.context.recorder.startStep(phase, { unitsBefore: before.length });
    const progress = this.startProgress(phase, units, before);
    const timer = setInterval(() => {
      progress.tick();
    }, PROGRESS_TICK_MS);
    try {
      await shownBy(progress, this.signal, async () => {
        const { rewinds } = this;
        for (const stage of stages) if (this.rewinds === rewinds) await this.engine.runStage(stage);
      });
    } finally {
      clearInterval(timer);
      this.progress = null;
    }
    this.context.recorder.endStep('success');
  }

  private async analyze(): Promise<void> {
    this.context.log.group('ANALYZE');
    this.context.recorder.startStep('analyze');
    this.deadline.check();
    const { signal } = this;
    const analyzing = () => analyzeTables(this.sessions, this.settings.jobs, signal);
    const { tables, leftOut } = await this.retries.run('ANALYZE', analyzing);
    this.context.recorder.stepTotals({ units: tables });
    this.context.recorder.endStep('success');
    for (const table of leftOut.slice(0, 50)) {
      const note = `${table} was not analyzed: it has foreign tables below it, whose server would be asked`;
      this.context.recorder.note(note);
      this.context.log.info(note);
    }
    this.context.log.info(`analyzed ${plural(tables, 'table')}`);
  }

  private async verify(): Promise<void> {
    const { rewinds, archive, sessions, settings, signal } = this;
    this.deadline.check();
    this.context.log.group('Verification');
    this.context.recorder.startStep('verify');
    const { begun, context } = this;
    const loadedRows = this.loadedRows();
    const verification = new RestoreVerification({ settings, begun, context, archive, sessions, loadedRows, signal });
    const lines = await this.retries.run('the verification', () => verification.lines());
    if (this.rewinds !== rewinds) return;
    this.context.recorder.verification(lines);
    for (const line of verificationText(lines)) this.context.log.info(line);
    const wrong = lines.filter((line) => !line.ok);
    if (wrong.length > 0) {
      throw new PhaseliftError(
        'VERIFICATION',
        `the restored database differs from the backup: ${wrong.map((line) => `${line.check} (${line.detail})`).join('; ')}`,
        {
          hint: phrase`Correct what is named and run the restore again: it goes on with the verification. ${input('verify', false)} skips it.`,
        },
      );
    }
    this.context.recorder.endStep('success');
  }

  private async finish(): Promise<void> {
    const { rewinds } = this;
    const { backup } = this.begun.site;
    const sessions = this.sessions.for('look');
    await this.retries.run('the settings of the database', () =>
      restoreProperties(this.settings, backup.head.entries, sessions, this.context),
    );
    if (this.rewinds !== rewinds) return;
    this.isFinishing = true;
    await this.retries.run('the last transaction', async (attempt) => {
      if (this.rewinds === rewinds) await this.engine.finish(attempt);
    });
    this.isFinishing = false;
    if (this.rewinds !== rewinds) return;
    this.context.log.endGroup();
    this.context.log.info(`restored ${this.begun.site.backup.ref.name} into ${this.settings.target.database}`);
  }

  /** The time is over: what is finished stays. */
  tellUnfinished(): void {
    const { units } = this.engine;
    const done = units.filter(({ id }) => this.finished.has(id)).length;
    const text = `the time limit is reached: ${formatExact(done)} of ${plural(units.length, 'unit')} are finished; run the restore again to go on from here`;
    this.context.recorder.endStep('success');
    this.context.recorder.set({ finished: false });
    this.context.recorder.note(text);
    this.context.log.endGroup();
    this.context.log.info(text);
  }

  tellRetries(): void {
    const { summary } = this.retries;
    if (summary !== null) tellNotes([summary], this.context);
  }

  /** Under the lock that was taken again: is the journal still that of this restore, and what does it have? */
  private async lookAgain(session: PsqlSession): Promise<void> {
    const { database } = this.settings.target;
    const journal = await readJournal(session, database);
    if (journal === null && this.isFinishing) return;
    const { header } = this.begun.decision;
    const { units } = this.engine;
    const there = new Set(journal?.units.map(({ id }) => id));
    if (journal?.header.archiveSha256 !== header.archiveSha256 || units.some(({ id }) => !there.has(id))) {
      throw new PhaseliftError(
        'TARGET_BUSY',
        `another run has come between: the journal in ${database} is not that of this restore any more`,
        {
          object: database,
          hint: 'See what that run has done before you run this one again.',
        },
      );
    }
    const finished = new Map(journal.finished.map((unit) => [unit.unit, unit]));
    const gone = [...this.finished.keys()].filter((id) => !finished.has(id));
    for (const id of gone) this.finished.delete(id);
    if (gone.length > 0) this.rewinds += 1;
    for (const [id, unit] of finished) this.finished.set(id, unit);
  }

  private startProgress(phase: Phase, units: readonly Unit[], before: readonly Unit[]): ProgressDisplay {
    const bytesOf = (some: readonly Unit[]): number =>
      some.reduce((sum, unit) => sum + (phase === 'data' ? unit.weightBytes : 0), 0);
    this.progress = this.context.progress({
      label: phase,
      totals: { bytes: phase === 'data' ? bytesOf(units) : null, units: units.length },
      before: { bytes: bytesOf(before), units: before.length },
    });
    return this.progress;
  }

  private loadedRows(): number | null {
    let sum = 0;
    for (const unit of this.engine.units) {
      if (unit.kind !== 'table-data') continue;
      const rows = this.finished.get(unit.id)?.rows ?? null;
      if (rows === null) return null;
      sum += rows;
    }
    return sum;
  }
}
