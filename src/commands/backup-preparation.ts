import { availableParallelism } from 'node:os';
import { checkDumpOptions, checkName, checkToolsWrite } from '../checks/backup-checks.js';
import { FaultList } from '../checks/fault-list.js';
import { readingFault, readsAll } from '../checks/source-checks.js';
import { chooseReaders, reasonForOneReader, reasonInSizes, type ReaderChoice } from '../dump/reader-count.js';
import { PhaseliftError } from '../foundation/errors.js';
import { formatBytes, plural } from '../foundation/format.js';
import { phrase } from '../foundation/text.js';
import type { BackupSettings } from '../inputs/settings.js';
import {
  estimateArchiveBytes,
  readRelations,
  readRowSettings,
  type CatalogRelation,
} from '../postgres/source-catalog.js';
import type { BackupRef, Occupant } from '../store/backup-catalogue.js';
import type { RowSettings } from '../store/manifest.js';
import type { CommandContext } from './context.js';
import { openSource, type SourceDatabase } from './source-database.js';

/** What comes before the first byte of a backup: the same for one that is made, and for one that is only planned. */

/** Checks of what comes after the backup, to be reported together with the backup's own. */
export interface MoreChecks {
  faults: FaultList;
  check(source: SourceDatabase): Promise<void>;
}

/** A source that can be backed up, and what stands where the backup goes. */
export interface PreparedBackup {
  source: SourceDatabase;
  occupant: Occupant;
}

/** Checks all that can be checked, and throws all faults at once. A dry run leaves out what would write. */
export async function prepare(
  settings: BackupSettings,
  ref: BackupRef,
  context: CommandContext,
  more: MoreChecks | undefined,
): Promise<PreparedBackup> {
  const { backups, archives } = context.store;
  const { dryRun } = settings;
  const faults = more?.faults ?? new FaultList();
  const source = await faults.check(() => openSource(settings, context));
  if (source !== null) {
    await faults.check(() => checkDumpOptions(settings.compress, source.toolbox.versions.pg_dump, archives));
    const unread = source.unreadable === null ? null : readingFault(source.unreadable, settings.database);
    // Where pg_dump is to leave something out, it may be just that.
    if (unread !== null && readsAll(settings.dumpOptions)) faults.add(unread);
  }
  const readable = await faults.check(async () => {
    await backups.checkReadable(ref);
    archives.checkPlace();
    return { folder: dryRun ? null : await archives.makeFolder(ref.database) };
  });
  const occupant = readable === null ? null : await faults.check(() => checkName(context, ref, settings.force));
  if (readable !== null && !settings.skipChecks && !dryRun) await faults.check(() => archives.checkWritable(ref));
  if (readable !== null && source !== null && faults.isEmpty) {
    await faults.check(() => checkToolsWrite(readable.folder, source.toolbox));
  }
  if (source !== null && more !== undefined && !settings.skipChecks) await faults.check(() => more.check(source));
  faults.throwIfAny();
  if (source === null || occupant === null) throw new PhaseliftError('INTERNAL', 'a check failed without a fault');
  return { source, occupant };
}

/** How many sessions can read, as far as that is known before the tables are. */
export function readersFor(
  settings: BackupSettings,
  { freeConnections }: SourceDatabase,
  context: CommandContext,
): ReaderChoice {
  return chooseReaders({
    wanted: settings.dumpJobs,
    cores: availableParallelism(),
    freeConnections,
    reasonForOne: isStream(context) ? reasonForOneReader(settings) : null,
  });
}

/** How many sessions read, now that the tables are known: one where they are tiny. Tells. */
export function settleReaders(
  { dumpJobs }: BackupSettings,
  choice: ReaderChoice,
  relations: readonly CatalogRelation[],
  context: CommandContext,
): ReaderChoice {
  if (dumpJobs === 1) return choice;
  const tiny = isStream(context) && choice.readers > 1 ? reasonInSizes(relations) : null;
  const settled = tiny === null ? choice : { readers: 1, because: tiny };
  const { readers, because } = settled;
  const why = because === null ? '' : phrase`: ${because}`;
  const tell = phrase`${plural(readers, 'reader')}${why}`;
  if (tiny === null && typeof dumpJobs === 'number' && readers < dumpJobs) context.log.warning(tell);
  else context.log.info(tell);
  return settled;
}

/** True where the archive comes in as bytes that we read, and not as files that pg_dump writes. */
export function isStream({ store }: CommandContext): boolean {
  return store.archives.takes === 'bytes';
}

/** Tables and indexes with their sizes, and the bytes of the archive, before compression. */
export interface Sizes {
  relations: CatalogRelation[];
  estimatedBytes: number;
}

/** What is looked up in the source. */
export interface Measured extends Sizes {
  rowSettings: RowSettings;
}

/** Looks how large the source is. Tells. */
export async function measureSource(source: SourceDatabase, context: CommandContext): Promise<Measured> {
  const measured = await source.sessions.use(async (session) => {
    const relations = await readRelations(session);
    const rowSettings = await readRowSettings(session);
    return { relations, rowSettings, estimatedBytes: await estimateArchiveBytes(session, relations) };
  });
  const { estimatedBytes } = measured;
  const partBytes = context.store.archives.partBytesFor(estimatedBytes);
  const how = partBytes === null ? '' : `; it is uploaded in parts of ${formatBytes(partBytes)}`;
  context.log.info(`the archive will have about ${formatBytes(estimatedBytes)} before compression${how}`);
  return measured;
}
