import { availableParallelism } from 'node:os';
import { mapTotals } from '../archive/map-totals.js';
import type { ArchiveContents } from '../archive/types.js';
import { checkDumpOptions, checkName, checkToolsWrite } from '../checks/backup-checks.js';
import { FaultList } from '../checks/fault-list.js';
import { chooseReaders, reasonForOneReader } from '../dump/reader-count.js';
import { PhaseliftError } from '../foundation/errors.js';
import { formatBytes, formatExact, plural } from '../foundation/format.js';
import { phrase } from '../foundation/text.js';
import { PHASELIFT_VERSION } from '../foundation/version.js';
import type { BackupSettings } from '../inputs/settings.js';
import { connectionRoom } from '../postgres/connection-room.js';
import { estimateArchiveBytes, readRelations, type SourceRelation } from '../postgres/source-catalog.js';
import type { ArchiveIdentity, ArchiveWriter } from '../store/archive-writer.js';
import type { BackupRef, Occupant } from '../store/backup-catalogue.js';
import type { Manifest } from '../store/manifest.js';
import { defaultBackupName } from '../store/names.js';
import { archivedRelations } from './archived-relations.js';
import type { CommandContext } from './context.js';
import type { Dump } from './dump.js';
import { dumpInto } from './dump-into.js';
import { openSource, type SourceDatabase } from './source-database.js';

/** Checks of what comes after the backup, to be reported together with the backup's own. */
export interface MoreChecks {
  faults: FaultList;
  check(source: SourceDatabase): Promise<void>;
}

/** Backs one database up. Nothing is visible under its final name before everything has arrived and been checked. */
export async function backup(settings: BackupSettings, context: CommandContext, more?: MoreChecks): Promise<BackupRef> {
  const startedAt = context.now();
  const ref = context.store.backups.locate(settings.database, settings.backupName ?? defaultBackupName(startedAt));
  context.recorder.set({ backupName: ref.name, backupUri: ref.archive.uri, manifestUri: ref.manifest.uri });

  context.log.group(`Checks before the backup of ${settings.database}`);
  context.recorder.startStep('checks');
  const { source, occupant } = await prepare(settings, ref, context, more);
  const relations = await source.sessions.use(readRelations);
  const estimatedBytes = await estimateSize(source, context);
  context.signal.throwIfAborted();

  context.log.group(`Backup of ${settings.database} to ${ref.archive.uri}`);
  context.recorder.startStep('backup');
  const describeArchive = (contents: ArchiveContents, identity: ArchiveIdentity): Manifest =>
    describe(settings, ref, contents, identity, relations, startedAt, context);
  const { toolbox, sessions } = source;
  const readers = await countReaders(settings, source, context);
  const dump = { settings, toolbox, sessions, readers, estimatedBytes, describe: describeArchive };
  const { signal, leftovers } = context;
  const place = { ref, replaces: occupant, estimatedBytes, signal, leftovers };
  const writer = await context.store.archives.begin(place);
  const { manifest, sizeBytes } = await storeArchive(writer, dump, context);

  const { rows, tables } = manifest.summary;
  context.recorder.set({ sizeBytes, rowCount: rows, tableCount: tables });
  context.recorder.endStep('success');
  const counted = rows === null ? 'rows not counted' : `${formatExact(rows)} rows`;
  context.log.info(`backup ${ref.name} is complete: ${formatBytes(sizeBytes)}, ${plural(tables, 'table')}, ${counted}`);
  return ref;
}

