import { ArchiveMapper } from '../archive/mapper.js';
import { sumOfRows } from '../archive/row-sum.js';
import type { ArchiveMap } from '../archive/types.js';
import { FaultList } from '../checks/fault-list.js';
import { checkDumpOptions, checkName, checkToolsWrite } from '../checks/backup-checks.js';
import type { BackupSettings } from '../inputs/settings.js';
import { PhaseliftError } from '../errors.js';
import { estimateArchiveBytes, readRelations, type SourceRelation } from '../postgres/source-catalog.js';
import { formatBytes, formatExact, plural } from '../report/format.js';
import { writeManifest } from '../store/manifest-text.js';
import type { Manifest } from '../store/manifest.js';
import { defaultBackupName } from '../store/names.js';
import { choosePartSize } from '../store/s3/part-size.js';
import type { BackupRef } from '../store/store.js';
import { PHASELIFT_VERSION } from '../version.js';
import { archivedRelations } from './archived-relations.js';
import { BackupStream } from './backup-stream.js';
import type { CommandContext } from './context.js';
import { dumpToDirectory, expectedBytes, type Dump, type DumpedArchive } from './directory-backup.js';
import { ReplacedBackup } from './replaced-backup.js';
import { dumpError, openSource, startDump, type Source } from './source-database.js';

/** Checks of what comes after the backup, to be reported together with the backup's own. */
export interface MoreChecks {
  faults: FaultList;
  check(source: Source): Promise<void>;
}

/** Backs one database up. Nothing is visible under its final name before everything has arrived and been checked. */
export async function backup(settings: BackupSettings, context: CommandContext, more?: MoreChecks): Promise<BackupRef> {
  const startedAt = context.now();
  const ref = context.store.locate(settings.database, settings.backupName ?? defaultBackupName(startedAt));
  context.recorder.set({ backupName: ref.name, backupUri: ref.archive.uri, manifestUri: ref.manifest.uri });

  context.log.group(`Checks before the backup of ${settings.database}`);
  context.recorder.startStep('checks');
  const { source, replaces } = await prepare(settings, ref, context, more);
  const relations = await source.sessions.use(readRelations);
  const size = await estimateSize(settings, source, context);
  context.signal.throwIfAborted();

  context.log.group(`Backup of ${settings.database} to ${ref.archive.uri}`);
  context.recorder.startStep('backup');
  const { directories } = context.store;
  const dump = { settings, ref, toolbox: source.toolbox, ...size, overwrites: replaces !== 'nothing' };
  const archive =
    directories === null
      ? await dumpAndUpload({ ...dump, replaces }, context)
      : await dumpToDirectory(dump, directories, context);
  const manifest = describe(settings, ref, archive, relations, startedAt, context);
  await archive.publish(manifest);

  const { rows, tables } = manifest.summary;
  const { sizeBytes } = archive.info;
  context.recorder.set({ sizeBytes, rowCount: rows, tableCount: tables });
  context.recorder.endStep('success');
  const counted = rows === null ? 'rows not counted' : `${formatExact(rows)} rows`;
  context.log.info(`backup ${ref.name} is complete: ${formatBytes(sizeBytes)}, ${plural(tables, 'table')}, ${counted}`);
  return ref;
}

/** What stands where the archive will be. */
type Replaces = 'nothing' | 'leftover' | 'backup';

async function prepare(
  settings: BackupSettings,
  ref: BackupRef,
  context: CommandContext,
  more: MoreChecks | undefined,
): Promise<{ source: Source; replaces: Replaces }> {
  const faults = more?.faults ?? new FaultList();
  const source = await faults.check(() => openSource(settings, context));
  if (source !== null) await faults.check(() => checkDumpOptions(settings, source.toolbox.versions.pg_dump));
  const { directories } = context.store;
  const readable = await faults.check(async () => {
    await context.store.checkReadable(ref);
    await directories?.makeFolder(ref.database);
    return true;
  });
  const replaces = readable === null ? null : await faults.check(() => checkName(context, ref, settings.force));
  if (readable !== null && !settings.skipChecks) await faults.check(() => context.store.checkWritable(ref));
  if (readable !== null && source !== null && directories !== null && faults.isEmpty) {
    await faults.check(() => checkToolsWrite(directories, ref, source.toolbox));
  }
  if (source !== null && more !== undefined && !settings.skipChecks) await faults.check(() => more.check(source));
  faults.throwIfAny();
  if (source === null || replaces === null) throw new PhaseliftError('INTERNAL', 'a check failed without a fault');
  return { source, replaces };
}

