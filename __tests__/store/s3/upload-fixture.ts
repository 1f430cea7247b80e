import { afterAll, afterEach, beforeAll, beforeEach, expect } from '@jest/globals';
import { newArchiveId } from '../../../src/store/names.js';
import type { ObjectRef } from '../../../src/store/object-store.js';
import type { UploadOptions } from '../../../src/store/s3/upload.js';
import { MeddlingProxy } from '../../../testbed/meddling-proxy.js';
import { TestBucket, type TestStore } from '../s3-bucket.js';
import { MIB, testBytes } from '../test-bytes.js';

export const PART = 5 * MIB;
/** Three full parts and a short one. */
export const bytes = testBytes(3 * PART + 12345);

export let bucket: TestBucket;
export let proxy: MeddlingProxy;
/** Speaks through the proxy. */
export let store: TestStore;
export let object: ObjectRef;
let number = 0;

/** Gives each test of a file a new object, and lets none leave an upload or a warning behind. */
export function useUploads(): void {
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
    object = store.backups.locate('app', `n${(number += 1)}`).archive;
    proxy.meddler = () => undefined;
  });
  afterEach(async () => {
    expect(await bucket.openUploads(object.key)).toEqual([]);
    expect(bucket.logger.texts('warning')).toEqual([]);
  });
}

/** Of an upload in the smallest parts that S3 takes. */
export function options(changes: Partial<UploadOptions> = {}): UploadOptions {
  return { partSizeBytes: PART, id: newArchiveId(), replaces: null, signal: new AbortController().signal, ...changes };
}

/** Neither an object nor an upload. */
export async function expectNothing(): Promise<void> {
  expect(await bucket.keys(object.key)).toEqual([]);
  expect(await bucket.openUploads(object.key)).toEqual([]);
}

/** Requests that make the object visible. */
export const completes = (line: string) => line.startsWith('POST') && line.includes('uploadId=');
/** Requests that end an upload. */
export const aborts = (line: string) => line.startsWith('DELETE') && line.includes('uploadId=');
