import { MAGIC } from '../archive/header.js';
import { mapTotals } from '../archive/map-totals.js';
import type { ArchiveMap } from '../archive/types.js';
import { PhaseliftError } from '../foundation/errors.js';
import { formatBytes, plural } from '../foundation/format.js';
import type { VerifySettings } from '../inputs/settings.js';
import { pgRestoreMajorFor } from '../postgres/restore-args.js';
import type { RunningTool } from '../postgres/toolbox.js';
import { shownBy } from '../report/progress-display.js';
import { verificationText } from '../report/verification-text.js';
import type { BackupRef } from '../store/backup-catalogue.js';
import { judge, structureError, type ReadArchive } from '../verify/archive-findings.js';
import { readArchive, type ArchiveReading } from '../verify/archive-reading.js';
import { findBackup, readBackup } from './chosen-backup.js';
import type { CommandContext } from './context.js';

/** Enough of an archive to see its version. */
const VERSION_BYTES = MAGIC.length + 2;

/** An archive that is about to be read through. */
interface ArchiveToRead extends ReadArchive {
  /** Of the archive's format. */
  version: { major: number; minor: number };
  bytes: AsyncIterable<Buffer>;
}

/** Reads one backup from its first byte to its last and compares it with its manifest. Needs no database. */
export async function verify(settings: VerifySettings, context: CommandContext): Promise<void> {
  const { log, recorder } = context;
  log.group(`Checks before the verification of a backup of ${settings.database}`);
  recorder.startStep('checks');
  const ref = await findBackup(settings.database, settings.backupName, context);
  recorder.set({ backupName: ref.name, backupUri: ref.archive.uri, manifestUri: ref.manifest.uri });
  const archive = (await openBare(ref, context)) ?? (await openWithManifest(ref, context));
  const toolbox = await context.toolboxes.atLeast(pgRestoreMajorFor(archive.version), null);

  log.group(`Verification of ${archive.uri}`);
  recorder.startStep('read');
  const args = ['--format=custom', '--file=/dev/null'];
  const reading = await readThrough(archive, toolbox.start('pg_restore', { args, env: {}, input: 'pipe' }), context);
  if (archive.expected === null && reading.map !== null) tellContents(reading.map, context);
  const { lines, fault } = judge(archive, reading);
  recorder.verification(lines);
  for (const line of verificationText(lines)) log.info(line);
  if (fault !== null) throw fault;
  recorder.endStep('success');
  log.endGroup();
  log.info(`backup ${ref.name} is whole: ${formatBytes(reading.bytesRead)} read`);
}

async function openWithManifest(ref: BackupRef, context: CommandContext): Promise<ArchiveToRead> {
  const backup = await readBackup(ref, false, context);
  const { head, map } = backup;
  tellContents(map, context);
  return {
    uri: ref.archive.uri,
    manifestUri: ref.manifest.uri,
    sizeBytes: map.sizeBytes,
    expected: map,
    summary: backup.summary,
    head,
    version: head.header.version,
    bytes: backup.read({ offset: 0, length: map.sizeBytes, signal: context.signal }),
  };
}

/** One exact archive that was asked for and has no manifest: it is its own witness. Otherwise null. */
async function openBare(ref: BackupRef, context: CommandContext): Promise<ArchiveToRead | null> {
  const { store, log, recorder, signal } = context;
  if (!store.backups.namesOneArchive) return null;
  const { archive: info, manifest } = await store.backups.readManifest(ref);
  if (info === null || manifest !== null) return null;
  const note = `${ref.archive.uri} has no manifest: its structure is looked at, and there are no digests to compare its bytes with`;
  log.warning(note);
  recorder.note(note);
  const whole = await store.backups.readWhole(ref.archive, info, signal);
  const { start, bytes } = await beginningOf(whole.bytes, VERSION_BYTES);
  const places = { uri: ref.archive.uri, manifestUri: ref.manifest.uri };
  return {
    ...places,
    sizeBytes: whole.sizeBytes,
    expected: null,
    summary: null,
    head: null,
    version: versionIn(start),
    bytes,
  };
}

/** What is no archive has no version; the reading will say what it looks like. */
function versionIn(start: Buffer): ArchiveToRead['version'] {
  const isArchive = start.length >= VERSION_BYTES && start.subarray(0, MAGIC.length).equals(MAGIC);
  return { major: 1, minor: isArchive ? start.readUInt8(MAGIC.length + 1) : 0 };
}

/** At least so many bytes from the start of a stream, if it has them, and the whole stream, not to be read again for that. */
async function beginningOf(
  stream: AsyncIterable<Buffer>,
  length: number,
): Promise<{ start: Buffer; bytes: AsyncIterable<Buffer> }> {
  const rest = stream[Symbol.asyncIterator]();
  let start = Buffer.alloc(0);
  let ended = false;
  while (start.length < length && !ended) {
    const next = await rest.next();
    if (next.done === true) ended = true;
    else start = Buffer.concat([start, next.value]);
  }
  async function* whole(): AsyncGenerator<Buffer> {
    if (start.length > 0) yield start;
    if (!ended) yield* { [Symbol.asyncIterator]: () => rest };
  }
  return { start, bytes: whole() };
}

async function readThrough(
  archive: ArchiveToRead,
  tool: RunningTool,
  context: CommandContext,
): Promise<ArchiveReading> {
  const { recorder, signal } = context;
  const { bytes, expected } = archive;
  const progress = context.progress({ label: 'verify', totals: { bytes: archive.sizeBytes } });
  const onProgress = (done: { bytes: number; rows: number }): void => {
    progress.set(done);
    recorder.stepTotals(done);
  };
  try {
    return await shownBy(progress, signal, () => readArchive({ bytes, expected, tool, onProgress }));
  } catch (error) {
    throw error instanceof PhaseliftError && !signal.aborted ? structureError(archive, error) : error;
  } finally {
    await tool.stop();
  }
}

function tellContents(map: ArchiveMap, { log, recorder }: CommandContext): void {
  const { sizeBytes } = map;
  const { tables, rows } = mapTotals(map);
  recorder.set({ sizeBytes, tableCount: tables, rowCount: rows });
  const counted = rows === null ? 'rows not counted' : plural(rows, 'row');
  log.info(`${formatBytes(sizeBytes)}, ${plural(tables, 'table')}, ${counted}`);
}
