import {
  AbortMultipartUploadCommand,
  CreateMultipartUploadCommand,
  ListMultipartUploadsCommand,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { describe, expect, test } from '@jest/globals';
import { failureOf } from '../failure-of.js';
import type { Meddling } from '../../../testbed/meddling-proxy.js';
import { STRICT_S3 } from '../s3-bucket.js';
import { testStream } from '../test-bytes.js';
import { bucket, bytes, expectNothing, object, options, PART, proxy, store, useUploads } from './upload-fixture.js';
import { deepTest } from '../../helpers/depth.js';

useUploads();

const begins = (line: string): boolean => line.startsWith('POST') && line.includes('?uploads');
const listsUploads = (line: string): boolean => line.startsWith('GET') && /[?&]uploads\b/.test(line);

/** What becomes of each attempt to begin an upload; those behind it go through. */
function meddleWithBeginnings(...fates: Meddling[]): void {
  proxy.meddler = (line) => (begins(line) ? fates.shift() : undefined);
}

/** Begins an upload to the same key, as another run would. */
async function another(): Promise<string> {
  const request = { Bucket: bucket.settings.bucket, Key: object.key };
  return (await bucket.admin.send(new CreateMultipartUploadCommand(request))).UploadId ?? '';
}

async function sendPart(uploadId: string): Promise<void> {
  const request = { Bucket: bucket.settings.bucket, Key: object.key, UploadId: uploadId, PartNumber: 1, Body: 'x' };
  await bucket.admin.send(new UploadPartCommand(request));
}

async function openIds(): Promise<string[]> {
  const request = { Bucket: bucket.settings.bucket, Prefix: object.key };
  const { Uploads } = await bucket.admin.send(new ListMultipartUploadsCommand(request));
  return (Uploads ?? []).map(({ UploadId }) => UploadId ?? '');
}

async function abort(uploadId: string): Promise<void> {
  const request = { Bucket: bucket.settings.bucket, Key: object.key, UploadId: uploadId };
  await bucket.admin.send(new AbortMultipartUploadCommand(request));
}

// Where uploads cannot be listed there is nothing to find, and nothing to see.
const onStrictS3 = STRICT_S3 ? describe : describe.skip;

onStrictS3('an upload whose beginning was not answered', () => {
  test('an upload whose first answer was lost succeeds and leaves no other behind', async () => {
    meddleWithBeginnings({ loseAnswer: true });
    const info = await store.upload(object, testStream(bytes), options());
    expect(info.sizeBytes).toBe(bytes.length);
    expect(await openIds()).toEqual([]);
  });

  test('an upload whose first answer was lost fails and leaves nothing', async () => {
    meddleWithBeginnings({ loseAnswer: true });
    const broken = new Error('pg_dump died');
    const body = testStream(bytes, () => {
      throw broken;
    });
    await expect(store.upload(object, body, options())).rejects.toBe(broken);
    await expectNothing();
  });

  test('an upload of which no beginning was answered leaves nothing', async () => {
    meddleWithBeginnings({ loseAnswer: true }, { loseAnswer: true });
    const error = await failureOf(store.upload(object, testStream(bytes), options()));
    expect(error.code).toBe('STORE');
    await expectNothing();
  });

  deepTest('an upload that checks writing leaves nothing when an answer was lost', async () => {
    meddleWithBeginnings({ loseAnswer: true });
    await store.archives.checkWritable(
      store.backups.locate('app', object.key.slice('backups/app/'.length, -'.dump'.length)),
    );
    await expectNothing();
  });

  deepTest('an upload that began though a gateway answered is ended', async () => {
    const lost = store.upload(object, testStream(bytes), options());
    let first = true;
    proxy.meddler = async (line) => {
      if (!begins(line) || !first) return undefined;
      first = false;
      await another();
      return { status: 504 };
    };
    await lost;
    expect(await openIds()).toEqual([]);
  });
});

onStrictS3('an upload of another run with the same name', () => {
  test('an upload that another run began at the same time goes on', async () => {
    let theirs = '';
    let attempts = 0;
    let looks = 0;
    proxy.meddler = async (line) => {
      if (listsUploads(line) && looks++ === 0) queueMicrotask(() => void sendPart(theirs));
      if (!begins(line) || attempts++ > 0) return undefined;
      theirs = await another();
      return { loseAnswer: true };
    };
    await store.upload(object, testStream(bytes), options());
    expect(looks).toBeGreaterThan(0);
    expect(await openIds()).toEqual([theirs]);
    await abort(theirs);
  });

  deepTest('an upload of others goes on when more are without a part than answers were lost', async () => {
    const theirs: string[] = [];
    let attempts = 0;
    proxy.meddler = async (line) => {
      if (!begins(line) || attempts++ > 0) return undefined;
      theirs.push(await another(), await another());
      return { status: 503 };
    };
    await store.upload(object, testStream(bytes.subarray(0, PART + 1)), options());
    expect((await openIds()).sort()).toEqual(theirs.sort());
    expect(bucket.logger.texts('debug')).toContainEqual(
      expect.stringMatching(/may remain; .*2 uploads were begun at the same time, 1 answers were lost/),
    );
    for (const id of theirs) await abort(id);
  });

  test('an upload of others goes on when every answer came: nothing is looked for', async () => {
    const theirs = await another();
    let looks = 0;
    proxy.meddler = (line) => {
      if (listsUploads(line)) looks++;
      return undefined;
    };
    await store.upload(object, testStream(bytes), options());
    expect([looks, await openIds()]).toEqual([0, [theirs]]);
    await abort(theirs);
  });
});

test('an upload succeeds also where uploads cannot be listed', async () => {
  let attempts = 0;
  proxy.meddler = (line) => {
    if (listsUploads(line)) return { status: 501 };
    return begins(line) && attempts++ === 0 ? { status: 503 } : undefined;
  };
  const info = await store.upload(object, testStream(bytes), options());
  expect(info.sizeBytes).toBe(bytes.length);
  expect(bucket.logger.texts('debug')).toContainEqual(expect.stringMatching(/^an upload of .* may remain/));
});
