import { describe, expect, test } from '@jest/globals';
import { secretsOf } from '../../src/inputs/secrets.js';
import { given } from './given.js';

const secrets = (inputs: Record<string, string>, env: Record<string, string> = {}) => secretsOf(given(inputs, env));

describe('what is masked', () => {
  test('secrets are none when there is nothing', () => {
    expect(secrets({})).toEqual([]);
    expect(secrets({ 'source-password': '', 'target-url': '  ' })).toEqual([]);
  });

  test.each([
    ['source-password', 'SRC_PGPASSWORD'],
    ['target-password', 'DST_PGPASSWORD'],
    ['aws-access-key-id', 'AWS_ACCESS_KEY_ID'],
    ['aws-secret-access-key', 'AWS_SECRET_ACCESS_KEY'],
    ['aws-session-token', 'AWS_SESSION_TOKEN'],
  ])('secrets in %s and %s are masked raw and encoded, also the one that does not count', (name, variable) => {
    const found = secrets({ [name]: 'p@ss/1' }, { [variable]: 'old+2' });
    expect(found.sort()).toEqual(['old%2B2', 'old+2', 'p%40ss%2F1', 'p@ss/1']);
  });

  test.each(['source-url', 'target-url'])(
    'a secret in %s is masked whole, and its password in every spelling',
    (name) => {
      const url = 'postgres://u:p%40ss:%2f@h/app?sslmode=require';
      const found = secrets({ [name]: url });
      for (const one of [url, 'p%40ss:%2f', 'p@ss:/', 'p%40ss%3A%2F']) expect(found).toContain(one);
    },
  );

  test('secrets in URLs of the environment are masked', () => {
    expect(secrets({}, { SRC_URL: 'postgres://u:first@h/a' })).toContain('first');
    expect(secrets({}, { DST_URL: 'postgres://u@h/a?password=second&x=1' })).toContain('second');
  });

  test.each(['postgres://u:pa/ss?w#1@h/app', 'postgres://u:pa/ss?w#1@h/app?x=1', 'nonsense://u:pa/ss?w#1@h'])(
    'a secret in %s, which no parser reads, is masked',
    (url) => {
      expect(secrets({ 'source-url': url })).toContain('pa/ss?w#1');
    },
  );

  test('a password is masked although an @ follows in the path', () => {
    expect(secrets({ 'source-url': 'postgres://u:first@h/a@b' })).toContain('first');
  });

  test('a password that was put into the endpoint by mistake is masked', () => {
    expect(secrets({ 's3-endpoint': 'https://u:oops@minio' })).toContain('oops');
    expect(secrets({ 's3-endpoint': 'https://minio:9000' })).toEqual([]);
  });

  test('secrets of several lines are masked a line at a time', () => {
    const found = secrets({ 'target-password': 'first line\n\nsecond line\n' });
    expect(found).toEqual(expect.arrayContaining(['first line', 'second line']));
    expect(found.every((one) => !/[\r\n]/.test(one) && one.trim() !== '')).toBe(true);
  });

  test('secrets are masked with and without the spaces at their ends', () => {
    expect(secrets({ 'target-password': ' x ' })).toEqual(expect.arrayContaining([' x ', 'x']));
  });

  test('the ends of lines of another system are no secrets', () => {
    const found = secrets({ 'target-password': 'first line\r\n\r\nsecond line\r\n' });
    expect(found.sort()).toEqual(['first line', 'first%20line', 'second line', 'second%20line']);
  });

  test.each([
    ['', '\n'],
    ['', '\r\n'],
    ['    ', '\n'],
    ['', String.raw`\n`],
  ])('a private key among certificates is masked a line at a time (%j, %j)', (indent, end) => {
    const lines = ['-----BEGIN PRIVATE KEY-----', 'Zmlyc3Q+', 'c2Vjb25k', '-----END PRIVATE KEY-----'];
    const certificate = ['-----BEGIN CERTIFICATE-----', 'cHVibGlj', '-----END CERTIFICATE-----'];
    for (const key of [lines, lines.slice(0, 3)]) {
      const found = secrets({ 'ssl-root-cert': [...certificate, ...key].map((line) => indent + line).join(end) });
      expect(found.sort()).toEqual(['Zmlyc3Q%2B', 'Zmlyc3Q+', 'c2Vjb25k']);
    }
  });

  test('secrets that are not well formed do not stop the masking', () => {
    expect(secrets({ 'target-password': 'a\ud800b', 'target-url': 'postgres://u:%zz%@h' })).toContain('a\ud800b');
  });
});
