import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { PassThrough, Readable } from 'node:stream';
import { PhaseliftError } from '../../../src/errors.js';
import { createClient } from '../../../src/store/s3/client.js';
import { uploadStream } from '../../../src/store/s3/upload.js';
import type { ObjectRef, Store, UploadOptions } from '../../../src/store/store.js';
import { MeddlingProxy } from '../meddling-proxy.js';
import { STRICT_S3, TestBucket } from '../s3-bucket.js';
import { digest, MIB, testBytes, testStream } from '../test-bytes.js';

const PART = 5 * MIB;
const bytes = testBytes(3 * PART + 12345);
const testWithConditions = STRICT_S3 ? test : test.skip;

let bucket: TestBucket;
let proxy: MeddlingProxy;
/** Speaks through the proxy. */
let store: Store;
let object: ObjectRef;
let number = 0;

beforeAll(async () => {
  bucket = await TestBucket.create();
  proxy = await MeddlingProxy.start(bucket.settings.endpoint ?? '');
  store = bucket.store({ endpoint: proxy.endpoint });
});
afterAll(async () => {
  bucket.close();
  await proxy.stop();
});
beforeEach(() => {
  object = store.locate('app', `n${(number += 1)}`).archive;
  proxy.meddler = () => undefined;
});
afterEach(async () => {
  expect(await bucket.openUploads(object.key)).toEqual([]);
  expect(bucket.logger.texts('warning')).toEqual([]);
});

function options(changes: Partial<UploadOptions> = {}): UploadOptions {
  return { partSizeBytes: PART, overwrite: false, signal: new AbortController().signal, ...changes };
}

async function failureOf(upload: Promise<unknown>): Promise<PhaseliftError> {
  const error: unknown = await upload.then(
    () => new Error('it succeeded'),
    (reason: unknown) => reason,
  );
  if (error instanceof PhaseliftError) return error;
  throw error;
}

async function expectNothing(): Promise<void> {
  expect(await bucket.keys(object.key)).toEqual([]);
  expect(await bucket.openUploads(object.key)).toEqual([]);
}

/** Requests that make the object visible. */
const completes = (line: string) => line.startsWith('POST') && line.includes('uploadId=');
const aborts = (line: string) => line.startsWith('DELETE') && line.includes('uploadId=');

describe('an upload stores all bytes and says what is stored', () => {
  test.each([
    ['several parts', bytes.length],
    ['full parts only', 2 * PART],
    ['one full part', PART],
    ['less than a part', 100],
    ['nothing', 0],
  ])('of %s', async (_, size) => {
    const content = bytes.subarray(0, size);
    const ids: string[] = [];
    const info = await store.upload(object, testStream(content), options({ onStarted: (id) => ids.push(id) }));
    expect(digest(await bucket.get(object.key))).toBe(digest(content));
    expect(info).toEqual(await store.stat(object));
    expect(info.sizeBytes).toBe(size);
    expect(ids).toHaveLength(size > PART ? 1 : 0);
  });

  test('when a part fails once', async () => {
    const failed = new Set<string>();
    proxy.meddler = (line) => {
      if (!line.includes('partNumber=2') || failed.size > 0) return undefined;
      failed.add(line);
      return { status: 503 };
    };
    await store.upload(object, testStream(bytes), options());
    expect(failed.size).toBe(1);
    expect(digest(await bucket.get(object.key))).toBe(digest(bytes));
  });

  test('over another object when it may', async () => {
    await bucket.put(object.key, 'old');
    await store.upload(object, testStream(bytes), options({ overwrite: true }));
    expect(digest(await bucket.get(object.key))).toBe(digest(bytes));
  });
});

describe('an object that exists is not overwritten', () => {
  test('when it is there before', async () => {
    await bucket.put(object.key, 'old');
    const body = testStream(bytes);
    const error = await failureOf(store.upload(object, body, options()));
    expect(error).toMatchObject({ code: 'BACKUP_EXISTS', message: `${object.uri} exists already` });
    expect(body.destroyed).toBe(true);
    expect((await bucket.get(object.key)).toString()).toBe('old');
  });

  test.each([
    ['several parts', bytes],
    ['less than a part', bytes.subarray(0, 10)],
  ])('when it appears while %s are on their way', async (_, content) => {
    const body = testStream(content, async () => {
      await bucket.put(object.key, 'other');
    });
    const error = await failureOf(store.upload(object, body, options()));
    expect(error.code).toBe('BACKUP_EXISTS');
    expect((await bucket.get(object.key)).toString()).toBe('other');
  });

  testWithConditions.each([
    ['several parts', bytes, completes],
    ['less than a part', bytes.subarray(0, 10), (line: string) => line.startsWith('PUT')],
  ])('when it appears between the look and the completion of %s', async (_, content, completion) => {
    proxy.meddler = async (line) => {
      if (completion(line)) await bucket.put(object.key, 'other');
      return undefined;
    };
    const error = await failureOf(store.upload(object, testStream(content), options()));
    expect(error.code).toBe('BACKUP_EXISTS');
    expect((await bucket.get(object.key)).toString()).toBe('other');
  });

  testWithConditions('but an own object whose answer was lost is no other', async () => {
    let lost = 0;
    proxy.meddler = (line) => (completes(line) && lost++ === 0 ? { loseAnswer: true } : undefined);
    const info = await store.upload(object, testStream(bytes), options());
    expect(proxy.lines.filter(completes).length).toBeGreaterThan(1);
    expect(info.sizeBytes).toBe(bytes.length);
    expect(digest(await bucket.get(object.key))).toBe(digest(bytes));
  });
});

