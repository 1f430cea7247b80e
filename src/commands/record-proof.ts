import { mapTotals } from '../archive/map-totals.js';
import { PhaseliftError, textOf } from '../foundation/errors.js';
import { input, phrase, type Text } from '../foundation/text.js';
import { PHASELIFT_VERSION } from '../foundation/version.js';
import type { RestoreSettings } from '../inputs/settings.js';
import { isPhase } from '../plan/stage.js';
import type { StepReport } from '../report/run-report.js';
import { historyWith, PROOF_FORMAT, writeProof, type Proof } from '../store/proof.js';
import { newestProof, proofRefOf } from '../store/proofs.js';
import { writeTrial } from '../store/trial.js';
import type { CommandContext } from './context.js';
import type { BegunTrial } from './record-trial.js';
import type { BegunRestore } from './restore-begin.js';
import { tellNoProof } from './restore-lines.js';

/**
 * Leaves the proof of a restore beside its backup, where that was asked for and the whole of it was restored and verified. The restore
 * is done by then: what stands in the way of the proof is a warning.
 */
export async function recordProof(
  { decision, site, target }: BegunRestore,
  trial: BegunTrial | null,
  settings: RestoreSettings,
  context: CommandContext,
): Promise<void> {
  const { log, recorder, store } = context;
  if (!settings.recordProof || settings.verify === 'false') return;
  const { backup } = site;
  const { summary } = backup;
  const { only, skipEntries } = decision.header.selection;
  const why = whyNone({ only: [...only, ...settings.only], skipEntries: [...skipEntries, ...settings.skipEntries] });
  if (why !== null || summary === null) {
    tellNoProof(why ?? 'the archive has no manifest that says which backup it is', context);
    return;
  }
  const provenAt = context.now().toISOString();
  const seconds = decision.resumes ? null : secondsOf(recorder.report.steps);
  try {
    const before = await newestProof(store, backup.ref.database, log);
    const proof: Proof = {
      format: PROOF_FORMAT,
      database: summary.database,
      backup: {
        name: summary.name,
        takenAt: summary.takenAt,
        finishedAt: summary.finishedAt,
        sizeBytes: summary.sizeBytes,
        ...(summary.archiveId === undefined ? {} : { archiveId: summary.archiveId }),
        sha256: backup.map.sha256,
      },
      provenAt,
      seconds,
      rows: mapTotals(backup.map).rows,
      verify: settings.verify === 'true' ? 'true' : 'full',
      ...(settings.verify === 'content' ? { contents: true } : {}),
      serverMajor: target.facts.major,
      phaseliftVersion: PHASELIFT_VERSION,
      history: historyWith(before, { provenAt, backupName: summary.name, seconds }),
    };
    const object = proofRefOf(backup.ref);
    await store.objects.writeText(object, writeProof(proof));
    if (trial !== null) await writeTrial(store, backup.ref.database, { ...trial, provenAt });
    recorder.set({ proof: { uri: object.uri, history: proof.history } });
    log.info(`recorded the proof of this restore: ${object.uri}`);
  } catch (error) {
    if (!(error instanceof PhaseliftError)) throw error;
    log.warning(phrase`the restore is done, but its proof could not be recorded: ${textOf(error)}`);
  }
}

/** What was restored in part proves a part. */
function whyNone({ only, skipEntries }: Pick<RestoreSettings, 'only' | 'skipEntries'>): Text | null {
  if (only.length > 0) return phrase`${input('only')} restored a part`;
  return skipEntries.length > 0 ? phrase`${input('skip-entries')} left a part out` : null;
}

/** Of the four phases and ANALYZE: what one would wait for. */
function secondsOf(steps: readonly StepReport[]): number {
  const ms = steps
    .filter(({ name }) => isPhase(name) || name === 'analyze')
    .reduce((sum, { startedAtMs, endedAtMs }) => sum + Math.max(0, (endedAtMs ?? startedAtMs) - startedAtMs), 0);
  return Math.round(ms) / 1000;
}
