import { mapTotals } from '../archive/map-totals.js';
import { namedRoles } from '../archive/named-roles.js';
import type { ArchiveContents } from '../archive/types.js';
import { formatBytes, plural } from '../foundation/format.js';
import { PHASELIFT_VERSION } from '../foundation/version.js';
import type { BackupSettings } from '../inputs/settings.js';
import type { ArchiveIdentity, ArchiveWriter } from '../store/archive-writer.js';
import type { BackupRef } from '../store/backup-catalogue.js';
import { withEtag, type Manifest } from '../store/manifest.js';
import { defaultBackupName } from '../store/names.js';
import { archivedRelations } from './archived-relations.js';
import {
  isStream,
  measureSource,
  prepare,
  readersFor,
  settleReaders,
  type Measured,
  type MoreChecks,
} from './backup-preparation.js';
import { BegunDump } from './begun-dump.js';
import type { CommandContext } from './context.js';
import type { Dump } from './dump.js';
import { dumpInto } from './dump-into.js';
import { restoreKey } from './own-backup.js';
import type { SourceDatabase } from './source-database.js';

/** Backs one database up. Nothing is visible under its final name before everything has arrived and been checked. */
export async function backup(settings: BackupSettings, context: CommandContext, more?: MoreChecks): Promise<BackupRef> {
  const startedAt = context.now();
  const ref = context.store.backups.locate(settings.database, settings.backupName ?? defaultBackupName(startedAt));
  context.recorder.set({ backupName: ref.name, backupUri: ref.archive.uri, manifestUri: ref.manifest.uri });

  context.log.group(`Checks before the backup of ${settings.database}`);
  context.recorder.startStep('checks');
  const { source, occupant } = await prepare(settings, ref, context, more);
  const choice = readersFor(settings, source, context);
  const begin = (): Promise<BegunDump> => BegunDump.begin(settings, source, choice.readers > 1, context.signal);
  const { begun, ...measured } = await whileMeasuring(isStream(context) ? begin : null, source, context);
  const { relations, estimatedBytes } = measured;
  try {
    context.signal.throwIfAborted();
    context.log.group(`Backup of ${settings.database} to ${ref.archive.uri}`);
    context.recorder.startStep('backup');
    let anonymous: Manifest | null = null;
    const describeArchive = (contents: ArchiveContents, identity: ArchiveIdentity): Manifest => {
      anonymous ??= describe(settings, ref, contents, measured, startedAt, context);
      return identified(anonymous, identity);
    };
    const { toolbox, sessions } = source;
    const { readers } = settleReaders(settings, choice, relations, context);
    const dump = { settings, toolbox, sessions, readers, relations, estimatedBytes, describe: describeArchive };
    const { signal, leftovers } = context;
    const place = { ref, replaces: occupant, estimatedBytes, signal, leftovers };
    const writer = await context.store.archives.begin(place);
    const stored = await storeArchive(writer, dump, begun, context);
    return complete(stored, ref, context);
  } finally {
    await begun?.end();
  }
}

function complete(
  { manifest, sizeBytes }: { manifest: Manifest; sizeBytes: number },
  ref: BackupRef,
  context: CommandContext,
): BackupRef {
  const { rows, tables } = manifest.summary;
  context.recorder.set({ sizeBytes, rowCount: rows, tableCount: tables });
  context.recorder.endStep('success');
  const counted = rows === null ? 'rows not counted' : plural(rows, 'row');
  context.log.info(`backup ${ref.name} is complete: ${formatBytes(sizeBytes)}, ${plural(tables, 'table')}, ${counted}`);
  return ref;
}

/**
 * Looks at the source while pg_dump begins (null: it is not to begin yet), as far as the server has sessions for both. When either
 * fails nothing is left.
 */
async function whileMeasuring(
  begin: (() => Promise<BegunDump>) | null,
  source: SourceDatabase,
  context: CommandContext,
): Promise<Measured & { begun: BegunDump | null }> {
  const isTight = source.freeConnections < SESSIONS_AT_ONCE;
  if (begin === null || isTight) {
    const measured = await measureSource(source, context);
    return { ...measured, begun: begin === null ? null : await begin() };
  }
  const begun = await begin();
  try {
    return { ...(await measureSource(source, context)), begun };
  } catch (error) {
    await begun.end();
    throw error;
  }
}

/** Of the holder, of pg_dump, and of who looks at the source. */
const SESSIONS_AT_ONCE = 3;

/** Dumps, and makes a backup of what has come. When either fails nothing stays. */
async function storeArchive(
  writer: ArchiveWriter,
  dump: Dump,
  begun: BegunDump | null,
  context: CommandContext,
): Promise<{ manifest: Manifest; sizeBytes: number }> {
  try {
    context.signal.throwIfAborted();
    const archive = await dumpInto(writer, dump, begun, context);
    const manifest = dump.describe(archive, archive.info);
    await writer.publish(manifest);
    return { manifest, sizeBytes: archive.info.sizeBytes };
  } catch (error) {
    await writer.discard();
    throw error;
  }
}

/** The manifest of an archive of which nobody knows yet how its place calls it. */
function describe(
  settings: BackupSettings,
  ref: BackupRef,
  { map, head }: ArchiveContents,
  { relations, rowSettings }: Measured,
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
    },
    archive: {
      sha256: map.sha256,
      sizeBytes: map.sizeBytes,
      etag: null,
      versionId: null,
      compression: head.header.compression,
    },
    map: { head: map.head, blocks: map.blocks },
    source: {
      serverVersion: head.header.serverVersion,
      options: { compress: settings.compress, dumpOptions: settings.dumpOptions },
      relations: archivedRelations(relations, head.entries),
      rowSettings,
      roles: namedRoles(head.entries),
    },
    ...(settings.mode === 'all' ? { forRestore: { key: restoreKey(settings.target, context.workflowRun) } } : {}),
  };
}

/** A directory has no id, and its summary no ETag. */
function identified(manifest: Manifest, { id, etag, versionId }: ArchiveIdentity): Manifest {
  const { summary, archive } = manifest;
  if (id === null) return { ...manifest, archive: { ...archive, etag, versionId } };
  return withEtag(
    { ...manifest, summary: { ...summary, archiveId: id }, archive: { id, ...archive } },
    { etag, versionId },
  );
}
