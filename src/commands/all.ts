import { FaultList } from '../checks/fault-list.js';
import { checkEntries, checkRoles, checkRules, checkTargetItself } from '../checks/target-checks.js';
import type { JournalState } from '../engine/journal.js';
import type { Settings } from '../inputs/settings.js';
import { selectEntries } from '../plan/selection.js';
import { TocGraph } from '../plan/toc-graph.js';
import { foreignObjects } from '../postgres/contents.js';
import type { ServerFacts } from '../postgres/server-facts.js';
import type { BackupRef } from '../store/backup-catalogue.js';
import { backup } from './backup.js';
import type { MoreChecks } from './backup-preparation.js';
import type { CommandContext } from './context.js';
import { checkSettings } from './database-properties.js';
import { ownBackup } from './own-backup.js';
import { restore } from './restore.js';
import { anotherRestore, lookAt } from './restore-decide.js';
import { restoreQuestion } from './restore-question.js';
import { mappedHead } from './role-map.js';
import { selectionOptions } from './selection-options.js';
import { readSchemaHead, type SourceDatabase } from './source-database.js';
import { TargetDatabase, type Target } from './target-database.js';

export type AllSettings = Extract<Settings, { mode: 'all' }>;

/**
 * Backup, then restore of that very backup. Where the target holds an unfinished restore, that one is brought to its end
 * instead, and where an earlier try of this run has made its backup, that is restored: a job that is run again goes on. What would stop the restore is found before the backup begins.
 */
export async function backupAndRestore(settings: AllSettings, context: CommandContext): Promise<void> {
  const ref = await afterTarget<BackupRef>(settings, context, {
    anew: (more) => backup(settings, context, more),
    goOn: (unfinished) => Promise.resolve(unfinished),
  });
  await restore(settings, context, ref);
}

/** What comes after the look at the target. */
export interface AfterTarget<T> {
  /** With a new backup, whose checks are reported together with those of the target. `database` is there, or still to be made. */
  anew(more: MoreChecks, database: TargetDatabase, exists: boolean): Promise<T>;
  /** With the backup whose restore the target holds, unfinished. */
  goOn(unfinished: BackupRef): Promise<T>;
}

/** Looks at the target, asks whoever is to be asked, and hands on what was found. */
export async function afterTarget<T>(settings: AllSettings, context: CommandContext, next: AfterTarget<T>): Promise<T> {
  const faults = new FaultList();
  const database = new TargetDatabase(settings, await context.toolboxes.atLeast(0, settings.target), context.log);
  const ahead = await faults.check(() => lookAhead(database, settings));
  try {
    const unfinished =
      unfinishedRestore(ahead?.journal ?? null, settings, context) ??
      (ahead === null ? null : await ownBackup(settings, await isFilled(ahead), context));
    if (ahead?.target && unfinished === null && !settings.skipChecks) {
      await checkTargetItself(ahead.target.session, ahead.target.facts, settings.target.database, faults);
    }
    // With faults there is nothing to agree to: the backup's own checks are still to be heard, and then all are told.
    if (faults.isEmpty) {
      const asked = {
        backup: `${unfinished?.name ?? 'a new backup'} of ${settings.database}`,
        takenAt: null,
        sizeBytes: null,
        target: database.name,
        willBeMade: ahead !== null && ahead.target === null,
        begun: ahead?.journal ?? null,
      };
      await context.consent.begin(restoreQuestion(asked, context.now()));
    }
    if (unfinished !== null) return await next.goOn(unfinished);
    const check = async (source: SourceDatabase): Promise<void> => {
      // A target that cannot be reached is a fault already.
      if (ahead !== null) await checkAgainstSource(settings, source, ahead.target ?? database, faults);
    };
    return await next.anew({ faults, check }, database, ahead !== null && ahead.target !== null);
  } finally {
    await ahead?.target?.session.close();
  }
}

interface Ahead {
  /** null when the database is still to be made. */
  target: Target | null;
  journal: JournalState | null;
}

async function isFilled({ target }: Ahead): Promise<boolean> {
  return target !== null && (await foreignObjects(target.session, 1)).length > 0;
}

/** The target as it is before the backup. Throws when it neither is there nor may be made. */
async function lookAhead(database: TargetDatabase, settings: AllSettings): Promise<Ahead> {
  const seen = await lookAt(database, settings);
  if (seen.target === null) await database.checkMayBeCreated();
  return seen;
}

/** The backup that the journal names. Throws when it is of another database: that is not what was asked for. */
function unfinishedRestore(
  journal: JournalState | null,
  settings: AllSettings,
  context: CommandContext,
): BackupRef | null {
  if (journal === null) return null;
  const { database, backupName } = journal.header;
  if (database !== settings.database) throw anotherRestore(journal.header, settings.target.database);
  context.log.info(`the target holds an unfinished restore of ${backupName}: going on with it, without a new backup`);
  return context.store.backups.locate(database, backupName);
}

/**
 * Compares the target with what the backup will hold: with the schema as it is now. Where the target is still to be made, its
 * server, which has the roles.
 */
async function checkAgainstSource(
  settings: AllSettings,
  source: SourceDatabase,
  target: Target | TargetDatabase,
  faults: FaultList,
): Promise<void> {
  const read = await readSchemaHead(settings, source.toolbox);
  const head = await faults.check(() => Promise.resolve(mappedHead(read, settings.roleMap)));
  if (head === null) return;
  const entriesFor = (facts: ServerFacts) =>
    selectEntries(new TocGraph(head.entries), selectionOptions(settings, facts)).entries;
  const checked = checkSettings(settings, head.entries);
  if (target instanceof TargetDatabase) {
    await target.askServer(async (session, facts) => {
      const entries = entriesFor(facts);
      checkRules(facts, entries, faults);
      await checkRoles(session, facts, entries, checked, faults);
    });
    return;
  }
  const { session, facts } = target;
  await checkEntries(session, facts, settings.target.database, entriesFor(facts), checked, faults);
}
