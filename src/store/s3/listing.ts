/** Which backups of a database are complete, and when they were taken. */
import { paginateListObjectsV2 } from '@aws-sdk/client-s3';
import { messageOf, PhaseliftError } from '../../errors.js';
import { readSummary, SUMMARY_PREFIX_BYTES } from '../manifest-text.js';
import type { ManifestSummary } from '../manifest.js';
import { completeNames } from '../names.js';
import type { BackupRef, CompleteBackup } from '../store.js';
import type { S3Access } from './client.js';
import { toStoreError } from './errors.js';
import { getText } from './objects.js';

const SUMMARIES_AT_ONCE = 16;

/** Keys directly in this folder (a prefix that ends with a slash), page by page. Throws STORE. */
export async function* keysIn({ client, settings }: S3Access, folder: string): AsyncGenerator<string> {
  const request = { Bucket: settings.bucket, Prefix: folder, Delimiter: '/' };
  try {
    for await (const page of paginateListObjectsV2({ client }, request)) {
      for (const { Key: key } of page.Contents ?? []) if (key !== undefined) yield key;
    }
  } catch (error) {
    throw toStoreError(error, settings, 'list', folder);
  }
}

/** The complete backups in a database's folder, newest first by the time they were taken. `locate` places a name. */
export async function listComplete(
  access: S3Access,
  folder: string,
  locate: (name: string) => BackupRef,
): Promise<CompleteBackup[]> {
  const keys: string[] = [];
  for await (const key of keysIn(access, folder)) keys.push(key);
  const waiting = completeNames(folder, keys).map(locate);
  const found: CompleteBackup[] = [];
  const reader = async () => {
    for (let ref = waiting.pop(); ref !== undefined; ref = waiting.pop()) {
      const summary = await summaryOf(access, ref);
      if (summary !== null) found.push({ ref, takenAt: summary.takenAt });
    }
  };
  await Promise.all(Array.from({ length: SUMMARIES_AT_ONCE }, reader));
  // Times differ in their number of decimals, so they are not compared as text; the name settles what is left.
  return found.sort((a, b) => Date.parse(b.takenAt) - Date.parse(a.takenAt) || (a.ref.name < b.ref.name ? 1 : -1));
}

/** The summary of a backup; null, with a warning, when its manifest cannot be read; null when it is gone. */
export async function summaryOf(access: S3Access, ref: BackupRef): Promise<ManifestSummary | null> {
  try {
    const text = await getText(access, ref.manifest.key, SUMMARY_PREFIX_BYTES);
    return text === null ? null : readSummary(text, ref.manifest.uri);
  } catch (error) {
    // An empty object has no first bytes: 416. Whatever else the store says is not about this one manifest.
    const empty = error instanceof PhaseliftError && /InvalidRange/.test(error.message);
    const ofThisOne = empty || (error instanceof PhaseliftError && error.code === 'MANIFEST');
    if (!ofThisOne) throw error;
    access.logger.warning(`Left out of the list: ${messageOf(error)}`);
    return null;
  }
}
