import { CreateMultipartUploadCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { writeManifest } from '../../src/store/manifest-text.js';
import { STRICT_S3, TestBucket } from '../store/s3-bucket.js';
import { sampleManifest } from '../store/sample-manifest.js';

/** An answer of S3 has a thousand objects, or uploads, at most. */
const AT_ONCE = 25;

let bucket: TestBucket;

beforeAll(async () => {
  bucket = await TestBucket.create();
});
afterAll(() => {
  bucket.close();
});

test('all that a bucket has is found, beyond the thousand objects of one answer', async () => {
  const numbers = Array.from({ length: 520 }, (_, number) => number);
  await someAtOnce(numbers, async (n) => {
    const takenAt = new Date(Date.UTC(2026, 0, 1 + n)).toISOString();
    const manifest = sampleManifest({ database: 'many', name: `n${n}`, takenAt, sizeBytes: 1 });
    await bucket.put(`backups/many/n${n}.dump`, 'x');
    await bucket.put(`backups/many/n${n}.manifest.json`, writeManifest(manifest));
  });
  const { backups } = bucket.store();
  const newestFirst = numbers.map((number) => `n${number}`).reverse();
  expect((await backups.listComplete('many')).map(({ ref }) => ref.name)).toEqual(newestFirst);
  const inventory = await backups.takeInventory('many');
  expect(inventory.backups.map(({ ref, state }) => [ref.name, state])).toEqual(
    newestFirst.map((name) => [name, 'complete']),
  );
});

(STRICT_S3 ? test : test.skip)('unfinished uploads are listed beyond the thousand of one answer', async () => {
  const names = Array.from({ length: 1010 }, (_, n) => `backups/full/n${n}.dump`);
  await someAtOnce(names, (key) =>
    bucket.admin.send(new CreateMultipartUploadCommand({ Bucket: bucket.settings.bucket, Key: key })),
  );
  const uploads = await bucket.store().backups.listUploads('full');
  expect(uploads.map(({ object }) => object.key).sort()).toEqual([...names].sort());
});

async function someAtOnce<T>(items: readonly T[], work: (item: T) => Promise<unknown>): Promise<void> {
  for (let at = 0; at < items.length; at += AT_ONCE) await Promise.all(items.slice(at, at + AT_ONCE).map(work));
}
