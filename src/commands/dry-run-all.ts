import { afterTarget, type AllSettings } from './all.js';
import type { CommandContext } from './context.js';
import { tellPlan, withoutQuestions } from './dry-run.js';
import { planOfBackup } from './dry-run-backup.js';
import { planRestore } from './dry-run-restore.js';

/**
 * Shows what a backup and its restore would be. Both sides are checked as far as that only reads. Which units the restore has is
 * known once the backup is there; where the target holds an unfinished restore, it is known now.
 */
export async function planAll(settings: AllSettings, context: CommandContext): Promise<void> {
  const asking = withoutQuestions(context);
  await afterTarget(settings, asking, {
    goOn: (unfinished) => planRestore(settings, context, unfinished),
    anew: async (more, database, exists) => {
      context.recorder.set({ target: database.name });
      const { backup, notChecked } = await planOfBackup(settings, asking, more);
      const restore = { backup: backup.name, target: database.name, creates: !exists, resumes: false, work: null };
      tellPlan({ mode: settings.mode, backup, restore, notChecked: [...notChecked, ...tries(settings)] }, context);
    },
  });
}

function tries({ skipChecks }: AllSettings): string[] {
  return skipChecks
    ? []
    : ['whether the role may create what only a try tells: extensions, event triggers, publications'];
}
