import { describe, expect, test } from '@jest/globals';
import { makeCertificate } from '../../testbed/certificate.js';
import { startTlsFront } from '../../testbed/tls-front.js';
import { expectFailure } from '../commands/backup-runs.js';
import { newProxy, run, succeed, useReplacedRuns, visible } from '../commands/replaced-runs.js';
import { failureOf } from '../store/failure-of.js';
import type { Meddling } from '../../testbed/meddling-proxy.js';
import { STRICT_S3 } from '../store/s3-bucket.js';
import {
  bytes,
  expectNothing,
  object,
  options,
  proxy as uploadProxy,
  store,
  useUploads,
} from '../store/s3/upload-fixture.js';
import { testStream } from '../store/test-bytes.js';

const describeStrict = STRICT_S3 ? describe : describe.skip;

describeStrict('a request that somebody changes on its way over plain HTTP', () => {
  useUploads();

  const upload = (size: number) => store.upload(object, testStream(bytes.subarray(0, size)), options());

  test.each<[string, RegExp, number, Meddling, RegExp]>([
    ['one byte of a small archive', /^PUT .*x-id=PutObject/, 1000, { changeBody: true }, /other bytes than were sent/],
    ['one byte of a part', /partNumber=2/, bytes.length, { changeBody: true }, /other bytes than were sent/],
    [
      'the id of the archive',
      /^PUT .*x-id=PutObject/,
      1000,
      { changeHeaders: { 'x-amz-meta-archive-id': '0'.repeat(32) } },
      /refuses the signature/,
    ],
    [
      'the parts of a completion',
      /^POST .*uploadId=/,
      bytes.length,
      { changeBody: true },
      /other bytes than were sent|MalformedXML/,
    ],
    [
      'the digest that is signed',
      /partNumber=1/,
      bytes.length,
      { changeHeaders: { 'x-amz-content-sha256': 'UNSIGNED-PAYLOAD' } },
      /refuses the signature/,
    ],
  ])('a request in which somebody changes %s is refused, and nothing stays', async (_, which, size, meddling, why) => {
    let changed = 0;
    uploadProxy.meddler = (line) => {
      if (!which.test(line)) return undefined;
      changed += 1;
      return meddling;
    };
    const error = await failureOf(upload(size));
    expect(changed).toBeGreaterThan(0);
    expect(error.code).toBe('STORE');
    expect(error.message).toMatch(why);
    expect(error.hint).toMatch(/proxy|s3-endpoint/);
    await expectNothing();
  });
});

describeStrict('a part that somebody changes behind the end of TLS', () => {
  useReplacedRuns();

  test('a part that somebody changes behind the end of TLS is found by a verification', async () => {
    const proxy = await newProxy();
    proxy.meddler = (line) => (/one\.dump\?partNumber=2/.test(line) ? { changeBody: true } : undefined);
    const front = await startTlsFront(proxy.endpoint, await makeCertificate());
    await succeed('backup', { 's3-endpoint': front.endpoint, 's3-verify-ssl': 'false' });
    await front.stop();
    expect(await visible()).toEqual(['one.dump', 'one.manifest.json']);
    expectFailure(await run('verify', { 'backup-name': 'one' }), /damaged/);
  });
});
