import { formatExact, formatTime, plural } from '../foundation/format.js';
import { input, phrase, type Text } from '../foundation/text.js';
import type { ListSettings } from '../inputs/settings.js';
import { backupsOutput } from '../report/backups-output.js';
import type { BackupLine } from '../report/run-report.js';
import type { PendingUpload, StoredBackup } from '../store/backup-catalogue.js';
import { backupLine, backupTableLines } from './backup-lines.js';
import type { CommandContext } from './context.js';
import { databasesInstead } from './names-instead.js';
import { tellNotes } from './tell-notes.js';

/** Shows every backup of one database, complete or not. Needs the store only: no tools, no server. */
export async function list(settings: ListSettings, context: CommandContext): Promise<void> {
  const { store, log, recorder } = context;
  const { database } = settings;
  const backups = await store.backups.listAll(database);
  const uploads = await store.backups.listUploads(database);
  const lines = backups.map(backupLine);
  recorder.set({ backups: lines });
  if (lines.length === 0) {
    log.info(`there are no backups of ${database} in ${store.backups.uri}`);
    const others = await databasesInstead(database, store.backups);
    if (others !== '') log.info(others);
  } else {
    log.group(`Backups of ${database} in ${store.backups.uri}`);
    for (const line of backupTableLines(lines)) log.info(line);
    log.endGroup();
    log.info(countText(backups));
  }
  tellNotes([...foreignNotes(database, backups), ...uploadNotes(uploads), ...outputNotes(lines)], context);
}

/** `3 complete backups, 1 without a manifest`. */
function countText(backups: readonly StoredBackup[]): string {
  const complete = backups.filter(({ state }) => state === 'complete').length;
  const parts = Object.entries(INCOMPLETE).map(([state, words]) => {
    const incomplete = backups.filter((backup) => backup.state === state).length;
    return incomplete === 0 ? '' : `${formatExact(incomplete)} ${words}`;
  });
  return [plural(complete, 'complete backup'), ...parts].filter((part) => part !== '').join(', ');
}

const INCOMPLETE: Record<Exclude<StoredBackup['state'], 'complete'>, string> = {
  'no manifest': 'without a manifest',
  'no archive': 'without an archive',
  'unreadable manifest': 'with a manifest that cannot be read',
  'manifest of another archive': 'with the manifest of another archive',
};

/** Backups that were copied here from elsewhere. */
function foreignNotes(database: string, backups: readonly StoredBackup[]): string[] {
  return backups.flatMap(({ ref, summary }) =>
    summary === null || summary.database === database
      ? []
      : [`${ref.name} is of another database, ${summary.database}, by its manifest`],
  );
}

function uploadNotes(uploads: readonly PendingUpload[]): Text[] {
  const [oldest] = uploads;
  if (oldest === undefined) return [];
  const since = `begun ${formatTime(oldest.startedAt.getTime())}`;
  const text =
    uploads.length === 1
      ? `1 unfinished upload, ${since}`
      : `${formatExact(uploads.length)} unfinished uploads, the oldest ${since}`;
  return [
    phrase`${text}: of a run that is at work, or of a dead one, which ${input('mode', 'prune')} removes after a day`,
  ];
}

/** Says so when not all of them fit the output. */
export function outputNotes(lines: readonly BackupLine[]): string[] {
  const { leftOut } = backupsOutput(lines);
  if (leftOut === 0) return [];
  const shown = lines.length - leftOut;
  return [
    `the output \`backups\` has the newest ${formatExact(shown)} of ${formatExact(lines.length)}: more do not fit`,
  ];
}
