/** Single small requests about one object. */
import { DeleteObjectCommand, GetObjectCommand, HeadObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { messageOf } from '../../foundation/errors.js';
import { MAX_MANIFEST_BYTES } from '../manifest-bound.js';
import { archiveIdIn } from '../names.js';
import type { ObjectInfo, TextBound } from '../object-store.js';
import { readAtMost, readStart } from './bounded-body.js';
import type { S3Access } from './client.js';
import { uriOf } from './client.js';
import type { Condition } from './conditions.js';
import { factsOf, isMissing } from './error-facts.js';
import { toStoreError } from './errors.js';
import { MARK_NAME, OWN_MARK } from './own-mark.js';
import { withRetries } from './retries.js';

const ID_NAME = 'archive-id';

/** The metadata of the archive with this id. */
export function metadataOf(archiveId: string): Record<string, string> {
  return { ...OWN_MARK, [ID_NAME]: archiveId };
}

/** Size, ETag and version of an object; null when it does not exist. */
export async function headObject(access: S3Access, key: string): Promise<ObjectInfo | null> {
  const { client, settings } = access;
  try {
    const answer = await client.send(new HeadObjectCommand({ Bucket: settings.bucket, Key: key }));
    return {
      sizeBytes: answer.ContentLength ?? 0,
      etag: strongEtag(answer.ETag ?? ''),
      versionId: answer.VersionId ?? null,
      lastModified: answer.LastModified ?? new Date(0),
      isOurs: answer.Metadata?.[MARK_NAME] === OWN_MARK[MARK_NAME],
      id: archiveIdIn(answer.Metadata?.[ID_NAME]),
    };
  } catch (error) {
    const reason = await refusalOf(access, key, error);
    if (isMissing(reason)) return null;
    throw toStoreError(reason, settings, 'read', key);
  }
}

/** Answers to HEAD have no body, so no reason but the status: a GET of one byte is refused with the reason. */
async function refusalOf({ client, settings }: S3Access, key: string, error: unknown): Promise<unknown> {
  const { status } = factsOf(error);
  if (status === null || status >= 500) return error;
  try {
    const answer = await client.send(new GetObjectCommand({ Bucket: settings.bucket, Key: key, Range: 'bytes=0-0' }));
    await answer.Body?.transformToByteArray();
    return error;
  } catch (reason) {
    return reason;
  }
}

/**
 * The text of a manifest, or only its first bytes; null when it does not exist. Throws MANIFEST when the whole is larger than
 * `maxBytes`; no more than that is read.
 */
export async function getText(access: S3Access, key: string, bound: TextBound = {}): Promise<string | null> {
  const { settings, logger } = access;
  try {
    return await withRetries(() => tryText(access, key, bound), {
      maxRetries: settings.maxRetries,
      onRetry: (error) => {
        logger.debug(`reading ${key} again: ${messageOf(error)}`);
      },
    });
  } catch (error) {
    throw toStoreError(error, settings, 'read', key);
  }
}

async function tryText(
  { client, settings }: S3Access,
  key: string,
  { firstBytes, maxBytes = MAX_MANIFEST_BYTES }: TextBound,
): Promise<string | null> {
  const range = firstBytes === undefined ? {} : { Range: `bytes=0-${firstBytes - 1}` };
  let answer;
  try {
    answer = await client.send(new GetObjectCommand({ Bucket: settings.bucket, Key: key, ...range }));
  } catch (error) {
    if (isMissing(error)) return null;
    // Of an empty object there are no first bytes.
    if (firstBytes !== undefined && factsOf(error).status === 416) return '';
    // The SDK has tried it again already.
    throw toStoreError(error, settings, 'read', key);
  }
  if (firstBytes !== undefined) return (await readStart(answer, firstBytes)).toString();
  return (await readAtMost(answer, uriOf(settings, key), maxBytes)).toString();
}

/** Writes a small object in one request, over what was there. Throws the SDK's own error. */
export async function sendText(
  { client, settings }: S3Access,
  key: string,
  text: string,
  condition: Condition = {},
): Promise<void> {
  const body = { Body: Buffer.from(text), ContentType: 'application/json', ...condition };
  await client.send(new PutObjectCommand({ Bucket: settings.bucket, Key: key, ...body }));
}

/** The same; throws STORE. */
export async function putText(access: S3Access, key: string, text: string): Promise<void> {
  try {
    await sendText(access, key, text);
  } catch (error) {
    throw toStoreError(error, access.settings, 'write', key);
  }
}

/** Removes an object; one that is not there is no error. */
export async function removeObject({ client, settings }: S3Access, key: string): Promise<void> {
  try {
    await client.send(new DeleteObjectCommand({ Bucket: settings.bucket, Key: key }));
  } catch (error) {
    if (!isMissing(error)) throw toStoreError(error, settings, 'remove', key);
  }
}

/** Whether both are the same archive: by their ids, or by their bytes. Two archives of the same bytes are as good as one. */
export function isSameArchive(one: ObjectInfo | null, other: ObjectInfo | null): boolean {
  if (one === null || other === null) return one === other;
  if (one.id !== null && one.id === other.id) return true;
  return one.etag !== '' && sameEtag(one.etag, other.etag);
}

/** ETags compared as such: some stores leave out their quotes in some answers, some proxies call them weak. */
export function sameEtag(one: string, other: string): boolean {
  return strongEtag(one) === strongEtag(other);
}

/**
 * With its quotes and without the mark of weakness: as a store compares it. `If-Match` never holds for a weak one, although the
 * bytes of an object that cannot be changed in place are the same (RFC 9110, 13.1.1). Empty stays empty.
 */
export function strongEtag(etag: string): string {
  const value = etag.replace(/^W\//, '').replaceAll('"', '');
  return value === '' ? '' : `"${value}"`;
}
