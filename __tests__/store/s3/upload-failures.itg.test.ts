import { PassThrough, Readable } from 'node:stream';
import { describe, expect, test } from '@jest/globals';
import { PhaseliftError } from '../../../src/foundation/errors.js';
import { createClient } from '../../../src/store/s3/client.js';
import { Conditions } from '../../../src/store/s3/conditions.js';
import { ContentDigests } from '../../../src/store/s3/content-digests.js';
import { uploadArchive } from '../../../src/store/s3/upload.js';
import { failureOf } from '../failure-of.js';
import { testStream } from '../test-bytes.js';
import { writing } from '../writing.js';
import {
  aborts,
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

useUploads();

describe('a body that fails', () => {
  const broken = new Error('pg_dump died');

  test.each([
    ['several parts', bytes.length],
    ['full parts only', 2 * PART],
    ['less than a part', 100],
    ['nothing', 0],
  ])('a failing body is what an upload throws, when it fails exactly at its end after %s', async (_, size) => {
    const body = testStream(bytes.subarray(0, size), () => {
      throw broken;
    });
    await expect(store.upload(object, body, options())).rejects.toBe(broken);
    await expectNothing();
  });

  test('a body that had failed before is what an upload throws, and nothing stays', async () => {
    const body = testStream(bytes);
    body.on('error', () => undefined);
    body.destroy(broken);
    await new Promise((resolve) => body.once('close', resolve));
    await expect(store.upload(object, body, options())).rejects.toBe(broken);
    await expectNothing();
  });

  test('a body that ends without end and error is a failure, and nothing stays', async () => {
    const body = new PassThrough();
    Readable.from([bytes]).pipe(body, { end: false });
    setImmediate(() => body.destroy());
    const uploading = store.upload(object, body, options());
    await expect(uploading).rejects.toMatchObject({ code: 'ERR_STREAM_PREMATURE_CLOSE' });
    await expectNothing();
  });
});

describe('an abort of an upload', () => {
  test('an abort leaves nothing while the body stands still', async () => {
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
    expect(error).toMatchObject({ code: 'CANCELLED', message: `cancelled while writing ${object.uri}` });
    expect(body.destroyed).toBe(true);
    await expectNothing();
  });

  test.each([
    ['begins', (line: string) => line.includes('?uploads')],
    ['sends a part', (line: string) => line.includes('partNumber=2')],
    ['completes', completes],
  ])('an abort leaves nothing while the upload %s', async (_, moment) => {
    const controller = new AbortController();
    const reason = new PhaseliftError('CANCELLED', 'SIGTERM');
    proxy.meddler = (line) => {
      if (moment(line)) controller.abort(reason);
      return undefined;
    };
    await expect(store.upload(object, testStream(bytes), options({ signal: controller.signal }))).rejects.toBe(reason);
    await expectNothing();
  });

  test('an abort leaves nothing before the upload begins', async () => {
    const body = testStream(bytes);
    const error = await failureOf(store.upload(object, body, options({ signal: AbortSignal.abort() })));
    expect(error.code).toBe('CANCELLED');
    expect(body.readableDidRead).toBe(false);
    await expectNothing();
  });
});

describe('a failure of the store', () => {
  test('a failure of the store ends the body, long before its end', async () => {
    // The other parts wait: how many of them a fast store takes, until the second has failed for good, is a matter of time.
    let letGo: () => void = () => undefined;
    const failed = new Promise<undefined>((resolve) => {
      letGo = () => {
        resolve(undefined);
      };
    });
    proxy.meddler = (line) => {
      if (!line.includes('partNumber=')) return undefined;
      return /partNumber=2\b/.test(line) ? { status: 500 } : failed;
    };
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
    letGo();
    expect(error).toMatchObject({ code: 'STORE' });
    expect(error.message).toMatch(new RegExp(`^cannot write ${object.uri}: .*HTTP 500`));
    expect(body.destroyed).toBe(true);
    expect(taken).toBeLessThan(20);
    await expectNothing();
  });

  test('a part that the store gives no ETag is named as a failure, and no cancel', async () => {
    proxy.meddler = (line) => (line.includes('partNumber=2') ? { etag: () => null } : undefined);
    const error = await failureOf(store.upload(object, testStream(bytes), options()));
    expect(error).toMatchObject({ code: 'STORE' });
    expect(error.message).toMatch(new RegExp(`^cannot write ${object.uri}: .*gave a part no ETag`));
    await expectNothing();
  });

  test('a failure of the store while it aborts is overcome', async () => {
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
  const { settings, logger } = bucket;
  const access = {
    settings,
    logger,
    client: createClient(settings, 1),
    conditions: new Conditions(logger),
    digests: new ContentDigests(logger),
  };
  let ended = false;
  const body = testStream(bytes, () => {
    ended = true;
  });
  const error = await failureOf(uploadArchive(access, object.key, writing(body), options(), 2));
  expect(error).toMatchObject({ code: 'STORE_FULL', object: 's3-chunk-size' });
  expect(error.message).toContain('2 parts of 5MB');
  expect(error.hint).toContain('20MB');
  expect(ended).toBe(false);
  await expectNothing();
  access.client.destroy();
});