async function prepare(
  settings: BackupSettings,
  ref: BackupRef,
  context: CommandContext,
  more: MoreChecks | undefined,
): Promise<{ source: SourceDatabase; occupant: Occupant }> {
  const { backups, archives } = context.store;
  const faults = more?.faults ?? new FaultList();
  const source = await faults.check(() => openSource(settings, context));
  if (source !== null) {
    await faults.check(() => checkDumpOptions(settings.compress, source.toolbox.versions.pg_dump, archives));
  }
  const readable = await faults.check(async () => {
    await backups.checkReadable(ref);
    return { folder: await archives.makeFolder(ref.database) };
  });
  const occupant = readable === null ? null : await faults.check(() => checkName(context, ref, settings.force));
  if (readable !== null && !settings.skipChecks) await faults.check(() => archives.checkWritable(ref));
  if (readable !== null && source !== null && faults.isEmpty) {
    await faults.check(() => checkToolsWrite(readable.folder, source.toolbox));
  }
  if (source !== null && more !== undefined && !settings.skipChecks) await faults.check(() => more.check(source));
  faults.throwIfAny();
  if (source === null || occupant === null) throw new PhaseliftError('INTERNAL', 'a check failed without a fault');
  return { source, occupant };
}

/** How many sessions read, as far as the server has them. */
async function countReaders(
  settings: BackupSettings,
  source: SourceDatabase,
  context: CommandContext,
): Promise<number> {
  if (settings.dumpJobs === 1) return 1;
  const isStream = context.store.archives.takes === 'bytes';
  const { readers, because } = chooseReaders({
    wanted: settings.dumpJobs,
    cores: availableParallelism(),
    freeConnections: await source.sessions.use(connectionRoom),
    reasonForOne: isStream ? reasonForOneReader(settings) : null,
  });
  const why = because === null ? '' : phrase`: ${because}`;
  const tell = phrase`${plural(readers, 'reader')}${why}`;
  if (typeof settings.dumpJobs === 'number' && readers < settings.dumpJobs) context.log.warning(tell);
  else context.log.info(tell);
  return readers;
}

/** Bytes of the archive, before compression. */
async function estimateSize(source: SourceDatabase, context: CommandContext): Promise<number> {
  const estimatedBytes = await source.sessions.use(estimateArchiveBytes);
  const manner = context.store.archives.mannerOf(estimatedBytes);
  const how = manner === null ? '' : `; ${manner}`;
  context.log.info(`the archive will have about ${formatBytes(estimatedBytes)} before compression${how}`);
  return estimatedBytes;
}

/** Dumps, and makes a backup of what has come. When either fails nothing stays. */
async function storeArchive(
  writer: ArchiveWriter,
  dump: Dump,
  context: CommandContext,
): Promise<{ manifest: Manifest; sizeBytes: number }> {
  try {
    context.signal.throwIfAborted();
    const archive = await dumpInto(writer, dump, context);
    const manifest = dump.describe(archive, archive.info);
    await writer.publish(manifest);
    return { manifest, sizeBytes: archive.info.sizeBytes };
  } catch (error) {
    await writer.discard();
    throw error;
  }
}

function describe(
  settings: BackupSettings,
  ref: BackupRef,
  { map, head }: ArchiveContents,
  { id, etag, versionId }: ArchiveIdentity,
  relations: SourceRelation[],
  startedAt: Date,
  context: CommandContext,
): Manifest {
  const { tables, rows } = mapTotals(map);
  return {
    format: 1,
    summary: {
      database: ref.database,
      name: ref.name,
      takenAt: startedAt.toISOString(),
      finishedAt: context.now().toISOString(),
      sizeBytes: map.sizeBytes,
      rows,
      tables,
      serverVersion: head.header.serverVersion,
      dumpVersion: head.header.dumpVersion,
      phaseliftVersion: PHASELIFT_VERSION,
      ...(id === null ? {} : { archiveId: id, etag }),
    },
    archive: {
      ...(id === null ? {} : { id }),
      sha256: map.sha256,
      sizeBytes: map.sizeBytes,
      etag,
      versionId,
      compression: head.header.compression,
    },
    map: { head: map.head, blocks: map.blocks },
    source: {
      serverVersion: head.header.serverVersion,
      options: { compress: settings.compress, dumpOptions: settings.dumpOptions },
      relations: archivedRelations(relations, head.entries),
    },
  };
}
