import { Readable } from 'node:stream';
import { describe, expect, test } from '@jest/globals';
import { failureOf } from '../failure-of.js';
import { STRICT_S3 } from '../s3-bucket.js';
import { digest, MIB, testBytes, testStream } from '../test-bytes.js';
import {
  bucket,
  bytes,
  completes,
  expectNothing,
  object,
  options,
  PART,
  proxy,
  store,
  useUploads,
} from './upload-fixture.js';

const testWithConditions = STRICT_S3 ? test : test.skip;

useUploads();

describe('an upload', () => {
  test.each([
    ['several parts', bytes.length],
    ['full parts only', 2 * PART],
    ['one full part', PART],
    ['less than a part', 100],
    ['nothing', 0],
  ])('an upload stores all bytes of %s and says what is stored', async (_, size) => {
    const content = bytes.subarray(0, size);
    const ids: string[] = [];
    const info = await store.upload(object, testStream(content), options({ onStarted: (id) => ids.push(id) }));
    expect(digest(await bucket.get(object.key))).toBe(digest(content));
    expect(info).toEqual(await store.objects.stat(object));
    expect(info.sizeBytes).toBe(size);
    expect(ids).toHaveLength(size > PART ? 1 : 0);
  });

  test('an upload stores all bytes when a part fails once', async () => {
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

  test('an upload stores all bytes when every part is tried twice while others are on their way', async () => {
    const content = testBytes(11 * PART + 777);
    const failed = new Set<string>();
    proxy.meddler = async (line) => {
      const part = /partNumber=\d+/.exec(line)?.[0];
      if (part === undefined || failed.has(part)) return undefined;
      failed.add(part);
      // The first attempt has read its part, and others have been filled by the time of the second.
      await new Promise((resolve) => setTimeout(resolve, 20));
      return { status: 503 };
    };
    const info = await store.upload(object, testStream(content), options());
    expect(failed.size).toBe(12);
    expect(info.sizeBytes).toBe(content.length);
    expect(digest(await bucket.get(object.key))).toBe(digest(content));
  });

  test('an upload takes no more bytes than its buffers hold while the store takes none', async () => {
    let letGo: () => void = () => undefined;
    const held = new Promise<undefined>((resolve) => {
      letGo = () => {
        resolve(undefined);
      };
    });
    proxy.meddler = (line) => (line.includes('partNumber=') ? held : undefined);
    let taken = 0;
    function* content() {
      for (let at = 0; at < bytes.length * 4; at += PART) {
        yield bytes.subarray(0, PART);
        taken += PART;
      }
    }
    const uploading = store.upload(object, Readable.from(content()), options());
    let before = -1;
    while (before !== taken) {
      before = taken;
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
    // Four on their way, one that is filled, and one in the hands of the producer.
    expect(taken).toBeLessThanOrEqual(6 * PART);
    letGo();
    expect((await uploading).sizeBytes).toBe(taken);
  });

  test('an upload stores all bytes where a proxy calls the ETags of what is read weak', async () => {
    proxy.meddler = (line) => (/^(?:GET|HEAD)/.test(line) ? { etag: (etag) => `W/${etag}` } : undefined);
    await store.upload(object, testStream(bytes), options());
    expect(digest(await bucket.get(object.key))).toBe(digest(bytes));
  });

  test('an upload replaces another object when it may', async () => {
    await bucket.put(object.key, 'old');
    await store.upload(object, testStream(bytes), options({ replaces: await store.objects.stat(object) }));
    expect(digest(await bucket.get(object.key))).toBe(digest(bytes));
  });
});

describe('an object that exists', () => {
  test('an object that was there before is not overwritten', async () => {
    await bucket.put(object.key, 'old');
    const body = testStream(bytes);
    const error = await failureOf(store.upload(object, body, options()));
    expect(error).toMatchObject({
      code: 'BACKUP_EXISTS',
      message: `${object.uri} was made by another run meanwhile, and is left as it is`,
    });
    expect(body.readableDidRead).toBe(false);
    expect((await bucket.get(object.key)).toString()).toBe('old');
  });

  test.each([
    ['several parts', bytes],
    ['less than a part', bytes.subarray(0, 10)],
  ])('an object that appears while %s are on their way stays', async (_, content) => {
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
  ])('an object that appears between the look and the completion of %s stays', async (_, content, completion) => {
    proxy.meddler = async (line) => {
      if (completion(line)) await bucket.put(object.key, 'other');
      return undefined;
    };
    const error = await failureOf(store.upload(object, testStream(content), options()));
    expect(error.code).toBe('BACKUP_EXISTS');
    expect((await bucket.get(object.key)).toString()).toBe('other');
  });

  testWithConditions('an own object whose answer was lost is no other', async () => {
    let lost = 0;
    proxy.meddler = (line) => (completes(line) && lost++ === 0 ? { loseAnswer: true } : undefined);
    const info = await store.upload(object, testStream(bytes), options());
    expect(proxy.lines.filter(completes).length).toBeGreaterThan(1);
    expect(info.sizeBytes).toBe(bytes.length);
    expect(digest(await bucket.get(object.key))).toBe(digest(bytes));
  });
});

test('parts of a size that S3 refuses are refused before anything is sent', async () => {
  const error = await failureOf(store.upload(object, testStream(bytes), options({ partSizeBytes: MIB })));
  expect(error).toMatchObject({ code: 'INPUT' });
  expect(error.message).toContain('s3-chunk-size');
});

test('checkWritable tries an upload and leaves nothing', async () => {
  await store.archives.checkWritable({ ...store.backups.locate('app', 'n'), archive: object });
  expect(proxy.lines.some((line) => line.includes('?uploads'))).toBe(true);
  expect(await bucket.openUploads(object.key)).toEqual([]);
});

test('an upload can be ended by its id, again and again', async () => {
  let started: (id: string) => void;
  const startedId = new Promise<string>((resolve) => (started = resolve));
  const body = testStream(bytes, async () => {
    const id = await startedId;
    await store.backups.abortUpload(object, id);
    await store.backups.abortUpload(object, id);
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
