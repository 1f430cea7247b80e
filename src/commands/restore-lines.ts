import { mapTotals } from '../archive/map-totals.js';
import { formatExact, plural } from '../foundation/format.js';
import { phrase, type Text } from '../foundation/text.js';
import { writesFence } from '../postgres/restore-args.js';
import type { Toolbox } from '../postgres/toolbox.js';
import type { ChosenBackup } from './chosen-backup.js';
import type { CommandContext } from './context.js';
import type { RestoreDecision } from './restore-decision.js';
import { tellNotes } from './tell-notes.js';

/** What a restore tells before it begins, in the log and for the summary. */

const NOTES_IN_LOG = 50;

/** Which backup is going to be restored. */
export function tellBackup(backup: ChosenBackup, context: CommandContext): void {
  const { ref, map, head } = backup;
  const { tables, rows } = mapTotals(map);
  context.recorder.set({
    backupName: ref.name,
    backupUri: ref.archive.uri,
    manifestUri: ref.manifest.uri,
    sizeBytes: map.sizeBytes,
    tableCount: tables,
    rowCount: rows,
  });
  context.log.info(
    `backup: ${ref.archive.uri}, ${formatExact(head.entries.length)} entries, from PostgreSQL ${head.header.serverVersion}`,
  );
}

/** What of the tools is dangerous; which they are was told when they were found. */
export function tellTools(toolbox: Toolbox, context: CommandContext): void {
  const version = toolbox.versions.pg_restore;
  if (!writesFence(version)) {
    context.log.warning(
      `pg_restore ${version.text} does not fence its text off from psql's meta-commands: restore only backups that you trust, or use a newer minor release`,
    );
  }
}

/** How it is going to be restored. Of a decision that takes the place of another one, only what that did not say. */
export function tellDecision(decision: RestoreDecision, context: CommandContext, before?: RestoreDecision): void {
  const told = new Set(before === undefined ? [] : linesOf(before));
  for (const line of linesOf(decision)) if (!told.has(line)) context.log.info(line);
  const toldIgnored = new Set(before?.ignored.map(String));
  for (const text of decision.ignored) if (!toldIgnored.has(String(text))) context.log.warning(text);
  const toldNotes = new Set(before === undefined ? [] : notesOf(before));
  const notes = notesOf(decision).filter((note) => !toldNotes.has(note));
  for (const note of notes) context.recorder.note(note);
  for (const note of notes.slice(0, NOTES_IN_LOG)) context.log.info(note);
  if (notes.length > NOTES_IN_LOG)
    context.log.info(`… and ${formatExact(notes.length - NOTES_IN_LOG)} more notes, see the job summary`);
}

/** For whoever asked for a proof and gets none. */
export function tellNoProof(why: Text, context: CommandContext): void {
  tellNotes([phrase`no proof is recorded: ${why}`], context);
}

function linesOf({ resumes, header, units, finished }: RestoreDecision): string[] {
  const resumed = `going on with the restore of ${header.backupName}: ${formatExact(finished.length)} of ${plural(units.length, 'unit')} are finished`;
  const later = 'foreign keys: added NOT VALID, then validated each on its own';
  return [
    ...(resumes ? [resumed] : []),
    `index strategy: ${header.indexStrategy}`,
    ...(header.validateForeignKeys === 'later' ? [later] : []),
  ];
}

function notesOf({ header: { reasons, leftOut } }: RestoreDecision): string[] {
  const told = leftOut.filter((entry) => entry.worthTelling);
  return [...reasons, ...told.map((entry) => `${entry.title} is not restored: ${entry.reason}`)];
}
