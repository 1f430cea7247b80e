import { describe, expect, test } from '@jest/globals';
import { readS3Secrets } from '../../src/inputs/store-settings.js';
import { backup, faultOf, restore, s3Of, given } from './given.js';

const KEYS = { 'aws-access-key-id': 'id', 'aws-secret-access-key': 'key' };
const NO_PLACE = { 's3-bucket': '', 'backup-name': '' };

describe('the place', () => {
  test.each([
    ['', ''],
    ['a', 'a'],
    ['/a/b/', 'a/b'],
    ['//', ''],
  ])('prefix %p is %p', (text, prefix) => {
    expect(s3Of(backup({ 's3-prefix': text })).prefix).toBe(prefix);
  });

  test.each(['../a', 'a/../b', 'a//b', './a', 'a\u0007', 'x'.repeat(1000)])('prefix %p is refused', (text) => {
    expect(faultOf(() => backup({ 's3-prefix': text }))).toContain('is not a prefix');
  });

  test.each(['s3://backups', 'back ups', '-backups', 'a/b'])('bucket %p is refused', (text) => {
    expect(faultOf(() => backup({ 's3-bucket': text }))).toContain('`s3-bucket`');
  });

  test('an access point is a bucket', () => {
    const arn = 'arn:aws:s3:eu-central-1:123456789012:accesspoint/backups';
    expect(s3Of(backup({ 's3-bucket': arn })).bucket).toBe(arn);
  });
});

describe('s3-uri', () => {
  test('s3-uri is one exact object, for a restore and for a backup', () => {
    const place = { bucket: 'box', prefix: '', exactKey: 'a b/c.dump' };
    const settings = restore({ ...NO_PLACE, 's3-uri': 's3://box/a b/c.dump' });
    expect(s3Of(settings)).toMatchObject(place);
    expect(settings.backupName).toBe('c');
    expect(backup({ ...NO_PLACE, 's3-uri': 's3://box/a b/c.dump' })).toMatchObject({ backupName: 'c', store: place });
  });

  test('s3-uri never has the name latest, which would be looked up', () => {
    expect(restore({ ...NO_PLACE, 's3-uri': 's3://box/latest.dump' }).backupName).toBe('latest.dump');
  });

  test.each([
    ['box/c.dump', 'not an S3 URI'],
    ['https://box/c.dump', 'not an S3 URI'],
    ['s3://box', 'names no object'],
    ['s3://box/', 'names no object'],
    ['s3://box/a/', 'names no object'],
    ['s3:///c.dump', 'not the name of a bucket'],
    ['s3://box/../c.dump', '`..`'],
    ['s3://box/a//c.dump', 'empty parts'],
    ['s3://box/c.manifest.json', 'a manifest'],
  ])('s3-uri %s is refused, and nothing else is missing', (uri, expected) => {
    expect(faultOf(() => restore({ ...NO_PLACE, 's3-uri': uri }))).toContain(expected);
  });

  test('s3-uri contradicts bucket, prefix and name when they are inputs', () => {
    const fault = faultOf(() => restore({ 's3-uri': 's3://box/c.dump', 's3-prefix': 'a' }));
    for (const name of ['s3-uri', 's3-bucket', 's3-prefix', 'backup-name']) expect(fault).toContain(`\`${name}\``);
  });

  test('s3-uri wins against bucket, prefix and name of the environment', () => {
    const env = { S3_BUCKET: 'old', S3_PREFIX: 'old', BACKUP_NAME: 'old' };
    const expected = { backupName: 'c', store: { bucket: 'box', prefix: '', exactKey: 'c.dump' } };
    expect(restore({ ...NO_PLACE, 's3-uri': 's3://box/c.dump' }, env)).toMatchObject(expected);
    expect(restore(NO_PLACE, { ...env, S3_URI: 's3://box/c.dump' })).toMatchObject(expected);
  });

  test('s3-uri from the environment gives way to inputs, even when it is wrong', () => {
    expect(s3Of(restore({}, { S3_URI: 'nonsense' })).exactKey).toBeNull();
    expect(restore({}, { S3_URI: 's3://box/c.dump' })).toMatchObject({
      backupName: 'latest',
      store: { bucket: 'backups', exactKey: null },
    });
  });
});

