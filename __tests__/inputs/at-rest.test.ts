import { describe, expect, test } from '@jest/globals';
import { AS_BUCKET_SAYS } from '../../src/store/s3/at-rest.js';
import { backup, faultOf, s3Of } from './given.js';

const atRestOf = (inputs: Record<string, string>) => s3Of(backup(inputs)).atRest;

test('what is not said of objects at rest is left to the bucket', () => {
  expect(atRestOf({})).toEqual(AS_BUCKET_SAYS);
});

test.each([
  [{ 's3-sse': 'AES256' }, { encryption: { algorithm: 'AES256' } }],
  [{ 's3-sse': 'aws:kms' }, { encryption: { algorithm: 'aws:kms', keyId: null } }],
  [
    { 's3-sse': 'aws:kms', 's3-sse-kms-key-id': 'arn:aws:kms:eu-west-1:123456789012:key/1-2' },
    { encryption: { algorithm: 'aws:kms', keyId: 'arn:aws:kms:eu-west-1:123456789012:key/1-2' } },
  ],
  [
    { 's3-sse': 'aws:kms', 's3-sse-kms-key-id': 'alias/backups' },
    { encryption: { algorithm: 'aws:kms', keyId: 'alias/backups' } },
  ],
  [{ 's3-storage-class': 'STANDARD_IA' }, { storageClass: 'STANDARD_IA' }],
  [{ 's3-storage-class': 'GLACIER_IR' }, { storageClass: 'GLACIER_IR' }],
  [{ 's3-expected-bucket-owner': '012345678901' }, { bucketOwner: '012345678901' }],
  [
    { 's3-tags': 'team=data\n\n cost centre = a=b \nempty=' },
    {
      tags: [
        { key: 'team', value: 'data' },
        { key: 'cost centre', value: 'a=b' },
        { key: 'empty', value: '' },
      ],
    },
  ],
])('at rest %p is understood', (inputs, expected) => {
  expect(atRestOf(inputs)).toEqual({ ...AS_BUCKET_SAYS, ...expected });
});

const lines = (count: number) => Array.from({ length: count }, (_, at) => `key${at}=value`).join('\n');

test('tags up to the limits of S3 are taken', () => {
  expect(atRestOf({ 's3-tags': lines(10) }).tags).toHaveLength(10);
  expect(atRestOf({ 's3-tags': `${'k'.repeat(128)}=${'v'.repeat(256)}` }).tags).toHaveLength(1);
});

describe('at rest', () => {
  test.each([
    [{ 's3-sse': 'aes256' }, '`s3-sse`', 'use one of `AES256` or `aws:kms`'],
    [{ 's3-sse-kms-key-id': 'alias/a' }, '`s3-sse-kms-key-id`', 'set `s3-sse` to `aws:kms`'],
    [{ 's3-sse': 'AES256', 's3-sse-kms-key-id': 'alias/a' }, '`s3-sse-kms-key-id`', 'set `s3-sse` to `aws:kms`'],
    [{ 's3-sse': 'aws:kms', 's3-sse-kms-key-id': 'a b' }, '`s3-sse-kms-key-id`', 'not a key of KMS'],
    [{ 's3-storage-class': 'GLACIER' }, '`s3-storage-class`', 'cannot be read at once'],
    [{ 's3-storage-class': 'deep_archive' }, '`s3-storage-class`', 'cannot be read at once'],
    [{ 's3-storage-class': 'STANDARD IA' }, '`s3-storage-class`', 'not the name of a storage class'],
    [{ 's3-expected-bucket-owner': '1234' }, '`s3-expected-bucket-owner`', '12 digits'],
    [{ 's3-tags': 'team' }, '`s3-tags`', 'is not `key=value`'],
    [{ 's3-tags': '=data' }, '`s3-tags`', 'is not `key=value`'],
    [{ 's3-tags': 'a=1\na=2' }, '`s3-tags`', 'more than once'],
    [{ 's3-tags': lines(11) }, '`s3-tags`', '11 tags are too many'],
    [{ 's3-tags': `${'k'.repeat(129)}=v` }, '`s3-tags`', 'more than 128'],
    [{ 's3-tags': `k=${'v'.repeat(257)}` }, '`s3-tags`', 'more than 256'],
    [{ 's3-tags': 'AWS:team=v' }, '`s3-tags`', 'kept for AWS'],
    [{ 's3-tags': 'team=a;b' }, '`s3-tags`', 'does not take in tags'],
  ])('at rest %p is refused by name', (inputs, name, why) => {
    const fault = faultOf(() => backup(inputs));
    expect(fault).toContain(name);
    expect(fault).toContain(why);
  });
});
