import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { PhaseliftError } from '../../../src/foundation/errors.js';
import type { ObjectRef, RangeRequest } from '../../../src/store/object-store.js';
import type { Store } from '../../../src/store/store.js';
import { failureOf } from '../failure-of.js';
import { MeddlingProxy } from '../../../testbed/meddling-proxy.js';
import { STRICT_S3, TestBucket } from '../s3-bucket.js';
import { collect, digest, MIB, testBytes } from '../test-bytes.js';

const PIECE = 4 * MIB;
const bytes = testBytes(10 * PIECE + 12345);
const testWithConditions = STRICT_S3 ? test : test.skip;

let bucket: TestBucket;
let proxy: MeddlingProxy;
let store: Store;
let object: ObjectRef;
let etag: string;

beforeAll(async () => {
  bucket = await TestBucket.create();
  proxy = await MeddlingProxy.start(bucket.settings.endpoint ?? '');
  store = bucket.store({ endpoint: proxy.endpoint });
  object = store.backups.locate('app', 'n').archive;
  etag = await bucket.put(object.key, bytes);
});
afterEach(() => {
  proxy.meddler = () => undefined;
  proxy.lines.length = 0;
});
afterAll(async () => {
  bucket.close();
  await proxy.stop();
});

const whole = (): RangeRequest => ({ offset: 0, length: bytes.length, etag });

describe('a read of a range', () => {
  test.each([
    ['nothing', 0, 0],
    ['nothing at the end', bytes.length, 0],
    ['the first byte', 0, 1],
    ['the last byte', bytes.length - 1, 1],
    ['two bytes around the end of a piece', PIECE - 1, 2],
    ['one whole piece', PIECE, PIECE],
    ['one byte more than a piece', 17, PIECE + 1],
    ['one byte less than two pieces', 17, 2 * PIECE - 1],
    ['all', 0, bytes.length],
    ['all but the first', 1, bytes.length - 1],
  ])('a read gives exactly the bytes of its range: %s', async (_, offset, length) => {
    const read = await collect(store.objects.read(object, { offset, length, etag }));
    expect(digest(read)).toBe(digest(bytes.subarray(offset, offset + length)));
    expect(read).toHaveLength(length);
  });

  test('a read takes a few requests at once and no more than it needs', async () => {
    let most = 0;
    proxy.meddler = () => {
      most = Math.max(most, proxy.open);
      return undefined;
    };
    await collect(store.objects.read(object, whole()));
    expect(proxy.lines).toHaveLength(11);
    expect(most).toBeGreaterThan(1);
    expect(most).toBeLessThanOrEqual(3);
  });
});

describe('a read that drops', () => {
  test('a read that drops goes on without reading a byte twice', async () => {
    const startsByEnd = new Map<string, number[]>();
    // More cuts than retries: each makes progress, which renews the budget.
    proxy.meddler = (_line, { range = '' }) => {
      const [start = '', end = ''] = range.replace('bytes=', '').split('-');
      startsByEnd.set(end, [...(startsByEnd.get(end) ?? []), Number(start)]);
      return { cutAfterBytes: 3 * MIB };
    };
    const read = await collect(store.objects.read(object, whole()));
    expect(digest(read)).toBe(digest(bytes));
    expect(proxy.lines.length).toBeGreaterThan(12);
    expect(read).toHaveLength(bytes.length);
    for (const starts of startsByEnd.values()) expect(starts).toEqual([...new Set(starts)].sort((a, b) => a - b));
  });

  test('a read goes on after a fault of the server', async () => {
    let faults = 0;
    proxy.meddler = () => (faults++ === 0 ? { status: 503 } : undefined);
    expect(digest(await collect(store.objects.read(object, whole())))).toBe(digest(bytes));
  });

  test('a read gives up when too many attempts in a row bring nothing', async () => {
    proxy.meddler = () => ({ cutAfterBytes: 0 });
    const error = await failureOf(collect(store.objects.read(object, { offset: 0, length: 10 })));
    expect(error).toMatchObject({ code: 'STORE', object: 's3-endpoint' });
    expect(error.message).toContain(object.uri);
    expect(proxy.lines).toHaveLength(bucket.settings.maxRetries + 1);
  });
});