describe('the service', () => {
  test('an endpoint asks for the bucket in the path, unless told otherwise', () => {
    expect(s3Of(backup({ 's3-endpoint': 'http://minio:9000/' }))).toMatchObject({
      endpoint: 'http://minio:9000',
      forcePathStyle: true,
    });
    const inputs = { 's3-endpoint': 'https://s3.example', 's3-force-path-style': 'false' };
    expect(s3Of(backup(inputs)).forcePathStyle).toBe(false);
    expect(s3Of(backup({}, { AWS_S3_FORCE_PATH_STYLE: 'true' })).forcePathStyle).toBe(true);
  });

  test('endpoints of the environment count in their order', () => {
    const env = { AWS_ENDPOINT_URL: 'https://c', AWS_ENDPOINT_URL_S3: 'https://b' };
    expect(s3Of(backup({}, env)).endpoint).toBe('https://b');
    expect(s3Of(backup({}, { ...env, S3_ENDPOINT_URL: 'https://a' })).endpoint).toBe('https://a');
  });

  test.each(['minio:9000', 'ftp://minio', 'https://minio?x=1'])('endpoint %s is refused', (text) => {
    expect(faultOf(() => backup({ 's3-endpoint': text }))).toContain('`s3-endpoint`');
  });

  test('an endpoint with a password is refused without repeating it', () => {
    const fault = faultOf(() => backup({ 's3-endpoint': 'https://u:hidden@minio' }));
    expect(fault).toContain('`aws-secret-access-key`');
    expect(fault).not.toContain('hidden');
  });

  test('AWS_NO_VERIFY_SSL says the opposite of s3-verify-ssl, which comes first', () => {
    expect(s3Of(backup({}, { AWS_NO_VERIFY_SSL: 'true' })).verifySsl).toBe(false);
    expect(s3Of(backup({}, { AWS_NO_VERIFY_SSL: 'false' })).verifySsl).toBe(true);
    expect(s3Of(backup({ 's3-verify-ssl': 'true' }, { AWS_NO_VERIFY_SSL: 'true' })).verifySsl).toBe(true);
    expect(faultOf(() => backup({}, { AWS_NO_VERIFY_SSL: '1' }))).toContain('`AWS_NO_VERIFY_SSL`');
  });

  test.each([
    ['auto', null],
    ['5MB', 5 * 1024 * 1024],
    ['64mb', 64 * 1024 * 1024],
    ['1.5GB', 1.5 * 1024 ** 3],
    ['5GB', 5 * 1024 ** 3],
  ])('chunk size %s is %p bytes', (text, size) => {
    expect(s3Of(backup({ 's3-chunk-size': text })).chunkSizeBytes).toBe(size);
  });
});

describe('credentials', () => {
  test('credentials that are not given are left to the default chain', () => {
    expect(s3Of(backup()).credentials).toBeNull();
  });

  test('credentials come from inputs or the environment', () => {
    const expected = { accessKeyId: 'id', secretAccessKey: 'key', sessionToken: null };
    expect(s3Of(backup(KEYS)).credentials).toEqual(expected);
    expect(s3Of(backup({}, { AWS_ACCESS_KEY_ID: 'id', AWS_SECRET_ACCESS_KEY: 'key\n' })).credentials).toEqual(expected);
  });

  test('a token of the environment belongs to the key of the environment only', () => {
    const env = { AWS_ACCESS_KEY_ID: 'role', AWS_SECRET_ACCESS_KEY: 'x', AWS_SESSION_TOKEN: 'token' };
    expect(s3Of(backup({}, env)).credentials).toMatchObject({ sessionToken: 'token' });
    expect(s3Of(backup(KEYS, env)).credentials).toEqual({
      accessKeyId: 'id',
      secretAccessKey: 'key',
      sessionToken: null,
    });
    expect(s3Of(backup({ ...KEYS, 'aws-session-token': 'mine' }, env)).credentials).toMatchObject({
      sessionToken: 'mine',
    });
  });

  test.each([
    [{ 'aws-access-key-id': 'id' }, 'aws-secret-access-key'],
    [{ 'aws-secret-access-key': 'key' }, 'aws-access-key-id'],
    [{ 'aws-session-token': 'token' }, 'aws-access-key-id'],
  ])('credentials of %p alone are not enough', (inputs, missing) => {
    expect(faultOf(() => backup(inputs))).toContain(`input \`${missing}\` is missing`);
  });

  test('credentials can be read alone, whatever the other inputs are', () => {
    const source = given({ ...KEYS, mode: 'nonsense', 'source-port': 'x' });
    expect(readS3Secrets(source)).toEqual({ accessKeyId: 'id', secretAccessKey: 'key', sessionToken: null });
    expect(readS3Secrets(given({ 'aws-access-key-id': 'id' }))).toBeNull();
  });
});

