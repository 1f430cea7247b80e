import { sumOfRows } from '../archive/row-sum.js';
import { FaultList } from '../checks/fault-list.js';
import { checkTarget } from '../checks/target-checks.js';
import { createJournal, readJournal, type JournalState } from '../engine/journal.js';
import type { JournalHeader } from '../engine/journal-format.js';
import { RestoreLock } from '../engine/restore-lock.js';
import { PhaseliftError } from '../foundation/errors.js';
import type { RestoreSettings } from '../inputs/settings.js';
import { makePlan } from '../plan/plan.js';
import { storageNotes } from '../plan/storage-notes.js';
import { pgRestoreMajorFor, restoreArgs, writesFence } from '../postgres/restore-args.js';
import { readServerFacts } from '../postgres/server-facts.js';
import type { Toolbox } from '../postgres/toolbox.js';
import type { BackupRef } from '../store/backup-catalogue.js';
import { findBackup, readBackup, type ChosenBackup } from './chosen-backup.js';
import type { CommandContext } from './context.js';
import { runPhases } from './restore-phases.js';
import { resumedPlan } from './resumed-plan.js';
import { selectionOptions } from './selection-options.js';
import { TargetDatabase, type Target } from './target-database.js';
import type { PreparedRestore } from './prepared-restore.js';

/** Restores one backup into the target, from the start or from where an earlier run was cut off. */
export async function restore(settings: RestoreSettings, context: CommandContext, chosen?: BackupRef): Promise<void> {
  context.log.group(`Checks before the restore into ${settings.target.database}`);
  context.recorder.startStep('checks');
  const database = new TargetDatabase(settings, await context.toolboxes.atLeast(0, settings.target), context.log);
  context.recorder.set({ target: database.name });
  let target = await database.open();
  let lock: RestoreLock | null = null;
  try {
    if (target === null) await database.checkMayBeCreated();
    else lock = await lockTarget(target, database, context);
    let journal = target === null ? null : await readJournal(target.session, settings.target.database);
    const ref = chosen ?? (await chooseBackup(settings, journal, context));
    const backup = await readBackup(ref, context.store.backups.namesOneArchive, context);
    tellBackup(backup, context);
    refuseAnother(journal, backup, settings);
    const toolbox = await context.toolboxes.atLeast(pgRestoreMajorFor(backup.head.header.version), settings.target);
    database.useToolbox(toolbox);
    if (chosen === undefined) await context.consent.begin(restoreQuestion(ref.name, settings, database));
    tellTools(toolbox, context);

    if (target === null || lock === null) {
      target = await database.create(backup.head.entries);
      lock = await lockTarget(target, database, context);
      // Between the two another run may have come: what is there counts, not that it was just made.
      journal = await readJournal(target.session, settings.target.database);
      refuseAnother(journal, backup, settings);
      if (journal === null) await database.checkIsUnused(target);
    }
    const made = target;
    const prepared =
      journal === null
        ? await prepare(settings, backup, target, toolbox, database, context).catch(async (error: unknown) => {
            await database.takeBack(made);
            throw error;
          })
        : resume(settings, journal, backup, target, toolbox, context);
    await runPhases(settings, prepared, lock, database.sessions(), context);
  } finally {
    lock?.release();
    await target?.session.close();
  }
}

/** What is asked before a restore. */
export function restoreQuestion(backupName: string, settings: RestoreSettings, target: TargetDatabase): string {
  return `Restore ${backupName} of ${settings.database} into ${target.name}?`;
}

async function lockTarget(target: Target, database: TargetDatabase, context: CommandContext): Promise<RestoreLock> {
  const lock = new RestoreLock(target.session, database.applicationName);
  await lock.acquire(context.signal, (line) => {
    context.log.info(line);
  });
  // Who held the lock before may have changed what there is.
  target.facts = await readServerFacts(target.session);
  return lock;
}

function refuseAnother(journal: JournalState | null, backup: ChosenBackup, settings: RestoreSettings): void {
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
  return new PhaseliftError(
    'TARGET_NOT_EMPTY',
    `the target database ${targetDatabase} holds an unfinished restore of another backup: ${header.backupName} of ${header.database} (${header.archiveUri})`,
    {
      object: targetDatabase,
      hint: `Finish that one with \`mode: restore\`, \`database: ${header.database}\` and \`backup-name: ${header.backupName}\`, or drop and create the target to start anew.`,
    },
  );
}

