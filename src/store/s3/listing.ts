/** What stands in a database's folder: backups, complete or not. */
import { paginateListObjectsV2 } from '@aws-sdk/client-s3';
import type { ListObjectsV2CommandOutput } from '@aws-sdk/client-s3';
import { SUMMARY_PREFIX_BYTES } from '../manifest-text.js';
import { aheadIn, ARCHIVE_SUFFIX, backupNameFault, MANIFEST_SUFFIX } from '../names.js';
import type { BackupRef, StoredBackup } from '../store.js';
import { newestFirst } from '../stored-backups.js';
import type { S3Access } from './client.js';
import { notS3Error, toStoreError } from './errors.js';
import { findManifest, isCertain, saidBy, stateOf } from './found-manifest.js';
import { getText, headObject } from './objects.js';
import type { S3Settings } from './settings.js';

const SUMMARIES_AT_ONCE = 16;

/** What a listing tells of an object. */
interface StoredObject {
  sizeBytes: number;
  /** Empty where a store lists none. */
  etag: string;
  lastModified: Date;
}

/** The objects that stand under one name. */
interface NamedObjects {
  ref: BackupRef;
  archive: StoredObject | null;
  manifest: StoredObject | null;
  /** A manifest that was written ahead is there. */
  hasAhead: boolean;
}

/**
 * All that stands under names of backups in a database's folder, newest first. `locate` places a name. With `pairsOnly` what
 * has no manifest, or no archive, is passed over, and no request spent on it.
 */
export async function listFolder(
  access: S3Access,
  folder: string,
  locate: (name: string) => BackupRef,
  { pairsOnly = false }: { pairsOnly?: boolean } = {},
): Promise<StoredBackup[]> {
  const byName = new Map<string, NamedObjects>();
  for await (const { key, ...object } of objectsIn(access, folder)) {
    const file = fileIn(key.slice(folder.length));
    if (file === null) continue;
    const { name, kind } = file;
    const named = byName.get(name) ?? { ref: locate(name), archive: null, manifest: null, hasAhead: false };
    if (kind === 'ahead') named.hasAhead = true;
    else named[kind] = object;
    byName.set(name, named);
  }
  const waiting = [...byName.values()].filter(({ archive, manifest, hasAhead }) =>
    pairsOnly ? archive !== null && (manifest !== null || hasAhead) : archive !== null || manifest !== null,
  );
  const found: StoredBackup[] = [];
  const reader = async () => {
    for (let named = waiting.pop(); named !== undefined; named = waiting.pop()) {
      const backup = (await plainBackup(access, named)) ?? (await storedBackup(access, named.ref));
      if (backup !== null) found.push(backup);
    }
  };
  await Promise.all(Array.from({ length: SUMMARIES_AT_ONCE }, reader));
  return newestFirst(found);
}

/** The backup and the kind of object that a file is of; null for anything else. */
function fileIn(file: string): { name: string; kind: 'archive' | 'manifest' | 'ahead' } | null {
  const ahead = aheadIn(file);
  const kind = ahead !== null ? 'ahead' : file.endsWith(MANIFEST_SUFFIX) ? 'manifest' : 'archive';
  const suffix = kind === 'manifest' ? MANIFEST_SUFFIX : ARCHIVE_SUFFIX;
  if (ahead === null && !file.endsWith(suffix)) return null;
  const name = ahead?.name ?? file.slice(0, -suffix.length);
  return backupNameFault(name) === null ? { name, kind } : null;
}

/** What the listing and the first line of the manifest settle: nearly all. null when the archive itself has to be asked. */
async function plainBackup(
  access: S3Access,
  { ref, archive, manifest, hasAhead }: NamedObjects,
): Promise<StoredBackup | null> {
  if (archive === null || manifest === null) return null;
  const text = await getText(access, ref.manifest.key, { firstBytes: SUMMARY_PREFIX_BYTES });
  const said = saidBy(text, ref.manifest, hasAhead ? null : access);
  const summary = typeof said === 'string' ? null : said;
  const lastModified = new Date(Math.max(archive.lastModified.getTime(), manifest.lastModified.getTime()));
  const backup = { ref, summary, sizeBytes: archive.sizeBytes, lastModified };
  if (summary !== null && isCertain(summary, archive)) return { ...backup, state: 'complete' };
  // With an id it wants to be asked for it; without one, as older versions wrote it, there is nothing to ask.
  if (hasAhead || said === 'missing' || summary?.archiveId !== undefined) return null;
  const state = stateOf(said, { id: null, sizeBytes: archive.sizeBytes });
  return state === 'manifest of another archive' ? null : { ...backup, state };
}

/** What stands in the place of a backup, by looking at each of its objects; null when nothing does (any more). */
export async function storedBackup(access: S3Access, ref: BackupRef): Promise<StoredBackup | null> {
  const { state, archive, summary, isAhead, manifest } = await findManifest(access, ref, SUMMARY_PREFIX_BYTES);
  if (state === 'nothing') return null;
  const manifestTime = state === 'no manifest' ? undefined : (await headObject(access, manifest.key))?.lastModified;
  return {
    ref,
    state,
    summary,
    sizeBytes: archive?.sizeBytes ?? null,
    lastModified: new Date(Math.max(archive?.lastModified.getTime() ?? 0, manifestTime?.getTime() ?? 0)),
    ...(isAhead ? { isAhead } : {}),
    ...(state === 'no manifest' || state === 'manifest of another archive' ? { isOurs: archive?.isOurs === true } : {}),
  };
}

/**
 * A web page with status 200 (of a console, a portal, a proxy) reads as a list without objects: a bucket that looks empty. What
 * S3 answers names the bucket and says whether there is more. Throws STORE.
 */
export function refuseForeignPage(page: ListObjectsV2CommandOutput, settings: S3Settings, folder: string): void {
  const { Name, IsTruncated, KeyCount, Contents } = page;
  if ([Name, IsTruncated, KeyCount, Contents].every((member) => member === undefined)) {
    throw notS3Error(settings, 'list', folder);
  }
}

/** Objects directly in this folder (a prefix that ends with a slash, or goes on into names), page by page. Throws STORE. */
export async function* objectsIn(
  { client, settings }: S3Access,
  folder: string,
): AsyncGenerator<StoredObject & { key: string }> {
  const request = { Bucket: settings.bucket, Prefix: folder, Delimiter: '/' };
  try {
    for await (const page of paginateListObjectsV2({ client }, request)) {
      refuseForeignPage(page, settings, folder);
      for (const { Key: key, Size: sizeBytes = 0, ETag: etag = '', LastModified } of page.Contents ?? []) {
        if (key?.startsWith(folder) !== true) continue;
        yield { key, sizeBytes, etag, lastModified: LastModified ?? new Date(0) };
      }
    }
  } catch (error) {
    throw toStoreError(error, settings, 'list', folder);
  }
}
