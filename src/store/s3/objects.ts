/** Single small requests about one object. */
import { DeleteObjectCommand, GetObjectCommand, HeadObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import type { ObjectInfo } from '../store.js';
import type { S3Access } from './client.js';
import { factsOf, isMissing } from './error-facts.js';
import { toStoreError } from './errors.js';

const MARK_NAME = 'written-by';
/** Metadata of every archive that Phaselift uploads: it tells a dead run's from somebody else's. */
export const OWN_MARK = { [MARK_NAME]: 'phaselift' } as const;

/** Size, ETag and version of an object; null when it does not exist. */
export async function headObject(access: S3Access, key: string): Promise<ObjectInfo | null> {
  const { client, settings } = access;
  try {
    const answer = await client.send(new HeadObjectCommand({ Bucket: settings.bucket, Key: key }));
    return {
      sizeBytes: answer.ContentLength ?? 0,
      etag: answer.ETag ?? '',
      versionId: answer.VersionId ?? null,
      lastModified: answer.LastModified ?? new Date(0),
      isOurs: answer.Metadata?.[MARK_NAME] === OWN_MARK[MARK_NAME],
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

/** The object's text, or only its first `limitBytes`; null when it does not exist. */
export async function getText(
  { client, settings }: S3Access,
  key: string,
  limitBytes?: number,
): Promise<string | null> {
  const range = limitBytes === undefined ? {} : { Range: `bytes=0-${limitBytes - 1}` };
  try {
    const answer = await client.send(new GetObjectCommand({ Bucket: settings.bucket, Key: key, ...range }));
    return (await answer.Body?.transformToString('utf-8')) ?? '';
  } catch (error) {
    if (isMissing(error)) return null;
    throw toStoreError(error, settings, 'read', key);
  }
}

/** Writes a small object in one request, over what was there. */
export async function putText({ client, settings }: S3Access, key: string, text: string): Promise<void> {
  const body = { Body: Buffer.from(text), ContentType: 'application/json' };
  try {
    await client.send(new PutObjectCommand({ Bucket: settings.bucket, Key: key, ...body }));
  } catch (error) {
    throw toStoreError(error, settings, 'write', key);
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

/** ETags compared without their quotes, which some stores leave out in some answers. */
export function sameEtag(one: string, other: string): boolean {
  return one.replaceAll('"', '') === other.replaceAll('"', '');
}