async function prepare(
  settings: RestoreSettings,
  backup: ChosenBackup,
  target: Target,
  toolbox: Toolbox,
  database: TargetDatabase,
  context: CommandContext,
): Promise<PreparedRestore> {
  const { facts } = target;
  const selection = selectionOptions(settings, facts);
  const plan = makePlan(backup.head, backup.map, {
    ...selection,
    indexStrategy: settings.indexStrategy,
    // Workers share the lock table, and it is not ours alone.
    lockBudget: Math.max(100, Math.floor(facts.lockSlots / (2 * (settings.jobs + 1)))),
  });
  const { entries, verifiable } = plan;
  if (!settings.skipChecks) {
    const faults = new FaultList();
    await checkTarget(target.session, facts, settings.target.database, entries, settings, faults);
    faults.throwIfAny();
  }
  const header = {
    database: backup.ref.database,
    backupName: backup.ref.name,
    archiveUri: backup.ref.archive.uri,
    archiveSha256: backup.map.sha256,
    indexStrategy: plan.indexStrategy,
    restoreArgs: restoreArgs(settings, toolbox.versions.pg_restore),
    selection,
    reasons: [...plan.reasons, ...storageNotes(entries, settings)],
    leftOut: plan.leftOut,
  };
  tellPlan(header, context);
  await createJournal(target.session, header, plan.units, await database.unmarking(target));
  context.recorder.set({ resumed: false });
  return { backup, target, toolbox, header, units: plan.units, verifiable, finished: [] };
}

function resume(
  settings: RestoreSettings,
  journal: JournalState,
  backup: ChosenBackup,
  target: Target,
  toolbox: Toolbox,
  context: CommandContext,
): PreparedRestore {
  const { finished } = journal;
  const version = toolbox.versions.pg_restore;
  const { units, verifiable, leftOut, ignored } = resumedPlan(journal, backup, settings, target.facts, version);
  const header = { ...journal.header, leftOut: [...journal.header.leftOut, ...leftOut] };
  context.recorder.set({ resumed: true });
  context.log.info(
    `going on with the restore of ${header.backupName}: ${finished.length} of ${units.length} units are finished`,
  );
  for (const text of ignored) context.log.warning(text);
  tellPlan(header, context);
  return { backup, target, toolbox, header, units, verifiable, finished };
}

function tellBackup(backup: ChosenBackup, context: CommandContext): void {
  const { ref, map, head } = backup;
  const tables = map.blocks.filter((block) => block.kind === 'table');
  const rows = sumOfRows(tables.map((table) => table.rows));
  context.recorder.set({
    backupName: ref.name,
    backupUri: ref.archive.uri,
    manifestUri: ref.manifest.uri,
    sizeBytes: map.sizeBytes,
    tableCount: tables.length,
    rowCount: rows,
  });
  context.log.info(
    `backup: ${ref.archive.uri}, ${head.entries.length} entries, from PostgreSQL ${head.header.serverVersion}`,
  );
}

function tellTools(toolbox: Toolbox, context: CommandContext): void {
  context.log.info(`tools: ${toolbox.description}`);
  const version = toolbox.versions.pg_restore;
  if (!writesFence(version)) {
    context.log.warning(
      `pg_restore ${version.text} does not fence its text off from psql's meta-commands: restore only backups that you trust, or use a newer minor release`,
    );
  }
}

function tellPlan(header: Omit<JournalHeader, 'format'>, context: CommandContext): void {
  context.log.info(`index strategy: ${header.indexStrategy}`);
  const notes = [
    ...header.reasons,
    ...header.leftOut
      .filter((entry) => entry.worthTelling)
      .map((entry) => `${entry.title} is not restored: ${entry.reason}`),
  ];
  for (const note of notes) context.recorder.note(note);
  for (const note of notes.slice(0, 50)) context.log.info(note);
  if (notes.length > 50) context.log.info(`… and ${notes.length - 50} more notes, see the job summary`);
}
