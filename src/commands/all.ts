import type { Settings } from '../inputs/settings.js';
import { backup } from './backup.js';
import type { CommandContext } from './context.js';
import { restore, unfinishedRestore } from './restore.js';

/**
 * Backup, then restore of that very backup. Where the target holds an unfinished restore, that one is brought to its end
 * instead: a job that is run again goes on.
 */
export async function backupAndRestore(
  settings: Extract<Settings, { mode: 'all' }>,
  context: CommandContext,
): Promise<void> {
  const unfinished = await unfinishedRestore(settings, context);
  if (unfinished !== null) {
    context.log.info(
      `the target holds an unfinished restore of ${unfinished.name}: going on with it instead of a new backup`,
    );
    await restore(settings, context, unfinished);
    return;
  }
  const ref = await backup(settings, context);
  await restore(settings, context, ref);
}
