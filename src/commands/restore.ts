import type { RestoreSettings } from '../inputs/settings.js';
import type { BackupRef } from '../store/backup-catalogue.js';
import { LATEST } from '../store/names.js';
import type { CommandContext } from './context.js';
import { tellHeld } from './held-backup.js';
import { recordProof } from './record-proof.js';
import { recordFailedTrial, recordTrial, type BegunTrial } from './record-trial.js';
import { begin, type BegunRestore } from './restore-begin.js';
import { decide, type DecidedRestore } from './restore-decide.js';
import { runPhases } from './restore-phases.js';
import { restoreQuestion } from './restore-question.js';

/**
 * Restores one backup into the target, from the start or from where an earlier run was cut off: decides, asks, begins, runs, and leaves a
 * proof of it where that was asked for, or else the word that it was tried.
 * Where an earlier run has done all of it and was cut off before it could say so, there is nothing to do or to ask.
 * Nobody is asked when the backup was chosen by the caller: he has asked.
 */
export async function restore(settings: RestoreSettings, context: CommandContext, chosen?: BackupRef): Promise<void> {
  context.log.group(`Checks before the restore into ${settings.target.database}`);
  context.recorder.startStep('checks');
  const decided = await decide(settings, context, chosen).catch(async (error: unknown) => {
    await recordFailedTrial(settings, chosen?.name ?? settings.backupName ?? LATEST, error, context);
    throw error;
  });
  let begun: BegunRestore | null = null;
  let isDone = false;
  let trial: BegunTrial | null;
  try {
    const { backup } = decided.site;
    if (decided.holding?.kind === 'backup') {
      tellHeld(backup.ref.name, decided.holding.lines, settings, context);
      return;
    }
    if (chosen === undefined) await context.consent.begin(questionOf(decided, context.now()));
    trial = await recordTrial(settings, backup.ref.name, context);
    begun = await begin(decided, settings, context);
    if (begun.holding?.kind === 'backup') tellHeld(backup.ref.name, begun.holding.lines, settings, context);
    else isDone = await runPhases(settings, begun, context);
  } finally {
    await (begun === null ? decided.target?.session.close() : begun.control.close());
  }
  if (isDone) await recordProof(begun, trial, settings, context);
}

function questionOf({ decision, site: { backup } }: DecidedRestore, now: Date): string {
  const { ref, summary, map } = backup;
  const asked = {
    backup: `${ref.name} of ${ref.database}`,
    takenAt: summary?.takenAt ?? null,
    sizeBytes: map.sizeBytes,
    target: decision.target,
    willBeMade: !decision.targetExists,
    begun: decision.resumes ? decision : null,
  };
  return restoreQuestion(asked, now);
}
