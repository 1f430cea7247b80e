/** The objects in a folder of a bucket, page by page. */
import type { ListObjectsV2CommandOutput } from '@aws-sdk/client-s3';
import { paginateListObjectsV2 } from '@aws-sdk/client-s3';
import type { ListedObject } from '../object-store.js';
import { uriOf, type S3Access } from './client.js';
import { notS3Error, toStoreError } from './errors.js';
import type { S3Settings } from './settings.js';

/** Objects directly in this folder (a prefix that ends with a slash, or goes on into names). Throws STORE. */
export async function* objectsIn({ client, settings }: S3Access, folder: string): AsyncGenerator<ListedObject> {
  const request = { Bucket: settings.bucket, Prefix: folder, Delimiter: '/' };
  try {
    for await (const page of paginateListObjectsV2({ client }, request)) {
      refuseForeignPage(page, settings, folder);
      for (const { Key: key, Size: sizeBytes = 0, ETag: etag = '', LastModified } of page.Contents ?? []) {
        if (key?.startsWith(folder) !== true) continue;
        const object = { key, uri: uriOf(settings, key) };
        yield { object, sizeBytes, etag, lastModified: LastModified ?? new Date(0) };
      }
    }
  } catch (error) {
    throw toStoreError(error, settings, 'list', folder);
  }
}

/** Names of the folders directly in this one (a prefix that ends with a slash, or nothing). Throws STORE. */
export async function foldersIn({ client, settings }: S3Access, folder: string): Promise<string[]> {
  const request = { Bucket: settings.bucket, Prefix: folder, Delimiter: '/' };
  const names: string[] = [];
  try {
    for await (const page of paginateListObjectsV2({ client }, request)) {
      refuseForeignPage(page, settings, folder);
      for (const { Prefix } of page.CommonPrefixes ?? []) {
        if (Prefix?.startsWith(folder) === true) names.push(Prefix.slice(folder.length).replace(/\/$/, ''));
      }
    }
    return names;
  } catch (error) {
    throw toStoreError(error, settings, 'list', folder);
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
