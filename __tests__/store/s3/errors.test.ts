import { describe, expect, test } from '@jest/globals';
import { NO_KEYS } from '../../../src/age/keys.js';
import { AS_BUCKET_SAYS } from '../../../src/store/s3/at-rest.js';
import { toStoreError } from '../../../src/store/s3/errors.js';
import type { S3Settings } from '../../../src/store/s3/settings.js';

const settings: S3Settings = {
  bucket: 'bucket',
  prefix: '',
  exactKey: null,
  region: 'eu-west-1',
  endpoint: null,
  forcePathStyle: false,
  verifySsl: true,
  credentials: { accessKeyId: 'AKID', secretAccessKey: 'the-secret', sessionToken: 'the-token' },
  chunkSizeBytes: null,
  maxRetries: 3,
  atRest: AS_BUCKET_SAYS,
  keys: NO_KEYS,
};

function service(name: string, status: number, message = name): Error {
  return Object.assign(new Error(message), { name, $metadata: { httpStatusCode: status } });
}

function system(code: string): Error {
  return Object.assign(new Error(`connect ${code}`), { code });
}

describe('what an error of the store names', () => {
  test.each([
    [service('NoSuchBucket', 404), 's3-bucket'],
    [service('InvalidAccessKeyId', 403), 'aws-access-key-id'],
    [service('SignatureDoesNotMatch', 403), 'aws-secret-access-key'],
    [service('ExpiredToken', 400), 'aws-session-token'],
    [service('PermanentRedirect', 301), 's3-region'],
    [service('AuthorizationHeaderMalformed', 400), 's3-region'],
    [service('UnknownError', 301), 's3-region'],
    [service('EntityTooSmall', 400), 's3-chunk-size'],
    [system('ENOTFOUND'), 's3-endpoint'],
    [system('ECONNREFUSED'), 's3-endpoint'],
    [system('ECONNRESET'), 's3-endpoint'],
    [Object.assign(new Error('socket timed out'), { name: 'TimeoutError' }), 's3-endpoint'],
    [service('Unknown', 302), 's3-endpoint'],
    [service('Error', 200, 'XML parse error. Deserialization error: to see the raw response …'), 's3-endpoint'],
    [system('SELF_SIGNED_CERT_IN_CHAIN'), 's3-verify-ssl'],
    [system('DEPTH_ZERO_SELF_SIGNED_CERT'), 's3-verify-ssl'],
    [Object.assign(new Error('Could not load'), { name: 'CredentialsProviderError' }), 'aws-access-key-id'],
  ])('an error of the store names the bucket and the input to look at: %s', (error, input) => {
    const line = toStoreError(error, settings, 'write', 'k');
    expect(line.code).toBe('STORE');
    expect(line.message).toMatch(/^cannot write s3:\/\/bucket\/k: /);
    expect(line.message).toContain(`(${input})`);
    expect(line.object).toBe(input);
    expect(line.hint).not.toBe('');
  });
});

test.each(['ExpiredToken', 'InvalidToken', 'TokenRefreshRequired', 'InvalidAccessKeyId'])(
  'credentials of a role that the store refuses (%s) name the role, and no key',
  (name) => {
    const roleArn = 'arn:aws:iam::123456789012:role/backups';
    const credentials = { roleArn, durationSeconds: 3600, tokenRequest: { url: 'http://localhost', token: 'asks' } };
    const error = toStoreError(service(name, 400), { ...settings, credentials }, 'read', 'k');
    expect(error.message).toBe(
      `cannot read s3://bucket/k: the store does not accept the credentials of the role ${roleArn}: ${name} (aws-role)`,
    );
    expect(error.object).toBe('aws-role');
    expect(String(error.hintText)).not.toMatch(/aws-(?:session-token|access-key)/);
  },
);

test('a connection that was cut is not called slow, although the SDK does', () => {
  const cut = Object.assign(system('ECONNRESET'), { name: 'TimeoutError' });
  expect(toStoreError(cut, settings, 'read', 'k').message).toMatch(/the connection to .* failed: ECONNRESET/);
});

test.each([
  ['gives no reason', service('Unknown', 502, 'UnknownError')],
  [
    "is no XML, of which the SDK's own words would tell nothing",
    Object.assign(service('Error', 502), {
      message: 'XML parse error\n  Deserialization error: to see the raw response',
    }),
  ],
])('an answer that %s is told by its status', (_, error) => {
  const { message } = toStoreError(error, settings, 'list', 'p/');
  expect(message).toBe(
    'cannot list s3://bucket/p/: the store, or a proxy before it, answered with HTTP 502 and no reason',
  );
});

test('a denial of the store names the permission and the resource', () => {
  const denied = service('AccessDenied', 403);
  expect(toStoreError(denied, settings, 'write', 'p/k').message).toContain('s3:PutObject on arn:aws:s3:::bucket/p/k');
  expect(toStoreError(denied, settings, 'list', 'p/').message).toMatch(
    /s3:ListBucket on arn:aws:s3:::bucket is needed$/,
  );
  expect(toStoreError(service('UnknownError', 403), settings, 'read', 'k').message).toContain('s3:GetObject');
});

test('a denial of the store may be of the keys, which some stores do not tell apart', () => {
  const hintFor = (changes: Partial<S3Settings>): string =>
    String(toStoreError(service('AccessDenied', 403), { ...settings, ...changes }, 'write', 'k').hint);
  const keys = { accessKeyId: 'a', secretAccessKey: 'b' };
  const ofSession = hintFor({ credentials: { ...keys, sessionToken: 'c' } });
  const ofCeph = hintFor({ endpoint: 'https://s3.example', credentials: { ...keys, sessionToken: null } });
  expect(ofSession).toMatch(/^Grant it to .* session token is not valid any more \(aws-session-token\)\.$/);
  expect(ofCeph).toMatch(/^Grant it to .* does not take the keys \(aws-secret-access-key\)\.$/);
  expect(hintFor({ endpoint: null, credentials: { ...keys, sessionToken: null } })).toBe(
    'Grant it to the credentials in use.',
  );
});

test.each(['XAmzContentSHA256Mismatch', 'BadDigest'])('%s of the store is told as what it is', (code) => {
  const { message, hint } = toStoreError(service(code, 400), settings, 'write', 'k');
  expect(message).toMatch(/k: the store got other bytes than were sent$/);
  expect(hint).toMatch(/proxy/);
});

test('a store that allows fewer parts is full', () => {
  const error = service('InvalidArgument', 400, 'Part number must be an integer between 1 and 1000, inclusive');
  expect(toStoreError(error, settings, 'write', 'k')).toMatchObject({ code: 'STORE_FULL', object: 's3-chunk-size' });
});

test('an error that is not known is passed on in one line, without secrets', () => {
  const error = service('Strange', 418, 'line one\nhas the-secret\r\nand the-token');
  const { message } = toStoreError(error, settings, 'read', 'k');
  expect(message).toBe('cannot read s3://bucket/k: Strange: line one has *** and *** (HTTP 418)');
});