interface ExpectedSize {
  /** Of the archive, before compression. */
  estimatedBytes: number;
  partSizeBytes: number;
}

async function estimateSize(settings: BackupSettings, source: Source, context: CommandContext): Promise<ExpectedSize> {
  const estimatedBytes = await source.sessions.use(estimateArchiveBytes);
  const { store } = settings;
  const partSizeBytes = choosePartSize(estimatedBytes, store.kind === 's3' ? store.chunkSizeBytes : null);
  const how = store.kind === 's3' ? `; it is uploaded in parts of ${formatBytes(partSizeBytes)}` : '';
  context.log.info(`the archive will have about ${formatBytes(estimatedBytes)} before compression${how}`);
  return { estimatedBytes, partSizeBytes };
}

/** pg_dump -> mapper -> store. Comes back only with an archive that is complete; else leaves nothing. */
async function dumpAndUpload(
  upload: Dump & ExpectedSize & { replaces: Replaces },
  context: CommandContext,
): Promise<DumpedArchive> {
  const { settings, ref, toolbox } = upload;
  const mapper = new ArchiveMapper();
  const progress = context.progress({ label: 'backup', totals: { bytes: expectedBytes(upload) } });
  const dump = startDump(settings, toolbox);
  const replaced = upload.replaces === 'backup' ? new ReplacedBackup(ref, context) : null;
  const agreeToEnd = async (): Promise<ArchiveMap> => {
    const exit = await dump.exited;
    if (exit.code !== 0) throw dumpError(exit);
    const map = await mapper.end();
    // From here on the old archive gives way; its manifest must not describe the new one for a moment.
    await replaced?.withdraw();
    return map;
  };
  const body = new BackupStream(mapper, agreeToEnd, () => {
    progress.set({ bytes: mapper.bytesSeen, rows: mapper.rowsSeen });
    context.recorder.stepTotals({ bytes: mapper.bytesSeen, rows: mapper.rowsSeen });
  });
  try {
    dump.stdout.on('error', (error) => body.destroy(error)).pipe(body);
    const info = await context.store.upload(ref.archive, body, {
      partSizeBytes: upload.partSizeBytes,
      overwrite: upload.overwrites,
      signal: context.signal,
      onStarted: (uploadId) => {
        context.leftovers.uploadStarted(ref.archive.key, uploadId);
      },
    });
    if (body.archiveMap === null || mapper.head === null)
      throw new PhaseliftError('INTERNAL', 'the upload ended before the archive');
    progress.finish();
    return {
      ...{ map: body.archiveMap, head: mapper.head, info },
      publish: (manifest) => publish(ref, manifest, context),
    };
  } catch (error) {
    progress.finish(context.signal.aborted ? 'cancelled' : 'failed');
    await replaced?.keep();
    throw error;
  } finally {
    body.destroy();
    await dump.stop();
  }
}

/** Writes the manifest: with it the backup is there. Without it the archive is nothing, and goes again. */
async function publish(ref: BackupRef, manifest: Manifest, context: CommandContext): Promise<void> {
  try {
    context.signal.throwIfAborted();
    await context.store.writeText(ref.manifest, writeManifest(manifest));
  } catch (error) {
    // The manifest may be there although its writing failed: when only the answer was lost.
    for (const object of [ref.manifest, ref.archive]) await context.store.remove(object).catch(() => undefined);
    throw error;
  } finally {
    context.leftovers.uploadEnded();
  }
}

function describe(
  settings: BackupSettings,
  ref: BackupRef,
  { map, head, info }: DumpedArchive,
  relations: SourceRelation[],
  startedAt: Date,
  context: CommandContext,
): Manifest {
  const tables = map.blocks.filter((block) => block.kind === 'table');
  return {
    format: 1,
    summary: {
      database: ref.database,
      name: ref.name,
      takenAt: startedAt.toISOString(),
      finishedAt: context.now().toISOString(),
      sizeBytes: map.sizeBytes,
      rows: sumOfRows(tables.map((table) => table.rows)),
      tables: tables.length,
      serverVersion: head.header.serverVersion,
      dumpVersion: head.header.dumpVersion,
      phaseliftVersion: PHASELIFT_VERSION,
    },
    archive: {
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
