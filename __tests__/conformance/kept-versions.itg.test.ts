import {
  CreateBucketCommand,
  DeleteObjectCommand,
  ListObjectVersionsCommand,
  PutBucketVersioningCommand,
  PutObjectLockConfigurationCommand,
} from '@aws-sdk/client-s3';
import { beforeEach, describe, expect, test } from '@jest/globals';
import {
  expectRestorable,
  expectVersion,
  FORCE,
  listed,
  runs,
  setVersion,
  succeed,
  useReplacedRuns,
} from '../commands/replaced-runs.js';
import { uniqueName } from '../helpers/databases.js';
import { STRICT_S3 } from '../store/s3-bucket.js';

useReplacedRuns();

let bucket: string;
let place: Record<string, string>;

beforeEach(() => {
  bucket = uniqueName('kept').replaceAll('_', '-');
  place = { 's3-bucket': bucket };
});

/** Versions that are still there under a name, and markers of removals. */
async function versionsOf(name: string): Promise<{ versions: number; markers: number }> {
  const request = { Bucket: bucket, Prefix: `${runs.source}/${name}.` };
  const { Versions = [], DeleteMarkers = [] } = await runs.bucket.admin.send(new ListObjectVersionsCommand(request));
  return { versions: Versions.length, markers: DeleteMarkers.length };
}

/** The store lets nobody take a version away. */
async function expectLocked(name: string): Promise<void> {
  const { admin } = runs.bucket;
  const Key = `${runs.source}/${name}.dump`;
  const { Versions = [] } = await admin.send(new ListObjectVersionsCommand({ Bucket: bucket, Prefix: Key }));
  expect(Versions.length).toBeGreaterThan(0);
  for (const { VersionId } of Versions) {
    await expect(admin.send(new DeleteObjectCommand({ Bucket: bucket, Key, VersionId }))).rejects.toThrow();
  }
}

/** A backup that is replaced, one more, and a prune of the first: what every bucket must show. */
async function replaceAndPrune(): Promise<string> {
  await succeed('backup', place);
  await setVersion(2);
  await succeed('backup', { ...place, ...FORCE });
  await expectVersion(2, place);
  expect((await versionsOf('one')).versions).toBeGreaterThanOrEqual(4);
  await setVersion(3);
  await succeed('backup', { ...place, 'backup-name': 'two' });
  const { stdout } = await succeed('prune', { ...place, 'keep-last': '1' });
  expect(stdout).toMatch(/^removed 1 of 1 backup$/m);
  expect(await listed(place)).toEqual({ two: 'complete' });
  await expectRestorable(3, place);
  // What was removed is a version behind a marker.
  const left = await versionsOf('one');
  expect(left.versions).toBeGreaterThanOrEqual(4);
  expect(left.markers).toBeGreaterThanOrEqual(2);
  return stdout;
}

(STRICT_S3 ? describe : describe.skip)('a bucket that keeps versions', () => {
  test('a bucket that keeps versions shows the newest of each name, and a prune says that it frees nothing', async () => {
    const { admin } = runs.bucket;
    await admin.send(new CreateBucketCommand({ Bucket: bucket }));
    const VersioningConfiguration = { Status: 'Enabled' } as const;
    await admin.send(new PutBucketVersioningCommand({ Bucket: bucket, VersioningConfiguration }));
    expect(await replaceAndPrune()).toMatch(/keeps versions: what is removed here takes room until a lifecycle rule/);
  });

  test('a bucket with object lock takes backups, replaces and prunes them, and says how long it keeps them', async () => {
    const { admin } = runs.bucket;
    await admin.send(new CreateBucketCommand({ Bucket: bucket, ObjectLockEnabledForBucket: true }));
    const Rule = { DefaultRetention: { Mode: 'COMPLIANCE', Days: 1 } } as const;
    const ObjectLockConfiguration = { ObjectLockEnabled: 'Enabled', Rule } as const;
    await admin.send(new PutObjectLockConfigurationCommand({ Bucket: bucket, ObjectLockConfiguration }));
    const { stdout } = await succeed('backup', { ...place, 'backup-name': 'first' });
    expect(stdout).toContain('has object lock: nothing removes a backup for 1 day; a digest is sent with each part');
    // A lock holds for a version, and not for its name.
    const { backups } = runs.bucket.store({ bucket, prefix: '' });
    await backups.removeBackup(backups.locate(runs.source, 'first'));
    expect(await replaceAndPrune()).toMatch(/removes old versions, which its object lock forbids for 1 day/);
    await expectLocked('one');
  });
});