describe('a text whose answer breaks off', () => {
  const text = 'a manifest, for example';

  test('a text whose answer breaks off is read again', async () => {
    const { manifest } = store.backups.locate('app', 'text');
    await store.objects.writeText(manifest, text);
    let cuts = 0;
    proxy.meddler = (line) => (line.startsWith('GET') && cuts++ === 0 ? { cutAfterBytes: 3 } : undefined);
    expect(await store.objects.readText(manifest)).toBe(text);
    expect(cuts).toBe(2);
  });

  test('a text whose answer breaks off is read as often as s3-max-retries says', async () => {
    const { manifest } = store.backups.locate('app', 'text');
    await store.objects.writeText(manifest, text);
    proxy.lines.length = 0;
    proxy.meddler = () => ({ cutAfterBytes: 3 });
    expect(await failureOf(store.objects.readText(manifest))).toMatchObject({ code: 'STORE', object: 's3-endpoint' });
    expect(proxy.lines).toHaveLength(bucket.settings.maxRetries + 1);
  });
});

test.each([
  ['weak', (tag: string) => `W/${tag}`],
  ['without quotes', (tag: string) => tag.replaceAll('"', '')],
])('an ETag that comes %s is still the condition of a read', async (_, change) => {
  proxy.meddler = () => ({ etag: change });
  const info = await store.objects.stat(object);
  expect(info?.etag).toBe(etag);
  const read = store.objects.read(object, { offset: 0, length: 10, etag: change(etag) });
  expect(await collect(read)).toEqual(bytes.subarray(0, 10));
});

test('a reader that leaves early leaves no request behind', async () => {
  let length = 0;
  for await (const chunk of store.objects.read(object, whole())) {
    length += chunk.length;
    expect(digest(chunk)).toBe(digest(bytes.subarray(0, chunk.length)));
    break;
  }
  while (proxy.open > 0) await new Promise((resolve) => setTimeout(resolve, 10));
  expect(proxy.lines.length).toBeLessThanOrEqual(4);
  expect(length).toBeLessThan(bytes.length);
});

test('an abort ends a read that stands still', async () => {
  const controller = new AbortController();
  const reason = new PhaseliftError('CANCELLED', 'SIGINT');
  proxy.meddler = async () => {
    controller.abort(reason);
    await new Promise(() => undefined);
    return undefined;
  };
  const read = collect(store.objects.read(object, { ...whole(), signal: controller.signal }));
  await expect(read).rejects.toBe(reason);
});

describe('a read that fails', () => {
  test.each([
    ['ends inside of the range', bytes.length - 5, 10],
    ['ends before the range', bytes.length + 5, 10],
  ])('a read fails with the name of the object when it %s', async (_, offset, length) => {
    const error = await failureOf(collect(store.objects.read(object, { offset, length, etag })));
    expect(error).toMatchObject({ code: 'ARCHIVE_TRUNCATED', object: object.uri });
    expect(error.message).toContain(`before byte ${offset + length}`);
  });

  test('a read fails with the name of the object when it is not there', async () => {
    const missing = store.backups.locate('app', 'missing').archive;
    const error = await failureOf(collect(store.objects.read(missing, { offset: 0, length: 10 })));
    expect(error).toMatchObject({ code: 'ARCHIVE_DAMAGED' });
    expect(error.message).toContain(`${missing.uri} cannot be read: it is gone`);
  });

  testWithConditions('a read fails with the name of the object when it is another one', async () => {
    const error = await failureOf(collect(store.objects.read(object, { offset: 0, length: 10, etag: '"0"' })));
    expect(error).toMatchObject({ code: 'ARCHIVE_DAMAGED' });
    expect(error.message).toMatch(/it has changed/);
  });

  testWithConditions('a read fails with the name of the object when it is replaced meanwhile', async () => {
    const other = store.backups.locate('app', 'replaced').archive;
    const request = { ...whole(), etag: await bucket.put(other.key, bytes) };
    const reading = async () => {
      let chunks = 0;
      for await (const chunk of store.objects.read(other, request)) {
        if (chunk.length > 0 && chunks++ === 0) await bucket.put(other.key, bytes.subarray(1));
      }
    };
    expect((await failureOf(reading())).code).toBe('ARCHIVE_DAMAGED');
  });

  test('a read fails with the name of the object when a store ignores ranges', async () => {
    proxy.meddler = () => ({ status: 200 });
    const error = await failureOf(collect(store.objects.read(object, { offset: 5, length: 10 })));
    expect(error).toMatchObject({ code: 'STORE' });
    expect(error.message).toMatch(/other bytes than asked for/);
  });
});
