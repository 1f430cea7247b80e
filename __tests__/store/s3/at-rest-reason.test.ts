import { expect, test } from '@jest/globals';
import { NO_KEYS } from '../../../src/age/keys.js';
import { AS_BUCKET_SAYS, type AtRest } from '../../../src/store/s3/at-rest.js';
import { toStoreError } from '../../../src/store/s3/errors.js';

const ALL: AtRest = {
  encryption: { algorithm: 'aws:kms', keyId: null },
  storageClass: 'COLD',
  tags: [{ key: 'team', value: 'data' }],
  bucketOwner: '123456789012',
};

function failure(name: string, status: number, message: string, action: 'read' | 'write', atRest = ALL) {
  const error = Object.assign(new Error(message), { name, $metadata: { httpStatusCode: status } });
  const place = { bucket: 'b', prefix: '', exactKey: null, region: 'eu-west-1', endpoint: null, forcePathStyle: false };
  const settings = {
    ...place,
    verifySsl: true,
    credentials: null,
    chunkSizeBytes: null,
    maxRetries: 0,
    atRest,
    keys: NO_KEYS,
  };
  return toStoreError(error, settings, action, "app/it's.dump");
}

test('an archive that a lifecycle rule has moved away says how to bring it back', () => {
  const error = failure('InvalidObjectState', 403, 'The operation is not valid for the storage class', 'read');
  expect(error.message).toBe(
    "cannot read s3://b/app/it's.dump: it has been moved to a storage class that cannot be read at once",
  );
  expect(error.hint).toContain(String.raw`restore-object --bucket b --key 'app/it'\''s.dump'`);
});

const DENIED =
  'User: arn:aws:sts::1:assumed-role/r/s is not authorized to perform: kms:GenerateDataKey on resource: arn:aws:kms:eu-west-1:1:key/2 because no identity-based policy allows it';

test.each([
  ['AccessDenied', 403, DENIED, 'kms:GenerateDataKey on arn:aws:kms:eu-west-1:1:key/2 is needed'],
  ['AccessDenied', 403, 'not authorized to perform: s3:PutObjectTagging', 's3:PutObjectTagging on arn:aws:s3:::b/app'],
  ['AccessDenied', 403, 'Access Denied', 's3:PutObject on arn:aws:s3:::b/app'],
  ['AccessDenied', 403, 'Access Denied', 'does not belong to 123456789012 (s3-expected-bucket-owner)'],
  ['KMS.DisabledException', 400, 'key 2 is disabled', 'key 2 is disabled (s3-sse-kms-key-id)'],
  ['InvalidStorageClass', 400, 'The storage class you specified is not valid', '(s3-storage-class)'],
  ['NotImplemented', 501, "Header 'x-amz-tagging' is not implemented", '(s3-tags)'],
  ['InvalidArgument', 400, 'UnknownError', '(s3-storage-class)'],
  ['InvalidTag', 400, 'The TagValue is not valid', '(s3-tags)'],
  ['NotImplemented', 501, 'Server side encryption specified but KMS is not configured', '(s3-sse)'],
  ['InvalidEncryptionAlgorithmError', 400, 'The encryption request you specified is not valid', '(s3-sse)'],
])('a store that says %s, %d, %s names what to look at', (name, status, message, expected) => {
  const error = failure(name, status, message, 'write');
  expect(error.code).toBe('STORE');
  expect(error.message).toContain(expected);
  expect(error.hint).not.toBe('');
});

test('inputs that nobody has given are not blamed', () => {
  const error = failure('NotImplemented', 501, 'storage class, tagging, encryption', 'write', AS_BUCKET_SAYS);
  expect(error.object).toBe("s3://b/app/it's.dump");
});
