/** Ending multipart uploads, and beginning one as a test. */
import { setTimeout as sleep } from 'node:timers/promises';
import {
  AbortMultipartUploadCommand,
  CreateMultipartUploadCommand,
  type CreateMultipartUploadCommandOutput,
} from '@aws-sdk/client-s3';
import { messageOf } from '../../foundation/errors.js';
import { refuseUnencrypted } from './at-rest.js';
import type { S3Access } from './client.js';
import { uriOf } from './client.js';
import { factsOf } from './error-facts.js';
import { toStoreError } from './errors.js';
import { UploadBeginning } from './stray-uploads.js';

const ABORT_ATTEMPTS = 4;
const ABORT_PAUSE_MS = 500;

/** Ends a multipart upload; one that is gone already is no error. Throws STORE. */
export async function abortUpload({ client, settings }: S3Access, key: string, uploadId: string): Promise<void> {
  try {
    await client.send(new AbortMultipartUploadCommand({ Bucket: settings.bucket, Key: key, UploadId: uploadId }));
  } catch (error) {
    if (factsOf(error).name !== 'NoSuchUpload') throw toStoreError(error, settings, 'abort the upload of', key);
  }
}

/** Begins an upload to this key and ends it: proof that one may. Throws STORE. */
export async function tryUpload(access: S3Access, key: string): Promise<void> {
  const { client, settings } = access;
  let answer: CreateMultipartUploadCommandOutput;
  let uploadId: string | undefined;
  const beginning = new UploadBeginning();
  const command = new CreateMultipartUploadCommand({ Bucket: settings.bucket, Key: key });
  command.middlewareStack.add((next) => (args) => beginning.attempt(() => next(args)), INSIDE_OF_RETRIES);
  try {
    answer = await client.send(command);
    uploadId = answer.UploadId;
  } catch (error) {
    throw toStoreError(error, settings, 'write', key);
  } finally {
    await endStrays(access, key, { beginning, uploadId: uploadId ?? null });
  }
  if (uploadId !== undefined) await abortUpload(access, key, uploadId);
  refuseUnencrypted(settings.atRest, answer, uriOf(settings, key));
}

const INSIDE_OF_RETRIES = { step: 'finalizeRequest', priority: 'low', name: 'uploadBeginning' } as const;

/** Ends uploads that were begun without an answer. Never throws: it must not hide how the one that was answered ended. */
export async function endStrays(
  access: S3Access,
  key: string,
  { beginning, uploadId: ownId }: { beginning: UploadBeginning; uploadId: string | null },
  signal?: AbortSignal,
): Promise<void> {
  const { logger, settings } = access;
  try {
    for (const uploadId of await beginning.findStrays(access, key, ownId, signal)) {
      await abortUpload(access, key, uploadId);
      logger.debug(`ended the upload ${uploadId} of ${uriOf(settings, key)}, whose beginning was not answered`);
    }
  } catch (error) {
    const what = `an upload of ${uriOf(settings, key)}, whose beginning was not answered, may remain`;
    logger.debug(`${what}; a prune ends it after a day: ${messageOf(error)}`);
  }
}

/** Parts that were on their way may land after the abort and stay; so it is repeated once they must have landed. */
export async function abortThoroughly(
  access: S3Access,
  key: string,
  uploadId: string,
  partsWereCut: boolean,
): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      await abortUpload(access, key, uploadId);
      if (!partsWereCut || attempt > 1) return;
    } catch (error) {
      if (attempt >= ABORT_ATTEMPTS) throw error;
    }
    await sleep(ABORT_PAUSE_MS);
  }
}
