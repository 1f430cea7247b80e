import { createHash } from 'node:crypto';
import { entryName } from '../archive/entry-title.js';
import { parseHead } from '../archive/head.js';
import { mapStream } from '../archive/map-stream.js';
import { segmentBytesFor } from '../archive/segment-size.js';
import type { RoleRename } from '../archive/renamed-roles.js';
import type { ArchiveContents, ArchiveHead, ArchiveMap } from '../archive/types.js';
import { ofArchive, PhaseliftError } from '../foundation/errors.js';
import { formatBytes, formatExact, formatTime, plural } from '../foundation/format.js';
import { input, joined, phrase, type Phrase } from '../foundation/text.js';
import { shownBy } from '../report/progress-display.js';
import type { BackupCatalogue, BackupRef } from '../store/backup-catalogue.js';
import { mapOf, type ManifestSummary, type RowSettings, type SourceRelation } from '../store/manifest.js';
import { parseManifest } from '../store/manifest-text.js';
import { LATEST } from '../store/names.js';
import type { ObjectInfo, RangeRequest } from '../store/object-store.js';
import type { Store } from '../store/store.js';
import { isInFuture } from '../store/stored-backups.js';
import type { CommandContext } from './context.js';
import { backupsInstead, databasesInstead } from './names-instead.js';

/** Bytes of the archive that was chosen; which object that is need not be said again. */
export type ArchiveRange = Omit<RangeRequest, 'etag'>;

/** A backup that is going to be restored: where it is, its head in memory, its map. */
export interface ChosenBackup {
  ref: BackupRef;
  head: ArchiveHead;
  map: ArchiveMap;
  /** The manifest's; null without one. */
  summary: ManifestSummary | null;
  /** Bytes of the archive. One that was replaced since is refused. */
  read(range: ArchiveRange): AsyncIterable<Buffer>;
  /** `schema.name` of indexes that were not valid in the source. */
  invalidIndexes: ReadonlySet<string>;
  /** Tables and indexes with what the source knew of them; none without a manifest. */
  relations: readonly SourceRelation[];
  /** Further arguments of pg_dump; none without a manifest. */
  dumpOptions: readonly string[];
  /** How the rows were written; null where nobody noted it. */
  rowSettings: RowSettings | null;
  /** What the head calls roles in place of the archive's names; absent: nothing. */
  roleMap?: readonly RoleRename[];
}

/** Finds the backup that a name means; `latest` is the newest complete one. */
export async function findBackup(database: string, name: string, context: CommandContext): Promise<BackupRef> {
  const { backups } = context.store;
  if (name !== LATEST || backups.namesOneArchive) return backups.locate(database, name);
  const [newest] = await backups.listComplete(database);
  if (newest !== undefined) {
    const takenAt = new Date(newest.takenAt);
    if (isInFuture(takenAt, context.now())) {
      context.log.warning(
        `the newest backup, ${newest.ref.name}, has a date in the future (${formatTime(takenAt.getTime())}): is it the one that you mean?`,
      );
    }
    return newest.ref;
  }
  throw new PhaseliftError('BACKUP_NOT_FOUND', `there is no complete backup of ${database} in ${backups.uri}`, {
    object: database,
    hint: phrase`${spaced(await databasesInstead(database, backups))}Check ${inputsOf(backups, 'database')}; only backups with a manifest count.`,
  });
}

/**
 * Reads a backup's manifest and the head of its archive. With `anyArchive` (one exact object was asked for) an archive
 * without a manifest is taken as well, and mapped by reading it once.
 */
export async function readBackup(ref: BackupRef, anyArchive: boolean, context: CommandContext): Promise<ChosenBackup> {
  const { store } = context;
  const { archive: info, manifest: found, belongs } = await store.backups.readManifest(ref);
  if (info === null) throw await notFound(ref, found !== null, store.backups);
  if (found === null) {
    if (anyArchive) return mapArchive(ref, info, context);
    throw new PhaseliftError('BACKUP_NOT_FOUND', `${ref.archive.uri} has no manifest: it is no complete backup`, {
      object: ref.name,
      hint: phrase`If you know that the archive is whole, restore it with ${store.backups.inputFor(ref.archive)}.`,
    });
  }
  const manifest = parseManifest(found.text, found.uri);
  if (info.sizeBytes !== manifest.archive.sizeBytes)
    throw differs(ref, `${plural(info.sizeBytes, 'byte')} instead of ${formatExact(manifest.archive.sizeBytes)}`);
  if (!belongs) throw differs(ref, 'it is of another one, or of one that was replaced');
  const { etag } = manifest.archive;
  if (etag !== null && etag !== info.etag) tellRewritten(ref, etag, info.etag, context);
  const map = mapOf(manifest);
  const head = await readHead(ref, map, info.etag, context);
  const invalid = manifest.source.relations.filter((relation) => relation.kind === 'index' && relation.valid === false);
  return {
    ref,
    head,
    map,
    summary: manifest.summary,
    read: readerOf(store, ref, info.etag),
    invalidIndexes: new Set(invalid.map((index) => `${index.schema}.${index.name}`)),
    relations: manifest.source.relations,
    dumpOptions: manifest.source.options.dumpOptions,
    rowSettings: manifest.source.rowSettings ?? null,
  };
}

