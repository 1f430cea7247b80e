/** What is done, to which database and which backup. */
import { inputsOf, none, preset } from '../input-definition.js';
import { boolean, choice, name } from '../scalars.js';
import { MODES, WITH_DRY_RUN, type Mode } from '../settings.js';

const row = inputsOf('subject');

/** The rows of this group, by the names that the code has for them. */
export const SUBJECT_INPUTS = {
  mode: row<Mode | null>(
    'mode',
    'What to do: `backup`, `restore`, `all` (a backup, then the restore of it), `list`, `show` (what is in a backup), `verify` (read a backup whole and compare it), `prune` (remove old ones), `databases` (what a server has, and what of it is due) or `status` (are the backups of all databases well).',
    choice(MODES),
    none('required'),
  ),
  database: row<string | null>(
    'database',
    'The database to back up; for a restore, the one that the backup was taken of. Without it `list`, `verify` and `prune` are about all that have backups. Modes `databases` and `status` connect to it, or else to `postgres`.',
    name,
    none('required'),
    { env: ['SRC_DBNAME'] },
  ),
  backupName: row<string | null>(
    'backup-name',
    'Name of the backup; for restore, show and verify also `latest`, the newest complete one by the time it was taken.',
    name,
    none('UTC `YYYYMMDD-HHMMSS` for a backup; restore, show and verify must have one'),
    { env: ['BACKUP_NAME'], modes: ['backup', 'restore', 'all', 'show', 'verify'] },
  ),
  dryRun: row('dry-run', 'Show what would be done, and change nothing.', boolean, preset(false), {
    env: ['DRY_RUN'],
    modes: WITH_DRY_RUN,
  }),
};
