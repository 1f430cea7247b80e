import { formatExact } from '../foundation/format.js';
import { phrase, plain } from '../foundation/text.js';
import type { BackupSettings } from '../inputs/settings.js';
import type { BackupPlan } from '../report/run-plan.js';
import { defaultBackupName } from '../store/names.js';
import { estimateBackup } from './backup-estimate.js';
import { isStream, measureSource, prepare, readersFor, settleReaders, type MoreChecks } from './backup-preparation.js';
import type { CommandContext } from './context.js';
import { tellPlan, withoutQuestions } from './dry-run.js';
import type { SourceDatabase } from './source-database.js';

/** Shows what a backup would be, and makes none: nothing is written, and pg_dump is not begun. */
export async function planBackup(settings: BackupSettings, context: CommandContext): Promise<void> {
  const { backup, notChecked } = await planOfBackup(settings, withoutQuestions(context));
  tellPlan({ mode: settings.mode, backup, restore: null, notChecked }, context);
}

/** The backup as it would be made. Throws what the checks would, but for those that write. */
export async function planOfBackup(
  settings: BackupSettings,
  context: CommandContext,
  more?: MoreChecks,
): Promise<{ backup: BackupPlan; notChecked: string[] }> {
  const { store, log, recorder } = context;
  const ref = store.backups.locate(settings.database, settings.backupName ?? defaultBackupName(context.now()));
  log.group(`Checks before the backup of ${settings.database}`);
  recorder.startStep('checks');
  const { source, occupant } = await prepare(settings, ref, context, more);
  context.signal.throwIfAborted();
  const choice = readersFor(settings, source, context);
  const { relations, estimatedBytes } = await measureSource(source, context);
  const { readers, because } = settleReaders(settings, choice, relations, context);
  tellUnreadable(source, context);
  context.signal.throwIfAborted();
  const { storedBytes, time } = await estimateBackup(settings, { relations, estimatedBytes }, context);
  log.endGroup();

  const partBytes = store.archives.partBytesFor(estimatedBytes);
  const tables = relations.filter(({ isPlain }) => isPlain);
  const backup = {
    name: ref.name,
    uri: ref.archive.uri,
    replaces: occupant.state !== 'nothing',
    tables: tables.length,
    sourceBytes: tables.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
    estimatedBytes,
    storedBytes,
    partBytes,
    parts: partBytes === null ? null : Math.max(1, Math.ceil((storedBytes ?? estimatedBytes) / partBytes)),
    readers,
    readersReason: because === null ? null : String(because),
    time,
  };
  const writer = isStream(context) ? 'this run' : 'pg_dump';
  return { backup, notChecked: settings.skipChecks ? [] : [`whether ${writer} can write to ${ref.archive.uri}`] };
}

const NAMED_TABLES = 5;

/** Only pg_dump knows what its options leave out, so this is no fault. Without such options the checks have refused it. */
function tellUnreadable({ unreadable }: SourceDatabase, { log, recorder }: CommandContext): void {
  const tables = unreadable?.relations ?? [];
  if (tables.length === 0) return;
  const named = tables.slice(0, NAMED_TABLES).map(({ schema, name }) => `${schema}.${name}`);
  const more = tables.length - named.length;
  const which = `${named.join(', ')}${more > 0 ? ` and ${formatExact(more)} more` : ''}`;
  const note = phrase`the role may not read all of ${which}: pg_dump fails there, unless ${plain('dump-options')} leave it out`;
  log.warning(note);
  recorder.note(String(note));
}
