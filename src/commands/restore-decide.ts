import type { TocEntry } from '../archive/types.js';
import { FaultList } from '../checks/fault-list.js';
import { checkRoles, checkRules, checkTarget } from '../checks/target-checks.js';
import { readJournal, type JournalState } from '../engine/journal.js';
import type { JournalHeader } from '../engine/journal-format.js';
import { isLocked } from '../engine/restore-lock.js';
import { PhaseliftError } from '../foundation/errors.js';
import { input, phrase } from '../foundation/text.js';
import type { RestoreSettings } from '../inputs/settings.js';
import { Planner } from '../plan/planner.js';
import { pgRestoreMajorFor } from '../postgres/restore-args.js';
import { factsOfNewDatabase } from '../postgres/server-facts.js';
import type { BackupRef } from '../store/backup-catalogue.js';
import { findBackup, readBackup, type ChosenBackup } from './chosen-backup.js';
import type { CommandContext } from './context.js';
import { checkSettings } from './database-properties.js';
import { differenceText, whatIsHeld, type Holding } from './held-backup.js';
import { decisionFor, type RestoreDecision, type RestoreSite, type SeenTarget } from './restore-decision.js';
import { tellBackup, tellDecision, tellTools } from './restore-lines.js';
import { withRoleMap } from './role-map.js';
import { TargetDatabase, type Target } from './target-database.js';

/** A decision with what it goes by and works with. */
export interface DecidedRestore {
  decision: RestoreDecision;
  seen: SeenTarget;
  site: RestoreSite;
  /** The target with its control session; null when the database is still to be made. */
  target: Target | null;
  /** The target takes this. False where it was not asked: when it was not to be, and when another restore was at work there. */
  isChecked: boolean;
  /** Another restore holds the lock of the target, or did when it died. */
  isBusy: boolean;
  /** What is in a target without a journal; null where there is one, and where nobody has looked. */
  holding: Holding | null;
}

/**
 * Looks at the target, its journal and the backup; checks, and tells what would be done. It writes nothing, takes no lock
 * and ends nobody's session, so another run may still come first: `begin` looks again. Whoever gets the answer closes
 * the session of its target. Throws what stands in the way of the restore.
 */
export async function decide(
  settings: RestoreSettings,
  context: CommandContext,
  chosen?: BackupRef,
): Promise<DecidedRestore> {
  const database = new TargetDatabase(settings, await context.toolboxes.atLeast(0, settings.target), context.log);
  context.recorder.set({ target: database.name });
  const { target, journal } = await lookAt(database, settings);
  try {
    const facts = target === null ? factsOfNewDatabase(await database.checkMayBeCreated()) : target.facts;
    const ref = chosen ?? (await chooseBackup(settings, journal, context));
    const read = await readBackup(ref, context.store.backups.namesOneArchive, context);
    tellBackup(read, context);
    refuseAnother(journal, read, settings);
    const backup = withRoleMap(read, journal?.header.roleMap ?? [], settings, context);
    const toolbox = await context.toolboxes.atLeast(pgRestoreMajorFor(backup.head.header.version), settings.target);
    database.useToolbox(toolbox);
    tellTools(toolbox, context);

    const site = { backup, planner: new Planner(backup.head, backup.map), database, toolbox };
    const seen = { facts, journal };
    const decision = decisionFor(settings, seen, site, target !== null);
    // What the checks try out and roll back would meet with the work of another restore.
    const isBusy = target !== null && (await isLocked(target.session));
    const isNew = target !== null && !decision.resumes && !isBusy;
    const holding = isNew ? await whatIsHeld(target, site, settings, context) : null;
    const isDone = holding?.kind === 'backup';
    const isChecked = !isDone && !decision.resumes && !settings.skipChecks && !isBusy;
    if (isChecked) await checkDecision(decision, site, target, settings, differenceText(holding));
    // What a database will have that is still to be made is known only then.
    if (target !== null && !isDone) tellDecision(decision, context);
    return { decision, seen, site, target, isChecked, isBusy, holding };
  } catch (error) {
    await target?.session.close();
    throw error;
  }
}

/** A journal that cannot be found any more, in the words of the server: its table, or its schema. */
const GONE = new Set(['42P01', '3F000']);
const LOOKS = 3;

/** The target with its journal. The journal may go while it is read, with the end of another run: then all is looked at anew. */
export async function lookAt(
  database: TargetDatabase,
  settings: RestoreSettings,
): Promise<{ target: Target | null; journal: JournalState | null }> {
  for (let look = 1; ; look++) {
    const target = await database.open();
    if (target === null) return { target, journal: null };
    try {
      return { target, journal: await readJournal(target.session, settings.target.database) };
    } catch (error) {
      await target.session.close();
      const isGone = error instanceof PhaseliftError && error.sqlState !== undefined && GONE.has(error.sqlState);
      if (!isGone || look === LOOKS) throw error;
    }
  }
}

/**
 * Throws all that the target would refuse of a new plan. Where the database is still to be made, that is what its server says:
 * everything else can be asked only when it is there. `difference`, a sentence, goes to the hint about a target that is not empty.
 */
export async function checkDecision(
  decision: RestoreDecision,
  site: RestoreSite,
  target: Target | null,
  settings: RestoreSettings,
  difference: string,
): Promise<void> {
  const entries = entriesOf(decision, site);
  const checked = checkSettings(settings, site.backup.head.entries);
  const faults = new FaultList();
  if (target === null) {
    await site.database.askServer(async (session, facts) => {
      await checkRoles(session, facts, entries, checked, faults);
      // Without other faults the database is made, if it may be, and names all of them at once.
      if (!faults.isEmpty || settings.dryRun) checkRules(facts, entries, faults);
    });
  } else {
    await checkTarget(target.session, target.facts, settings.target.database, entries, checked, faults, difference);
  }
  faults.throwIfAny();
}

/** What of the archive is restored. */
export function entriesOf({ units }: RestoreDecision, { backup }: RestoreSite): TocEntry[] {
  const ids = new Set(units.flatMap(({ dumpIds }) => dumpIds));
  return backup.head.entries.filter(({ dumpId }) => ids.has(dumpId));
}

/** Throws TARGET_NOT_EMPTY for the journal of another backup than the one that is to be restored. */
export function refuseAnother(journal: JournalState | null, backup: ChosenBackup, settings: RestoreSettings): void {
  if (journal === null || journal.header.archiveSha256 === backup.map.sha256) return;
  throw anotherRestore(journal.header, settings.target.database);
}

/** `latest` goes on with the backup that the journal names: a newer one would be another restore. */
async function chooseBackup(
  settings: RestoreSettings,
  journal: JournalState | null,
  context: CommandContext,
): Promise<BackupRef> {
  const name = settings.backupName ?? 'latest';
  if (name === 'latest' && journal !== null && journal.header.database === settings.database) {
    return context.store.backups.locate(settings.database, journal.header.backupName);
  }
  return findBackup(settings.database, name, context);
}

/** The error of a target that holds an unfinished restore of another backup than the one asked for. */
export function anotherRestore(header: JournalHeader, targetDatabase: string): PhaseliftError {
  const { database, backupName } = header;
  return new PhaseliftError(
    'TARGET_NOT_EMPTY',
    `the target database ${targetDatabase} holds an unfinished restore of another backup: ${backupName} of ${database} (${header.archiveUri})`,
    {
      object: targetDatabase,
      hint: phrase`Finish that one with ${input('mode', 'restore')}, ${input('database', database)} and ${input('backup-name', backupName)}, or drop and create the target to start anew.`,
    },
  );
}
