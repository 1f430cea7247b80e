import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { makeCertificate } from '../../../testbed/certificate.js';
import { startTlsFront, type TlsFront } from '../../../testbed/tls-front.js';
import type { TestStore } from '../s3-bucket.js';
import { digest, testStream } from '../test-bytes.js';
import { bucket, bytes, object, options, proxy, store, useUploads } from './upload-fixture.js';
import { deepTest } from '../../helpers/depth.js';

let front: TlsFront;
let overTls: TestStore;

useUploads();

beforeAll(async () => {
  front = await startTlsFront(proxy.endpoint, await makeCertificate());
  overTls = bucket.store({ endpoint: front.endpoint, verifySsl: false });
});

afterAll(() => front.stop());

/** What the parts of the newest upload said of their digests. */
function digestsOfParts(): string[] {
  const parts = proxy.payloads.filter(({ line }) => line.startsWith('PUT') && line.includes('partNumber='));
  return parts.splice(-4).map((part) => part.digest);
}

test('parts of an upload are not digested once more for their signature under TLS', async () => {
  await overTls.upload(object, testStream(bytes), options());
  expect(digestsOfParts()).toEqual(Array.from({ length: 4 }, () => 'UNSIGNED-PAYLOAD'));
  expect(digest(await bucket.get(object.key))).toBe(digest(bytes));
});

deepTest('parts of an upload over plain HTTP are covered by their signature', async () => {
  await store.upload(object, testStream(bytes), options());
  for (const sha256 of digestsOfParts()) expect(sha256).toMatch(/^[0-9a-f]{64}$/);
});
