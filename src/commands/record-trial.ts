/** Says beside a database's backups that a restore was to prove one of them, before it can fail: a drill then tries another one next. */
import { PhaseliftError, textOf, type ErrorCode } from '../foundation/errors.js';
import { phrase } from '../foundation/text.js';
import type { RestoreSettings } from '../inputs/settings.js';
import { writeTrial } from '../store/trial.js';
import type { CommandContext } from './context.js';

/** Failures before the restore began that say nothing of the backup. */
const NO_TRIAL: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  ...(['INPUT', 'BACKUP_NOT_FOUND', 'CONNECTION'] as const),
  ...(['TARGET_NOT_EMPTY', 'TARGET_BUSY', 'CANCELLED'] as const),
]);

/** A restore that was to leave a proof and has begun. */
export interface BegunTrial {
  backupName: string;
  /** ISO 8601, UTC. */
  beganAt: string;
}

/** Records that it begins, and tells when; null where it leaves no proof whatever happens. What stands in the way is a warning. */
export async function recordTrial(
  settings: RestoreSettings,
  backupName: string,
  context: CommandContext,
): Promise<BegunTrial | null> {
  const { only, skipEntries, verify } = settings;
  if (!settings.recordProof || verify === 'false' || only.length > 0 || skipEntries.length > 0) return null;
  const trial = { backupName, beganAt: context.now().toISOString() };
  try {
    await writeTrial(context.store, settings.database, { ...trial, provenAt: null });
  } catch (error) {
    if (!(error instanceof PhaseliftError)) throw error;
    context.log.warning(
      phrase`it could not be recorded that this restore began, so a drill that fails would try the same database next: ${textOf(error)}`,
    );
  }
  return trial;
}

/** The same for a restore that has failed before it began, where that may be for the backup. */
export async function recordFailedTrial(
  settings: RestoreSettings,
  backupName: string,
  error: unknown,
  context: CommandContext,
): Promise<void> {
  if (context.signal.aborted || !(error instanceof PhaseliftError) || NO_TRIAL.has(error.code)) return;
  await recordTrial(settings, backupName, context);
}
