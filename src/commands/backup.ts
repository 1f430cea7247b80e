import { mapTotals } from '../archive/map-totals.js';
import { FaultList } from '../checks/fault-list.js';
import { checkDumpOptions, checkName, checkToolsWrite } from '../checks/backup-checks.js';
import type { BackupSettings } from '../inputs/settings.js';
import { PhaseliftError } from '../foundation/errors.js';
import { estimateArchiveBytes, readRelations, type SourceRelation } from '../postgres/source-catalog.js';
import { formatBytes, formatExact, plural } from '../foundation/format.js';
import type { Manifest } from '../store/manifest.js';
import { defaultBackupName } from '../store/names.js';
import { choosePartSize } from '../store/s3/part-size.js';
import type { BackupRef, Standing } from '../store/store.js';
import { PHASELIFT_VERSION } from '../foundation/version.js';
import { archivedRelations } from './archived-relations.js';
import type { CommandContext } from './context.js';
import { dumpToDirectory, type DumpedArchive } from './directory-backup.js';
import { openSource, type SourceDatabase } from './source-database.js';
import { dumpAndUpload, type DescribedArchive } from './uploaded-backup.js';

/** Checks of what comes after the backup, to be reported together with the backup's own. */
export interface MoreChecks {
  faults: FaultList;
  check(source: SourceDatabase): Promise<void>;
}

/** Backs one database up. Nothing is visible under its final name before everything has arrived and been checked. */
export async function backup(settings: BackupSettings, context: CommandContext, more?: MoreChecks): Promise<BackupRef> {
  const startedAt = context.now();
  const ref = context.store.locate(settings.database, settings.backupName ?? defaultBackupName(startedAt));
  context.recorder.set({ backupName: ref.name, backupUri: ref.archive.uri, manifestUri: ref.manifest.uri });

  context.log.group(`Checks before the backup of ${settings.database}`);
  context.recorder.startStep('checks');
  const { source, standing } = await prepare(settings, ref, context, more);
  const relations = await source.sessions.use(readRelations);
  const size = await estimateSize(settings, source, context);
  context.signal.throwIfAborted();

  context.log.group(`Backup of ${settings.database} to ${ref.archive.uri}`);
  context.recorder.startStep('backup');
  const { directories, uploads } = context.store;
  const describeArchive = (archive: DescribedArchive): Manifest =>
    describe(settings, ref, archive, relations, startedAt, context);
  const dump = { settings, ref, toolbox: source.toolbox, ...size, overwrites: standing.state !== 'nothing', standing };
  let archive: DumpedArchive;
  if (uploads !== null) archive = await dumpAndUpload(dump, uploads, describeArchive, context);
  else if (directories !== null) archive = await dumpToDirectory(dump, directories, context);
  else throw new PhaseliftError('INTERNAL', 'the store takes no archives');
  const manifest = describeArchive(archive);
  await archive.publish(manifest);

  const { rows, tables } = manifest.summary;
  const { sizeBytes } = archive.info;
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
): Promise<{ source: SourceDatabase; standing: Standing }> {
  const faults = more?.faults ?? new FaultList();
  const source = await faults.check(() => openSource(settings, context));
  if (source !== null) await faults.check(() => checkDumpOptions(settings, source.toolbox.versions.pg_dump));
  const { directories } = context.store;
  const readable = await faults.check(async () => {
    await context.store.checkReadable(ref);
    await directories?.makeFolder(ref.database);
    return true;
  });
  const standing = readable === null ? null : await faults.check(() => checkName(context, ref, settings.force));
  if (readable !== null && !settings.skipChecks) await faults.check(() => context.store.checkWritable(ref));
  if (readable !== null && source !== null && directories !== null && faults.isEmpty) {
    await faults.check(() => checkToolsWrite(directories, ref, source.toolbox));
  }
  if (source !== null && more !== undefined && !settings.skipChecks) await faults.check(() => more.check(source));
  faults.throwIfAny();
  if (source === null || standing === null) throw new PhaseliftError('INTERNAL', 'a check failed without a fault');
  return { source, standing };
}

interface ExpectedSize {
  /** Of the archive, before compression. */
  estimatedBytes: number;
  partSizeBytes: number;
}

async function estimateSize(
  settings: BackupSettings,
  source: SourceDatabase,
  context: CommandContext,
): Promise<ExpectedSize> {
  const estimatedBytes = await source.sessions.use(estimateArchiveBytes);
  const { store } = settings;
  const partSizeBytes = choosePartSize(estimatedBytes, store.kind === 's3' ? store.chunkSizeBytes : null);
  const how = store.kind === 's3' ? `; it is uploaded in parts of ${formatBytes(partSizeBytes)}` : '';
  context.log.info(`the archive will have about ${formatBytes(estimatedBytes)} before compression${how}`);
  return { estimatedBytes, partSizeBytes };
}

function describe(
  settings: BackupSettings,
  ref: BackupRef,
  { map, head, info }: DescribedArchive,
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
      ...(info.id === null ? {} : { archiveId: info.id, etag: info.etag }),
    },
    archive: {
      ...(info.id === null ? {} : { id: info.id }),
      sha256: map.sha256,
      sizeBytes: map.sizeBytes,
      etag: info.etag,
      versionId: info.versionId,
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
