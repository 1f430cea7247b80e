import { OpenArchive } from '../engine/open-archive.js';
import { RestoreEngine } from '../engine/restore-engine.js';
import { UnitRunner } from '../engine/unit-runner.js';
import { PhaseliftError } from '../foundation/errors.js';
import { plural } from '../foundation/format.js';
import { input, phrase } from '../foundation/text.js';
import type { RestoreSettings } from '../inputs/settings.js';
import { phaseOfStage, PHASES, stagesOfPhase, type Phase } from '../plan/stage.js';
import type { Unit } from '../plan/unit.js';
import { analyzeTables } from '../postgres/analyze.js';
import type { Sessions } from '../postgres/sessions.js';
import { shownBy, type ProgressDisplay } from '../report/progress-display.js';
import { verificationText } from '../report/verification-text.js';
import { verifyTarget } from '../verify/verification.js';
import type { CommandContext } from './context.js';
import type { BegunRestore } from './restore-begin.js';

const PROGRESS_TICK_MS = 1_000;

/** The four phases, ANALYZE, verification, and the last transaction. */
export async function runPhases(
  settings: RestoreSettings,
  begun: BegunRestore,
  context: CommandContext,
): Promise<void> {
  const { lock } = begun;
  const run = new PhaseRun(settings, begun, context);
  let ending: Promise<void> = Promise.resolve();
  const cancel = (): void => {
    ending = lock.terminateOwn().catch(() => undefined);
  };
  const abandon = (): void => {
    ending = run.abandon();
  };
  context.signal.addEventListener('abort', cancel);
  lock.lost.addEventListener('abort', abandon);
  try {
    for (const phase of PHASES) await run.phase(phase);
    if (settings.analyze) await run.analyze();
    if (settings.verify !== 'false') await run.verify(settings.verify === 'full');
    await run.finish();
  } finally {
    context.signal.removeEventListener('abort', cancel);
    lock.lost.removeEventListener('abort', abandon);
    // The control session is closed next: what it still has to say must be said.
    await ending;
  }
}

class PhaseRun {
  private readonly engine: RestoreEngine;
  private readonly finished: Map<string, { rows: number | null }>;
  /** Aborted when the run is cancelled, and when it has lost its lock. */
  private readonly signal: AbortSignal;
  private readonly sessions: Sessions;
  private progress: ProgressDisplay | null = null;

  constructor(
    private readonly settings: RestoreSettings,
    private readonly begun: BegunRestore,
    private readonly context: CommandContext,
  ) {
    const { target, lock } = begun;
    const { backup, database, toolbox } = begun.site;
    const { header, units, finished } = begun.decision;
    this.sessions = database.sessions();
    this.signal = AbortSignal.any([context.signal, lock.lost]);
    this.finished = new Map(finished.map((unit) => [unit.unit, unit]));
    const runner = new UnitRunner({
      toolbox,
      archive: new OpenArchive({
        uri: backup.ref.archive.uri,
        head: backup.head,
        map: backup.map,
        read: (range) => backup.read(range),
      }),
      restoreArgs: header.restoreArgs,
      serverMajor: target.facts.major,
      indexStrategy: header.indexStrategy,
      proveLock: (session) => lock.prove(session),
      signal: this.signal,
      onBytes: (bytes) => this.progress?.add({ bytes }),
    });
    this.engine = new RestoreEngine({
      sessions: this.sessions,
      runner,
      units,
      finished: new Set(this.finished.keys()),
      jobs: settings.jobs,
      signal: this.signal,
      observer: {
        unitDone: (unit, result) => {
          this.finished.set(unit.id, result);
          const { rows, seconds } = result;
          const bytes = unit.kind === 'statements' ? null : result.bytes;
          context.recorder.unitDone({ step: phaseOfStage(unit.stage), title: unit.title, seconds, rows, bytes });
          this.progress?.add({ units: 1, rows: rows ?? 0 });
        },
      },
    });
  }

  /** Ends what is at work, when the restore has lost its lock. */
  async abandon(): Promise<void> {
    await this.engine.abandon();
  }

  async phase(phase: Phase): Promise<void> {
    const stages = stagesOfPhase(phase);
    const units = stages.flatMap((stage) => this.engine.unitsOf(stage));
    const before = units.filter((unit) => this.finished.has(unit.id));
    this.context.log.group(`Phase ${phase}`);
    this.context.recorder.startStep(phase, { unitsBefore: before.length });
    const progress = this.startProgress(phase, units, before);
    const timer = setInterval(() => {
      progress.tick();
    }, PROGRESS_TICK_MS);
    try {
      await shownBy(progress, this.context.signal, async () => {
        for (const stage of stages) await this.engine.runStage(stage);
      });
    } finally {
      clearInterval(timer);
      this.progress = null;
    }
    this.context.recorder.endStep('success');
  }

  async analyze(): Promise<void> {
    this.context.log.group('ANALYZE');
    this.context.recorder.startStep('analyze');
    const { tables, leftOut } = await analyzeTables(this.sessions, this.settings.jobs, this.signal);
    this.context.recorder.stepTotals({ units: tables });
    this.context.recorder.endStep('success');
    for (const table of leftOut.slice(0, 50)) {
      const note = `${table} was not analyzed: it has foreign tables below it, whose server would be asked`;
      this.context.recorder.note(note);
      this.context.log.info(note);
    }
    this.context.log.info(`analyzed ${plural(tables, 'table')}`);
  }

  async verify(full: boolean): Promise<void> {
    this.context.log.group('Verification');
    this.context.recorder.startStep('verify');
    const { backup } = this.begun.site;
    const verifiable = new Set(this.begun.decision.verifiable);
    const expected = {
      entries: backup.head.entries.filter(({ dumpId }) => verifiable.has(dumpId)),
      blocks: backup.map.blocks,
      loadedRows: this.loadedRows(),
      invalidAtSource: backup.invalidIndexes,
      full,
    };
    // Not in the control session: counting takes long, and a cancel has to be able to end it.
    const lines = await this.sessions.for('look').use((session) => verifyTarget(session, expected));
    this.context.recorder.verification(lines);
    for (const line of verificationText(lines)) this.context.log.info(line);
    const wrong = lines.filter((line) => !line.ok);
    if (wrong.length > 0) {
      throw new PhaseliftError(
        'VERIFICATION',
        `the restored database differs from the backup: ${wrong.map((line) => `${line.check} (${line.detail})`).join('; ')}`,
        {
          hint: phrase`Mend what is named and run the restore again: it goes on with the verification. ${input('verify', false)} skips it.`,
        },
      );
    }
    this.context.recorder.endStep('success');
  }

  async finish(): Promise<void> {
    await this.engine.finish();
    this.context.log.endGroup();
    this.context.log.info(`restored ${this.begun.site.backup.ref.name} into ${this.settings.target.database}`);
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
    for (const unit of this.begun.decision.units) {
      if (unit.kind !== 'table-data') continue;
      const rows = this.finished.get(unit.id)?.rows ?? null;
      if (rows === null) return null;
      sum += rows;
    }
    return sum;
  }
}