describe('a role', () => {
  const ARN = 'arn:aws:iam::123456789012:role/ci/backups';
  const RUNNER = {
    ACTIONS_ID_TOKEN_REQUEST_URL: 'https://runner.example/token?api-version=2.0',
    ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'asking',
  };
  const LEFT = { AWS_ACCESS_KEY_ID: 'left', AWS_SECRET_ACCESS_KEY: 'key' };
  const role = {
    roleArn: ARN,
    durationSeconds: 3600,
    tokenRequest: { url: RUNNER.ACTIONS_ID_TOKEN_REQUEST_URL, token: 'asking' },
  };

  test('a role that an input names comes before keys of the environment, and has the duration that was given', () => {
    expect(s3Of(backup({ 'aws-role': ARN }, { ...RUNNER, ...LEFT })).credentials).toEqual(role);
    const long = backup({ 'aws-role': ARN, 'aws-role-duration': '6h' }, RUNNER);
    expect(s3Of(long).credentials).toEqual({ ...role, durationSeconds: 6 * 3600 });
    expect(readS3Secrets(given({ 'aws-role': ARN }, RUNNER))).toEqual(role);
  });

  test('a role of the environment counts where a runner gives tokens and nothing else opens the store', () => {
    const env = { ...RUNNER, AWS_ROLE_ARN: ARN };
    expect(s3Of(backup({}, env)).credentials).toEqual(role);
    expect(s3Of(backup({}, { ...env, ...LEFT })).credentials).toMatchObject({ accessKeyId: 'left' });
    expect(s3Of(backup(KEYS, env)).credentials).toMatchObject({ accessKeyId: 'id' });
    expect(s3Of(backup({}, { ...env, AWS_WEB_IDENTITY_TOKEN_FILE: '/token' })).credentials).toBeNull();
    expect(s3Of(backup({}, { AWS_ROLE_ARN: ARN })).credentials).toBeNull();
  });

  test('a role beside keys of inputs is a contradiction', () => {
    const fault = faultOf(() => backup({ ...KEYS, 'aws-role': ARN }, RUNNER));
    expect(fault).toMatch(/`aws-role`.*in place of keys.*`aws-access-key-id`.*`aws-secret-access-key`.*keep one/);
  });

  test('a role without the right to ask for a token says which permission to add', () => {
    for (const env of [{}, { ...RUNNER, ACTIONS_ID_TOKEN_REQUEST_TOKEN: '' }]) {
      const fault = faultOf(() => backup({ 'aws-role': ARN }, env));
      expect(fault).toContain('add `permissions: id-token: write`');
      expect(fault.split('\n')).toHaveLength(1);
    }
  });

  test.each(['backups', 'arn:aws:iam::1:role/x', 'arn:aws:iam::123456789012:user/x', 'arn:aws:s3:::backups'])(
    '%s is no role',
    (text) => {
      expect(faultOf(() => backup({ 'aws-role': text }, RUNNER))).toMatch(/is not the ARN of a role: write it like/);
    },
  );

  test.each([
    ['10m', 'give `15m` to `12h`'],
    ['13h', 'give `15m` to `12h`'],
    ['long', 'write it like `5h30m`'],
  ])('the duration %s is refused', (text, advice) => {
    expect(faultOf(() => backup({ 'aws-role': ARN, 'aws-role-duration': text }, RUNNER))).toContain(advice);
  });
});
