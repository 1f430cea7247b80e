import { FaultList } from '../checks/fault-list.js';
import { checkEntries, checkRoles, checkTargetItself } from '../checks/target-checks.js';
import { readJournal } from '../engine/journal.js';
import type { Settings } from '../inputs/settings.js';
import { selectEntries } from '../plan/selection.js';
import { TocGraph } from '../plan/toc-graph.js';
import type { BackupRef } from '../store/backup-catalogue.js';
import { backup } from './backup.js';
import type { CommandContext } from './context.js';
import { anotherRestore, restore, restoreQuestion } from './restore.js';
import { readSchemaHead, type SourceDatabase } from './source-database.js';
import { selectionOptions } from './selection-options.js';
import { TargetDatabase, type Target } from './target-database.js';

type AllSettings = Extract<Settings, { mode: 'all' }>;

/**
 * Backup, then restore of that very backup. Where the target holds an unfinished restore, that one is brought to its end
 * instead: a job that is run again goes on. What would stop the restore is found before the backup begins.
 */
export async function backupAndRestore(settings: AllSettings, context: CommandContext): Promise<void> {
  const faults = new FaultList();
  const database = new TargetDatabase(settings, await context.toolboxes.atLeast(0, settings.target), context.log);
  const target = await faults.check(async () => {
    const open = await database.open();
    if (open === null) await database.checkMayBeCreated();
    return open;
  });
  const server = target ?? (faults.isEmpty ? database : null);
  let ref: BackupRef;
  try {
    const unfinished = target === null ? null : await unfinishedRestore(target, settings, context);
    if (unfinished !== null) {
      context.log.info(
        `the target holds an unfinished restore of ${unfinished.name}: going on with it, without a new backup`,
      );
    }
    if (target !== null && unfinished === null && !settings.skipChecks) {
      await checkTargetItself(target.session, target.facts, settings.target.database, faults);
    }
    const check = (source: SourceDatabase): Promise<void> => checkAgainstSource(settings, source, server, faults);
    // With faults there is nothing to agree to: the backup's own checks are still to be heard, and then all are told.
    if (faults.isEmpty)
      await context.consent.begin(restoreQuestion(unfinished?.name ?? 'a new backup', settings, database));
    ref = unfinished ?? (await backup(settings, context, { faults, check }));
  } finally {
    await target?.session.close();
  }
  await restore(settings, context, ref);
}

/** The backup that the journal names. Throws when it is of another database: that is not what was asked for. */
async function unfinishedRestore(
  target: Target,
  settings: AllSettings,
  context: CommandContext,
): Promise<BackupRef | null> {
  const journal = await readJournal(target.session, settings.target.database);
  if (journal === null) return null;
  const { database, backupName } = journal.header;
  if (database !== settings.database) throw anotherRestore(journal.header, settings.target.database);
  return context.store.backups.locate(database, backupName);
}

/**
 * Compares the target with what the backup will hold: with the schema as it is now. Where the target is still to be made, its
 * server, which has the roles.
 */
async function checkAgainstSource(
  settings: AllSettings,
  source: SourceDatabase,
  target: Target | TargetDatabase | null,
  faults: FaultList,
): Promise<void> {
  // It cannot be reached, and that is a fault already.
  if (target === null) return;
  const head = await readSchemaHead(settings, source.toolbox);
  const entriesFor = (facts: Target['facts']) =>
    selectEntries(new TocGraph(head.entries), selectionOptions(settings, facts)).entries;
  if (target instanceof TargetDatabase) {
    await target.askServer((session, facts) => checkRoles(session, facts, entriesFor(facts), settings, faults));
    return;
  }
  const { session, facts } = target;
  await checkEntries(session, facts, settings.target.database, entriesFor(facts), settings, faults);
}
