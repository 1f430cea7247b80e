/** Multipart uploads that were begun and not ended. */
import type { ListMultipartUploadsCommandOutput, ListPartsCommandOutput } from '@aws-sdk/client-s3';
import { ListMultipartUploadsCommand, ListPartsCommand } from '@aws-sdk/client-s3';
import pMap from 'p-map';
import type { PendingUpload } from '../backup-catalogue.js';
import { ARCHIVE_SUFFIX, backupNameFault } from '../names.js';
import type { S3Access } from './client.js';
import { uriOf } from './client.js';
import { factsOf } from './error-facts.js';
import { toStoreError } from './errors.js';

const UPLOADS_AT_ONCE = 16;

/**
 * Those of archives directly in this folder, oldest first. Some stores have no such list, and some credentials may not see
 * it (s3:ListBucketMultipartUploads): then there are none, with a debug line. Throws STORE for anything else.
 */
export async function listUploads(access: S3Access, folder: string): Promise<PendingUpload[]> {
  const { client, settings, logger } = access;
  const found: PendingUpload[] = [];
  const request = { Bucket: settings.bucket, Prefix: folder, Delimiter: '/' };
  let markers: PageMarkers | null = {};
  while (markers !== null) {
    let page: ListMultipartUploadsCommandOutput;
    try {
      page = await client.send(new ListMultipartUploadsCommand({ ...request, ...markers }));
    } catch (error) {
      const { status, name, message } = factsOf(error);
      const unsupported = status === 501 || (status !== null && status < 500 && name !== 'NoSuchBucket');
      if (!unsupported) throw toStoreError(error, settings, 'list the uploads of', folder);
      logger.debug(`unfinished uploads to ${uriOf(settings, folder)} cannot be listed: ${name} ${message}`);
      return [];
    }
    for (const { Key: key = '', UploadId: uploadId = '', Initiated: startedAt } of page.Uploads ?? []) {
      // Some stores pay no heed to prefix and delimiter.
      if (startedAt === undefined || !isArchiveIn(folder, key)) continue;
      found.push({ object: { key, uri: uriOf(settings, key) }, uploadId, startedAt });
    }
    markers = nextMarkers(page, markers);
  }
  const dated = await pMap(
    found,
    async (upload) => {
      const lastActiveAt = await newestPartAt(access, upload);
      return lastActiveAt === null ? upload : { ...upload, lastActiveAt };
    },
    { concurrency: UPLOADS_AT_ONCE },
  );
  return dated.sort((a, b) => a.startedAt.getTime() - b.startedAt.getTime());
}

/** null without parts, and where they cannot be listed: then the upload's own time has to do. */
async function newestPartAt({ client, settings, logger }: S3Access, upload: PendingUpload): Promise<Date | null> {
  const { object, uploadId } = upload;
  const request = { Bucket: settings.bucket, Key: object.key, UploadId: uploadId };
  let newestMs = 0;
  try {
    let marker: string | undefined = '0';
    while (marker !== undefined) {
      // Not the SDK's paginator: it goes by the marker, which stores give with the last page as well.
      const page: ListPartsCommandOutput = await client.send(
        new ListPartsCommand({ ...request, PartNumberMarker: marker }),
      );
      for (const part of page.Parts ?? []) newestMs = Math.max(newestMs, part.LastModified?.getTime() ?? 0);
      const next = page.IsTruncated === true ? page.NextPartNumberMarker : undefined;
      marker = next === marker ? undefined : next;
    }
  } catch (error) {
    const { name, message } = factsOf(error);
    logger.debug(`the parts of the unfinished upload of ${object.uri} cannot be listed: ${name} ${message}`);
  }
  return newestMs === 0 ? null : new Date(newestMs);
}

function isArchiveIn(folder: string, key: string): boolean {
  if (!key.startsWith(folder) || !key.endsWith(ARCHIVE_SUFFIX)) return false;
  return backupNameFault(key.slice(folder.length, -ARCHIVE_SUFFIX.length)) === null;
}

/** Where a page of unfinished uploads begins. */
export interface PageMarkers {
  KeyMarker?: string;
  UploadIdMarker?: string;
}

/** Of the page behind the one that began with `before`; null when there is none. */
export function nextMarkers(page: ListMultipartUploadsCommandOutput, before: PageMarkers): PageMarkers | null {
  const { IsTruncated: isTruncated, NextKeyMarker: key, NextUploadIdMarker: uploadId } = page;
  if (isTruncated !== true || key === undefined || key === '') return null;
  const next = { KeyMarker: key, ...(uploadId === undefined || uploadId === '' ? {} : { UploadIdMarker: uploadId }) };
  // A store that never moves on must not keep us for ever.
  const stays = next.KeyMarker === before.KeyMarker && next.UploadIdMarker === before.UploadIdMarker;
  return stays ? null : next;
}
