import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { failureOf } from '../store/failure-of.js';
import { expectInput, FIRST_WAYS, WRONG_SECRET } from '../store/first-ways.js';
import { MeddlingProxy } from '../../testbed/meddling-proxy.js';
import { STRICT_S3, TestBucket } from '../store/s3-bucket.js';

let bucket: TestBucket;
let proxy: MeddlingProxy;

beforeAll(async () => {
  bucket = await TestBucket.create();
  proxy = await MeddlingProxy.start(bucket.settings.endpoint ?? '');
});
afterAll(async () => {
  bucket.close();
  await proxy.stop();
});

const whenSigned = STRICT_S3 ? describe : describe.skip;

whenSigned('credentials that are wrong', () => {
  test.each(FIRST_WAYS)('a wrong secret is named by %s', async (_, way) => {
    const credentials = { accessKeyId: 'TESTBEDKEY', secretAccessKey: WRONG_SECRET, sessionToken: null };
    const settings = { ...bucket.settings, credentials };
    expectInput(await failureOf(way(bucket.store(settings))), settings, 'aws-secret-access-key');
  });

  test.each(FIRST_WAYS)('a wrong key is named by %s', async (_, way) => {
    const credentials = { accessKeyId: 'NOBODY', secretAccessKey: WRONG_SECRET, sessionToken: null };
    const settings = { ...bucket.settings, credentials };
    expectInput(await failureOf(way(bucket.store(settings))), settings, 'aws-access-key-id');
  });

  // As Ceph answers where its STS is in use, and without another word.
  test.each(FIRST_WAYS)('a session token that is refused without a reason is named by %s', async (_, way) => {
    const body = '<Error><Code>AccessDenied</Code><Message></Message></Error>';
    proxy.meddler = () => ({ status: 403, body });
    const credentials = { accessKeyId: 'TESTBEDKEY', secretAccessKey: WRONG_SECRET, sessionToken: 'expired' };
    const error = await failureOf(way(bucket.store({ endpoint: proxy.endpoint, credentials })));
    expect(error.code).toBe('STORE');
    expect(error.hint).toMatch(/aws-session-token/);
  });

  // As AWS says it.
  test.each(FIRST_WAYS)('an expired session token is named by %s', async (_, way) => {
    const body = '<Error><Code>ExpiredToken</Code><Message>The provided token has expired.</Message></Error>';
    proxy.meddler = () => ({ status: 400, body });
    const keys = { accessKeyId: 'TESTBEDKEY', secretAccessKey: WRONG_SECRET, sessionToken: 'expired' };
    const settings = { ...bucket.settings, endpoint: proxy.endpoint, credentials: keys };
    const error = await failureOf(way(bucket.store(settings)));
    expectInput(error, settings, 'aws-session-token');
    expect(error.hint).toMatch(/aws-role/);
  });
});
