import { entryTitle } from '../archive/entry-title.js';
import { probedEntries } from '../checks/privilege-checks.js';
import { formatExact } from '../foundation/format.js';
import type { RestoreSettings } from '../inputs/settings.js';
import { begunIndexes } from '../plan/begun-indexes.js';
import type { RestorePlan } from '../report/run-plan.js';
import type { BackupRef } from '../store/backup-catalogue.js';
import type { CommandContext } from './context.js';
import { tellProperties } from './database-properties.js';
import { tellPlan, withoutQuestions } from './dry-run.js';
import { decide, entriesOf, type DecidedRestore } from './restore-decide.js';
import { plannedPhases, plannedUnits, restoreTime } from './restore-estimate.js';
import { tellDecision } from './restore-lines.js';
import { tellNotes } from './tell-notes.js';

/** Shows what a restore would do, and does nothing: no database is made, no lock is taken, nobody's session is ended. */
export async function planRestore(
  settings: RestoreSettings,
  context: CommandContext,
  chosen?: BackupRef,
): Promise<void> {
  const { log, recorder } = context;
  log.group(`Checks before the restore into ${settings.target.database}`);
  recorder.startStep('checks');
  const decided = await decide(settings, withoutQuestions(context), chosen);
  await decided.target?.session.close();
  // Told already where the database is there.
  if (decided.target === null) tellDecision(decided.decision, context);
  if (decided.isBusy) {
    const note =
      'another restore holds the lock of the target: unless that is a dead one, this restore would be refused';
    log.warning(note);
    recorder.note(note);
  }
  tellProperties(settings, decided.site.backup.head.entries, context);
  const isHeld = decided.holding?.kind === 'backup';
  if (isHeld) {
    tellNotes(['the target holds this backup already: there is nothing to do'], context);
  }
  log.endGroup();
  const restore = planOfRestore(decided, isHeld, settings);
  tellPlan({ mode: settings.mode, backup: null, restore, notChecked: notChecked(decided, settings) }, context);
}

/** `isHeld`: an earlier run has done all of it, and nothing has told so. */
function planOfRestore({ decision, site }: DecidedRestore, isHeld: boolean, settings: RestoreSettings): RestorePlan {
  const { header, units, target, targetExists, resumes } = decision;
  const finished = isHeld ? units.map(({ id }) => ({ unit: id, rows: null, bytes: 0, seconds: 0 })) : decision.finished;
  const phases = plannedPhases(units, finished, settings.jobs);
  const { head, relations } = site.backup;
  const indexes = decision.indexes ?? begunIndexes(units, head.entries, relations);
  const leftOut = header.leftOut.filter(({ worthTelling }) => worthTelling);
  return {
    backup: header.backupName,
    target,
    creates: !targetExists,
    resumes: resumes || isHeld,
    work: {
      indexStrategy: header.indexStrategy,
      phases,
      units: plannedUnits(units, finished),
      indexes: indexes.map(({ name, table, choice, reason, sizeBytes, tempBytes }) => {
        return { name, table, choice, reason, sizeBytes, tempBytes };
      }),
      reasons: [...header.reasons],
      leftOut: leftOut.map(({ title, reason }) => ({ title, reason })),
      estimatedBytes: phases.reduce((sum, { bytes }) => sum + (bytes ?? 0), 0),
      time: restoreTime(phases),
    },
  };
}

const NAMED_ENTRIES = 10;

/** What a real run finds out by a statement that it rolls back, or by making the database. */
function notChecked({ decision, seen, site, holding }: DecidedRestore, settings: RestoreSettings): string[] {
  if (decision.resumes || holding?.kind === 'backup' || settings.skipChecks) return [];
  const { target } = settings;
  const making = `whether the server can make the database ${target.database} with the encoding and locale of the backup`;
  const probed = probedEntries(entriesOf(decision, site), seen.facts).map(entryTitle);
  const more = probed.length - NAMED_ENTRIES;
  const names = `${probed.slice(0, NAMED_ENTRIES).join(', ')}${more > 0 ? ` and ${formatExact(more)} more` : ''}`;
  return [
    ...(decision.targetExists ? [] : [making]),
    ...(probed.length === 0 ? [] : [`whether the role ${seen.facts.role} may create ${names}`]),
  ];
}
