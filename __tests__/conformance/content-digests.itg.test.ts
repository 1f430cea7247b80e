import { CreateBucketCommand, PutObjectLockConfigurationCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { uniqueName } from '../helpers/databases.js';
import { MeddlingProxy, type Meddler } from '../../testbed/meddling-proxy.js';
import { STRICT_S3, TestBucket } from '../store/s3-bucket.js';
import { digest, testStream } from '../store/test-bytes.js';
import { bytes, options } from '../store/s3/upload-fixture.js';

let bucket: TestBucket;
let proxy: MeddlingProxy;
let locked: string;
let refusals: string[];

const error = (code: string, message: string) =>
  `<?xml version="1.0"?><Error><Code>${code}</Code><Message>${message}</Message></Error>`;

/** As AWS does it in a bucket whose object lock has a default retention; Ceph takes what has no digest. */
const asAws: Meddler = (line, headers) => {
  if (!line.startsWith('PUT') || headers['content-md5'] !== undefined) return undefined;
  refusals.push(line);
  const message =
    'Content-MD5 OR x-amz-checksum- HTTP header is required for Put Object requests with Object Lock parameters';
  return { status: 400, body: error('InvalidRequest', message) };
};

beforeAll(async () => {
  bucket = await TestBucket.create();
  proxy = await MeddlingProxy.start(bucket.settings.endpoint ?? '');
  locked = uniqueName('locked').replaceAll('_', '-');
  if (!STRICT_S3) return;
  await bucket.admin.send(new CreateBucketCommand({ Bucket: locked, ObjectLockEnabledForBucket: true }));
  const Rule = { DefaultRetention: { Mode: 'GOVERNANCE', Days: 1 } } as const;
  const ObjectLockConfiguration = { ObjectLockEnabled: 'Enabled', Rule } as const;
  await bucket.admin.send(new PutObjectLockConfigurationCommand({ Bucket: locked, ObjectLockConfiguration }));
});

beforeEach(() => {
  refusals = [];
});

afterAll(async () => {
  bucket.close();
  await proxy.stop();
});

const describeStrict = STRICT_S3 ? describe : describe.skip;

describeStrict('a bucket with object lock', () => {
  test('a bucket with object lock is seen before a backup, and each part has its digest', async () => {
    proxy.meddler = asAws;
    const store = bucket.store({ bucket: locked, endpoint: proxy.endpoint });
    const ref = store.backups.locate('app', 'one');
    await store.archives.checkWritable(ref);
    expect(bucket.logger.texts('info')).toContain(
      `the bucket ${locked} has object lock: nothing removes a backup for 1 day; a digest is sent with each part`,
    );
    expect(await store.backups.keptVersions()).toEqual({ lockedFor: '1 day' });
    await store.objects.writeText(ref.manifest, '{}');
    expect(refusals).toEqual([]);
    expect(await store.objects.readText(ref.manifest)).toBe('{}');
  });

  test('a bucket with object lock that may not be asked for it gets digests from its first refusal on', async () => {
    proxy.meddler = (line, headers) =>
      /^GET .*\?(?:object-lock|versioning)/.test(line)
        ? { status: 403, body: error('AccessDenied', 'Access Denied') }
        : asAws(line, headers);
    const store = bucket.store({ bucket: locked, endpoint: proxy.endpoint });
    const { archive } = store.backups.locate('app', 'two');
    await store.upload(archive, testStream(bytes), options());
    // Of those that were on their way together.
    expect(refusals.length).toBeGreaterThan(0);
    expect(refusals.length).toBeLessThanOrEqual(4);
    const stored: Buffer[] = [];
    for await (const chunk of store.objects.read(archive, { offset: 0, length: bytes.length })) stored.push(chunk);
    expect(digest(Buffer.concat(stored))).toBe(digest(bytes));
    expect(await store.backups.keptVersions()).toBeNull();
    expect(bucket.logger.texts('debug').join('\n')).toMatch(
      /the versioning of the bucket \S+ is not known: AccessDenied/,
    );
  });

  test('an upload that is refused for another reason is not sent again with a digest', async () => {
    proxy.meddler = (line) => {
      if (!line.startsWith('PUT')) return undefined;
      refusals.push(line);
      return { status: 400, body: error('InvalidArgument', 'no') };
    };
    const store = bucket.store({ endpoint: proxy.endpoint });
    await expect(store.objects.writeText(store.backups.locate('app', 'x').manifest, '{}')).rejects.toThrow();
    expect(refusals).toHaveLength(1);
  });
});
