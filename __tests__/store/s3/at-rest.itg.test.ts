import { randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import type { IncomingHttpHeaders } from 'node:http';
import { GetObjectTaggingCommand, HeadObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { startS3, type StartedS3 } from '../../../testbed/s3.js';
import { AS_BUCKET_SAYS, type AtRest } from '../../../src/store/s3/at-rest.js';
import { createBucket } from '../../helpers/buckets.js';
import { MeddlingProxy } from '../../../testbed/meddling-proxy.js';
import { STRICT_S3, TestBucket } from '../s3-bucket.js';

const onStrict = STRICT_S3 ? test : test.skip;

const MIB = 1024 * 1024;
const TAGS = [
  { key: 'team', value: 'data & co' },
  { key: 'stage', value: '' },
];
const KMS: AtRest = { ...AS_BUCKET_SAYS, encryption: { algorithm: 'aws:kms', keyId: 'testbed-key' }, tags: TAGS };

let bucket: TestBucket;
let lenient: StartedS3;
let proxy: MeddlingProxy | null = null;

beforeAll(async () => {
  bucket = await TestBucket.create();
  lenient = await startS3('fauxqs');
});
afterEach(async () => {
  await proxy?.stop();
  proxy = null;
});
afterAll(async () => {
  bucket.close();
  await lenient.stop();
});

type Settings = Parameters<TestBucket['store']>[0];

function archive(settings: Settings, name: string, bytes: Buffer) {
  const store = bucket.store(settings);
  const { archive: object, manifest } = store.backups.locate('app', name);
  const options = { partSizeBytes: 5 * MIB, id: `id-${name}`, replaces: null, signal: new AbortController().signal };
  return { store, object, manifest, upload: () => store.upload(object, Readable.from([bytes]), options) };
}

onStrict.each([
  ['one request', 1000],
  ['parts', 6 * MIB],
])('an archive of %s is encrypted by the key of KMS, has its tags, and is read again', async (_, size) => {
  const bytes = randomBytes(size);
  const { store, object, manifest, upload } = archive({ atRest: KMS }, `sealed-${size}`, bytes);
  const info = await upload();
  await store.objects.writeText(manifest, '{}');
  for (const { key } of [object, manifest]) {
    const where = { Bucket: bucket.settings.bucket, Key: key };
    const head = await bucket.admin.send(new HeadObjectCommand(where));
    expect(head).toMatchObject({ ServerSideEncryption: 'aws:kms', SSEKMSKeyId: 'testbed-key' });
    const { TagSet } = await bucket.admin.send(new GetObjectTaggingCommand(where));
    expect(new Map(TagSet?.map(({ Key, Value }) => [Key, Value]))).toEqual(
      new Map(TAGS.map(({ key: name, value }) => [name, value])),
    );
  }
  const chunks: Buffer[] = [];
  for await (const chunk of store.objects.read(object, { offset: 0, length: size, etag: info.etag }))
    chunks.push(chunk);
  expect(Buffer.concat(chunks).equals(bytes)).toBe(true);
});

onStrict.each([
  ['a key that KMS does not have', { ...KMS, encryption: { algorithm: 'aws:kms', keyId: 'nobody' } }, /key|encrypt/i],
  ['a storage class that it does not have', { ...AS_BUCKET_SAYS, storageClass: 'NOWHERE' }, /s3-storage-class/],
] satisfies [string, AtRest, RegExp][])('a store is asked before a backup: %s is refused', async (_, atRest, why) => {
  const store = bucket.store({ atRest });
  const ref = store.backups.locate('app', 'refused');
  await expect(store.archives.checkWritable(ref)).rejects.toMatchObject({ code: 'STORE' });
  await expect(store.archives.checkWritable(ref)).rejects.toThrow(why);
  expect(await bucket.openUploads()).toEqual([]);
});

/** A bucket of a store that takes every header and heeds none, behind what records them. */
async function recorded(atRest: AtRest) {
  const seen: { line: string; headers: IncomingHttpHeaders }[] = [];
  proxy = await MeddlingProxy.start(lenient.endpoint);
  proxy.meddler = (line, headers) => {
    seen.push({ line, headers });
    return undefined;
  };
  const { accessKey, secretKey } = lenient;
  const credentials = { accessKeyId: accessKey, secretAccessKey: secretKey, sessionToken: null };
  const settings = { bucket: await createBucket(lenient), endpoint: proxy.endpoint, credentials, atRest };
  return { seen, settings };
}

test('every request names the owner, and what makes objects says how they are kept', async () => {
  const { seen, settings } = await recorded({
    ...KMS,
    encryption: null,
    storageClass: 'STANDARD_IA',
    bucketOwner: '012345678901',
  });
  const large = archive(settings, 'large', randomBytes(6 * MIB));
  await large.store.archives.checkWritable(large.store.backups.locate('app', 'large'));
  await large.upload();
  await archive(settings, 'small', randomBytes(100)).upload();
  const { store, manifest } = large;
  await store.objects.writeText(manifest, '{}');
  await store.objects.readText(manifest);
  await store.backups.takeInventory('app');
  for await (const chunk of store.objects.read(large.object, { offset: 0, length: 10 })) expect(chunk).toHaveLength(10);
  await store.objects.remove(manifest);

  expect(new Set(seen.map(({ line }) => line.split(' ')[0]))).toEqual(
    new Set(['GET', 'PUT', 'POST', 'HEAD', 'DELETE']),
  );
  for (const { line, headers } of seen) {
    expect([line, headers['x-amz-expected-bucket-owner']]).toEqual([line, '012345678901']);
    const isArchive = /^POST \S+\?uploads/.test(line) || /^PUT \S+small\.dump\?x-id=PutObject/.test(line);
    const isText = /^PUT \S+\.manifest\.json/.test(line);
    const tags = isArchive || isText ? 'team=data%20%26%20co&stage=' : undefined;
    expect([line, headers['x-amz-tagging']]).toEqual([line, tags]);
    expect([line, headers['x-amz-storage-class']]).toEqual([line, isArchive ? 'STANDARD_IA' : undefined]);
  }
  expect(seen.filter(({ headers }) => headers['x-amz-storage-class'] !== undefined).length).toBeGreaterThan(2);
});

test('a store that passes over the wish for encryption is refused, and nothing stays', async () => {
  const { seen, settings } = await recorded({ ...AS_BUCKET_SAYS, encryption: { algorithm: 'AES256' } });
  const { store, upload } = archive(settings, 'open', randomBytes(6 * MIB));
  const why = /was asked to encrypt it by `AES256`, and did not/;
  await expect(store.archives.checkWritable(store.backups.locate('app', 'open'))).rejects.toThrow(why);
  await expect(upload()).rejects.toThrow(why);
  const begun = seen.filter(({ line }) => /\?uploads/.test(line));
  expect(begun.map(({ headers }) => headers['x-amz-server-side-encryption'])).toEqual(begun.map(() => 'AES256'));
  const aborted = seen.filter(({ line }) => /^DELETE \S+uploadId=/.test(line));
  expect(aborted.length).toBeGreaterThanOrEqual(begun.length);
});
