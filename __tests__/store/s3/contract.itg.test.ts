import { expect } from '@jest/globals';
import type { ObjectStore } from '../../../src/store/object-store.js';
import { createS3Store } from '../../../src/store/s3/s3-store.js';
import { holdsToTheContract, type StoreUnderTest } from '../contract.js';
import { CountingObjects } from '../counting-objects.js';
import { STRICT_S3, TestBucket } from '../s3-bucket.js';
import { testBytes, testStream } from '../test-bytes.js';
import { writing } from '../writing.js';

/** As long as the archive that the sample manifest is of. */
const ARCHIVE_BYTES = 1000;

async function inBucket(stack?: (objects: ObjectStore) => ObjectStore): Promise<StoreUnderTest> {
  const bucket = await TestBucket.create();
  const store = createS3Store(bucket.settings, bucket.logger, stack);
  return {
    store,
    hasConditions: STRICT_S3,
    fill: async ({ entrance }, describe) => {
      if (entrance.kind !== 'bytes') throw new Error('a bucket takes bytes');
      return describe(await entrance.accept(writing(testStream(testBytes(ARCHIVE_BYTES))), describe));
    },
    everything: async () => [...(await bucket.keys()), ...(await bucket.openUploads())],
    end: () => {
      store.close();
      bucket.close();
      return Promise.resolve();
    },
  };
}

holdsToTheContract('a bucket', () => inBucket());

let counting: CountingObjects | null = null;
holdsToTheContract('a bucket behind one that counts', async () => {
  const under = await inBucket((objects) => (counting = new CountingObjects(objects)));
  const end = (): Promise<void> => {
    expect([...(counting?.calls.keys() ?? [])].sort()).toEqual([
      'list',
      'read',
      'readText',
      'remove',
      'stat',
      'writeText',
    ]);
    return under.end();
  };
  return { ...under, end };
});
