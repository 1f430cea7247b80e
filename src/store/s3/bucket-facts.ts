/** What a bucket is set to do with its objects. Credentials need not be allowed to ask, and stores need not know: then nothing is known. */
import { GetBucketVersioningCommand, GetObjectLockConfigurationCommand } from '@aws-sdk/client-s3';
import { plural } from '../../foundation/format.js';
import type { S3Access } from './client.js';
import { factsOf } from './error-facts.js';

/** The bucket keeps what is removed, as older versions behind a marker (s3:GetBucketVersioning). */
export async function keepsVersions(access: S3Access): Promise<boolean> {
  const { client, settings } = access;
  return asked(access, 'versioning', false, async () => {
    const { Status } = await client.send(new GetBucketVersioningCommand({ Bucket: settings.bucket }));
    return Status === 'Enabled';
  });
}

/** How long new objects are locked, `30 days`; null where the bucket has no lock (s3:GetBucketObjectLockConfiguration). */
export async function objectLock(access: S3Access): Promise<{ retention: string | null } | null> {
  const { client, settings } = access;
  return asked(access, 'object lock', null, async () => {
    const answer = await client.send(new GetObjectLockConfigurationCommand({ Bucket: settings.bucket }));
    const { ObjectLockEnabled, Rule } = answer.ObjectLockConfiguration ?? {};
    if (ObjectLockEnabled !== 'Enabled') return null;
    const { Days, Years } = Rule?.DefaultRetention ?? {};
    if (Days !== undefined) return { retention: plural(Days, 'day') };
    return { retention: Years === undefined ? null : plural(Years, 'year') };
  });
}

async function asked<T>({ settings, logger }: S3Access, what: string, unknown: T, ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    const { name, message } = factsOf(error);
    logger.debug(`the ${what} of the bucket ${settings.bucket} is not known: ${name} ${message}`);
    return unknown;
  }
}
