import type { TocEntry } from '../archive/types.js';
import type { JournalHeader } from '../engine/journal-format.js';
import type { JournalState } from '../engine/journal.js';
import type { Unit } from '../plan/unit.js';
import type { Toolbox } from '../postgres/toolbox.js';
import type { ChosenBackup } from './chosen-backup.js';
import type { Target } from './target-database.js';

/** A restore decided and ready to run: by a new plan, or by the one in the journal. */
export interface PreparedRestore {
  backup: ChosenBackup;
  target: Target;
  toolbox: Toolbox;
  header: Omit<JournalHeader, 'format'>;
  units: Unit[];
  /** What has to be there before the last transaction, by the archive's own selection. */
  verifiable: TocEntry[];
  finished: JournalState['finished'];
}