describe("the body's failure is what is thrown, and nothing stays", () => {
  const broken = new Error('pg_dump died');

  test.each([
    ['several parts', bytes.length],
    ['full parts only', 2 * PART],
    ['less than a part', 100],
    ['nothing', 0],
  ])('when it fails exactly at its end after %s', async (_, size) => {
    const body = testStream(bytes.subarray(0, size), () => {
      throw broken;
    });
    await expect(store.upload(object, body, options())).rejects.toBe(broken);
    await expectNothing();
  });

  test('when it had failed before', async () => {
    const body = testStream(bytes);
    body.on('error', () => undefined);
    body.destroy(broken);
    await new Promise((resolve) => body.once('close', resolve));
    await expect(store.upload(object, body, options())).rejects.toBe(broken);
    await expectNothing();
  });

  test('when it ends without end and error', async () => {
    const body = new PassThrough();
    Readable.from([bytes]).pipe(body, { end: false });
    setImmediate(() => body.destroy());
    const error = await failureOf(store.upload(object, body, options()));
    expect(error).toMatchObject({ code: 'STORE' });
    expect(error.message).toMatch(/broke off before its end/);
    await expectNothing();
  });
});

describe('an abort leaves nothing', () => {
  test('while the body stands still', async () => {
    const controller = new AbortController();
    let lastTaken = () => {
      controller.abort();
    };
    const body = testStream(bytes, () => {
      lastTaken();
      lastTaken = () => undefined;
      return new Promise(() => undefined);
    });
    const error = await failureOf(store.upload(object, body, options({ signal: controller.signal })));
    expect(error).toMatchObject({ code: 'CANCELLED', message: `Cancelled while writing ${object.uri}` });
    expect(body.destroyed).toBe(true);
    await expectNothing();
  });

  test.each([
    ['begins', (line: string) => line.includes('?uploads')],
    ['sends a part', (line: string) => line.includes('partNumber=2')],
    ['completes', completes],
  ])('while the upload %s', async (_, moment) => {
    const controller = new AbortController();
    const reason = new PhaseliftError('CANCELLED', 'SIGTERM');
    proxy.meddler = (line) => {
      if (moment(line)) controller.abort(reason);
      return undefined;
    };
    await expect(store.upload(object, testStream(bytes), options({ signal: controller.signal }))).rejects.toBe(reason);
    await expectNothing();
  });

  test('before it begins', async () => {
    const body = testStream(bytes);
    const error = await failureOf(store.upload(object, body, options({ signal: AbortSignal.abort() })));
    expect(error.code).toBe('CANCELLED');
    expect(body.destroyed).toBe(true);
    await expectNothing();
  });
});

describe('a failure of the store', () => {
  test('ends the body, long before its end', async () => {
    proxy.meddler = (line) => (line.includes('partNumber=2') ? { status: 500 } : undefined);
    let taken = 0;
    async function* endless() {
      for (let round = 0; round < 100; round += 1) {
        yield bytes.subarray(0, PART);
        taken = round;
        await new Promise(setImmediate);
      }
    }
    const body = Readable.from(endless());
    const error = await failureOf(store.upload(object, body, options()));
    expect(error).toMatchObject({ code: 'STORE' });
    expect(error.message).toMatch(new RegExp(`^Cannot write ${object.uri}: .*HTTP 500`));
    expect(body.destroyed).toBe(true);
    expect(taken).toBeLessThan(20);
    await expectNothing();
  });

  test('while it aborts is overcome', async () => {
    let refused = 0;
    proxy.meddler = (line) => {
      if (line.includes('partNumber=2')) return { status: 400 };
      return aborts(line) && refused++ < 2 ? { status: 403 } : undefined;
    };
    await failureOf(store.upload(object, testStream(bytes), options()));
    expect(refused).toBeGreaterThan(2);
    await expectNothing();
  });
});

test('a body that outgrows its parts fails at once, with the size to set', async () => {
  const access = { settings: bucket.settings, logger: bucket.logger, client: createClient(bucket.settings, 1) };
  let ended = false;
  const body = testStream(bytes, () => {
    ended = true;
  });
  const error = await failureOf(uploadStream(access, object.key, body, options(), 2));
  expect(error).toMatchObject({ code: 'STORE_FULL', object: 's3-chunk-size' });
  expect(error.message).toContain('2 parts of 5MB');
  expect(error.hint).toContain('20MB');
  expect(ended).toBe(false);
  await expectNothing();
  access.client.destroy();
});

test('parts of a size that S3 refuses are refused before anything is sent', async () => {
  const error = await failureOf(store.upload(object, testStream(bytes), options({ partSizeBytes: MIB })));
  expect(error).toMatchObject({ code: 'INPUT' });
  expect(error.message).toContain('s3-chunk-size');
});

test('checkWritable tries an upload and leaves nothing', async () => {
  await store.checkWritable({ ...store.locate('app', 'n'), archive: object });
  expect(proxy.lines.some((line) => line.includes('?uploads'))).toBe(true);
  expect(await bucket.openUploads(object.key)).toEqual([]);
});

test('an upload can be ended by its id, again and again', async () => {
  let started: (id: string) => void;
  const startedId = new Promise<string>((resolve) => (started = resolve));
  const body = testStream(bytes, async () => {
    const id = await startedId;
    await store.abortUpload(object, id);
    await store.abortUpload(object, id);
  });
  const upload = store.upload(
    object,
    body,
    options({
      onStarted: (id) => {
        started(id);
      },
    }),
  );
  expect((await failureOf(upload)).code).toBe('STORE');
  await expectNothing();
});