/** No reason to refuse: a copy to another bucket changes the ETag as well, and every byte is compared with its digest. */
function tellRewritten(ref: BackupRef, before: string, now: string, context: CommandContext): void {
  context.log.warning(
    `${ref.archive.uri} was written again since its backup (ETag ${now} instead of ${before}); its bytes are compared with the manifest's digests as they are read`,
  );
}

function readerOf(store: Store, ref: BackupRef, etag: string): ChosenBackup['read'] {
  return (range) => store.objects.read(ref.archive, { ...range, etag });
}

async function readHead(ref: BackupRef, map: ArchiveMap, etag: string, context: CommandContext): Promise<ArchiveHead> {
  const range = { offset: 0, length: map.head.length, etag, signal: context.signal };
  const bytes = await wholeOf(context.store.objects.read(ref.archive, range));
  if (createHash('sha256').update(bytes).digest('hex') !== map.head.sha256) {
    throw differs(ref, 'its header and TOC differ from their digest');
  }
  const head = parseHead(bytes);
  const known = new Set(head.entries.map((entry) => entry.dumpId));
  const stranger = map.blocks.find((block) => !known.has(block.dumpId));
  if (stranger !== undefined) throw differs(ref, `the archive has no entry ${stranger.dumpId}`);
  const mapped = new Set(map.blocks.map((block) => block.dumpId));
  const unmapped = head.entries.find((entry) => entry.hasData && !mapped.has(entry.dumpId));
  if (unmapped !== undefined) throw differs(ref, `it has no data of ${entryName(unmapped)}`);
  return head;
}

async function wholeOf(read: AsyncIterable<Buffer>): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of read) chunks.push(chunk);
  return Buffer.concat(chunks);
}

async function mapArchive(ref: BackupRef, info: ObjectInfo, context: CommandContext): Promise<ChosenBackup> {
  context.log.info(`${ref.archive.uri} has no manifest: reading it once to map it (${formatBytes(info.sizeBytes)})`);
  const { bytes, wholeBlocks, sizeBytes } = await context.store.backups.readWhole(ref.archive, info, context.signal);
  const progress = context.progress({ label: 'map', totals: { bytes: sizeBytes } });
  const mapping = (): Promise<ArchiveContents> =>
    mapStream(
      bytes,
      (seen) => {
        progress.set(seen);
      },
      { wholeBlocks, segmentBytes: segmentBytesFor(sizeBytes) },
    );
  const { head, map } = await ofObject(ref, () => shownBy(progress, context.signal, mapping));
  return {
    ref,
    head,
    map,
    summary: null,
    read: readerOf(context.store, ref, info.etag),
    invalidIndexes: new Set(),
    relations: [],
    dumpOptions: [],
    rowSettings: null,
  };
}

/** Does the work, whose errors get the name of the object. */
async function ofObject<T>({ archive }: BackupRef, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw error instanceof PhaseliftError ? ofArchive(archive.uri, error) : error;
  }
}

/** These inputs and those that say where backups are, for hints. */
function inputsOf({ placeInputs }: BackupCatalogue, ...inputs: string[]): Phrase {
  const all = [...inputs.map((name) => input(name)), ...placeInputs];
  return phrase`${joined(all.slice(0, -1), ', ')} and ${all.at(-1) ?? ''}`;
}

/** A sentence with others behind it. */
function spaced(sentence: string): string {
  return sentence === '' ? '' : `${sentence} `;
}

async function notFound(ref: BackupRef, hasManifest: boolean, backups: BackupCatalogue): Promise<PhaseliftError> {
  const what = hasManifest
    ? `the archive of the backup ${ref.name} is gone`
    : `there is no backup ${ref.name} of ${ref.database}`;
  return new PhaseliftError('BACKUP_NOT_FOUND', `${what}: ${ref.archive.uri} does not exist`, {
    object: ref.name,
    hint: phrase`${spaced(await backupsInstead(ref, backups))}Check ${inputsOf(backups, 'database', 'backup-name')}; ${input('backup-name', 'latest')} takes the newest complete one.`,
  });
}

function differs(ref: BackupRef, how: string): PhaseliftError {
  return new PhaseliftError('MANIFEST', `the manifest ${ref.manifest.uri} does not describe its archive: ${how}`, {
    object: ref.name,
    hint: 'One of the two was replaced or cut short; restore another backup.',
  });
}
