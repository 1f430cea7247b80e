/** What stands in a database's folder: backups, complete or not. */
import { paginateListObjectsV2 } from '@aws-sdk/client-s3';
import type { ListObjectsV2CommandOutput } from '@aws-sdk/client-s3';
import type { S3Settings } from '../../inputs/settings.js';
import { messageOf, PhaseliftError } from '../../errors.js';
import { readSummary, SUMMARY_PREFIX_BYTES } from '../manifest-text.js';
import type { ManifestSummary } from '../manifest.js';
import { ARCHIVE_SUFFIX, backupNameFault, MANIFEST_SUFFIX } from '../names.js';
import type { BackupRef, StoredBackup } from '../store.js';
import { newestFirst } from '../stored-backups.js';
import type { S3Access } from './client.js';
import { notS3Error, toStoreError } from './errors.js';
import { getText, headObject } from './objects.js';

const SUMMARIES_AT_ONCE = 16;

/** What a listing, or a HEAD, tells of an object. */
interface StoredObject {
  sizeBytes: number;
  lastModified: Date;
}

/** The objects that stand under one name. */
export interface ObjectPair {
  ref: BackupRef;
  archive: StoredObject | null;
  manifest: StoredObject | null;
}

/**
 * All that stands under names of backups in a database's folder, newest first. `locate` places a name. With `pairsOnly` what
 * lacks one of its objects is passed over, and no request spent on it.
 */
export async function listFolder(
  access: S3Access,
  folder: string,
  locate: (name: string) => BackupRef,
  { pairsOnly = false }: { pairsOnly?: boolean } = {},
): Promise<StoredBackup[]> {
  const pairs = new Map<string, ObjectPair>();
  for await (const { key, ...object } of objectsIn(access, folder)) {
    const file = key.slice(folder.length);
    const kind = file.endsWith(MANIFEST_SUFFIX) ? 'manifest' : 'archive';
    const suffix = kind === 'manifest' ? MANIFEST_SUFFIX : ARCHIVE_SUFFIX;
    const name = file.slice(0, -suffix.length);
    if (!file.endsWith(suffix) || backupNameFault(name) !== null) continue;
    const pair = pairs.get(name) ?? { ref: locate(name), archive: null, manifest: null };
    pair[kind] = object;
    pairs.set(name, pair);
  }
  const waiting = [...pairs.values()].filter(
    ({ archive, manifest }) => !pairsOnly || (archive !== null && manifest !== null),
  );
  const found: StoredBackup[] = [];
  const reader = async () => {
    for (let pair = waiting.pop(); pair !== undefined; pair = waiting.pop()) {
      const backup = await storedBackup(access, pair);
      if (backup !== null) found.push(backup);
    }
  };
  await Promise.all(Array.from({ length: SUMMARIES_AT_ONCE }, reader));
  return newestFirst(found);
}

/** What a pair of objects is, by its manifest; null when neither is there (any more). */
export async function storedBackup(access: S3Access, { ref, ...pair }: ObjectPair): Promise<StoredBackup | null> {
  const { archive } = pair;
  const summary = pair.manifest === null ? 'missing' : await readSummaryOf(access, ref);
  const manifest = summary === 'missing' ? null : pair.manifest;
  if (archive === null && manifest === null) return null;
  const bare = summary === 'missing';
  return {
    ref,
    state: stateOf(summary, archive),
    summary: typeof summary === 'string' ? null : summary,
    sizeBytes: archive?.sizeBytes ?? null,
    lastModified: new Date(Math.max(archive?.lastModified.getTime() ?? 0, manifest?.lastModified.getTime() ?? 0)),
    ...(bare ? { isOurs: (await headObject(access, ref.archive.key))?.isOurs ?? false } : {}),
  };
}

function stateOf(
  summary: ManifestSummary | 'missing' | 'unreadable',
  archive: StoredObject | null,
): StoredBackup['state'] {
  if (summary === 'missing') return 'no manifest';
  if (summary === 'unreadable') return 'unreadable manifest';
  return archive === null ? 'no archive' : 'complete';
}

/** The summary of a backup; `unreadable`, with a warning, when its manifest is something else. */
async function readSummaryOf(access: S3Access, ref: BackupRef): Promise<ManifestSummary | 'missing' | 'unreadable'> {
  try {
    const text = await getText(access, ref.manifest.key, { firstBytes: SUMMARY_PREFIX_BYTES });
    return text === null ? 'missing' : readSummary(text, ref.manifest.uri);
  } catch (error) {
    // An empty object has no first bytes: 416. Whatever else the store says is not about this one manifest.
    const empty = error instanceof PhaseliftError && /InvalidRange/.test(error.message);
    const ofThisOne = empty || (error instanceof PhaseliftError && error.code === 'MANIFEST');
    if (!ofThisOne) throw error;
    access.logger.warning(
      `Not counted as a backup: ${empty ? `The manifest ${ref.manifest.uri} is empty` : messageOf(error)}`,
    );
    return 'unreadable';
  }
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

/** Objects directly in this folder (a prefix that ends with a slash), page by page. Throws STORE. */
async function* objectsIn(
  { client, settings }: S3Access,
  folder: string,
): AsyncGenerator<StoredObject & { key: string }> {
  const request = { Bucket: settings.bucket, Prefix: folder, Delimiter: '/' };
  try {
    for await (const page of paginateListObjectsV2({ client }, request)) {
      refuseForeignPage(page, settings, folder);
      for (const { Key: key, Size: sizeBytes = 0, LastModified: lastModified = new Date(0) } of page.Contents ?? []) {
        if (key?.startsWith(folder) === true) yield { key, sizeBytes, lastModified };
      }
    }
  } catch (error) {
    throw toStoreError(error, settings, 'list', folder);
  }
}
