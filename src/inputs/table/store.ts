/** Where backups live: a bucket of S3 or a directory. */
import { input, phrase } from '../../foundation/text.js';
import { roleArn, roleDuration } from '../role-inputs.js';
import type { Tag } from '../../store/s3/at-rest.js';
import { identities, recipients } from '../age-keys.js';
import { accountId, kmsKey, storageClass, tags } from '../at-rest.js';
import { empty, inputsOf, none, preset } from '../input-definition.js';
import { bucket, endpoint, prefix, s3Uri } from '../s3-location.js';
import { boolean, choice, directory, integer, invertedBoolean, key, sizeOrAuto, word } from '../scalars.js';
import { FROM_SOURCE, READING } from '../settings.js';

const MB = 1024 * 1024;
const REGION = word('the name of a region', /^[A-Za-z0-9-]+$/);
/** Where keys come from that nobody gave. */
const SDK_CHAIN = none("the SDK's default chain");

const s3 = inputsOf('s3');
const local = inputsOf('directory');

/** The rows of this group, by the names that the code has for them. */
export const STORE_INPUTS = {
  s3Bucket: s3<string | null>(
    's3-bucket',
    'Bucket of the backups.',
    bucket,
    none(phrase`required unless ${input('s3-uri')} or ${input('local-directory')}`),
    { env: ['S3_BUCKET'] },
  ),
  s3Prefix: s3('s3-prefix', 'What their keys begin with.', prefix, empty('', 'empty'), { env: ['S3_PREFIX'] }),
  s3Uri: s3('s3-uri', 'One exact object, `s3://bucket/key.dump`, instead of bucket, prefix and name.', s3Uri, none(), {
    env: ['S3_URI'],
  }),
  s3Region: s3('s3-region', 'Region of the bucket.', REGION, preset('us-east-1'), {
    env: ['AWS_REGION', 'AWS_DEFAULT_REGION'],
  }),
  s3Endpoint: s3(
    's3-endpoint',
    'URL of another service that speaks S3: MinIO, Ceph, R2, Spaces.',
    endpoint,
    none('AWS'),
    { env: ['S3_ENDPOINT_URL', 'AWS_ENDPOINT_URL_S3', 'AWS_ENDPOINT_URL'] },
  ),
  s3ForcePathStyle: s3<boolean | null>(
    's3-force-path-style',
    'Bucket in the path of the URL instead of its host.',
    boolean,
    none('`false`; `true` when an endpoint is set'),
    { env: ['AWS_S3_FORCE_PATH_STYLE'], kind: 'flag' },
  ),
  s3VerifySsl: s3('s3-verify-ssl', 'Check the certificate of the endpoint; `false` warns.', boolean, preset(true), {
    env: ['AWS_NO_VERIFY_SSL'],
    parseEnv: invertedBoolean,
  }),
  awsAccessKeyId: s3<string | null>('aws-access-key-id', 'Access key of S3.', key, SDK_CHAIN, {
    env: ['AWS_ACCESS_KEY_ID'],
    secret: true,
  }),
  awsSecretAccessKey: s3<string | null>('aws-secret-access-key', 'Its secret.', key, SDK_CHAIN, {
    env: ['AWS_SECRET_ACCESS_KEY'],
    secret: true,
  }),
  awsSessionToken: s3<string | null>(
    'aws-session-token',
    'Its session token, for temporary credentials.',
    key,
    SDK_CHAIN,
    { env: ['AWS_SESSION_TOKEN'], secret: true },
  ),
  awsRole: s3<string | null>(
    'aws-role',
    "Role (its ARN) to take by the job's OIDC token, anew while the run lasts.",
    roleArn,
    none(),
    { env: ['AWS_ROLE_ARN'] },
  ),
  awsRoleDuration: s3(
    'aws-role-duration',
    'How long its credentials hold each time, `15m` to `12h`.',
    roleDuration,
    preset(3_600_000, '1h'),
    { kind: 'text' },
  ),
  // The limits of S3 for one part: https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html
  s3ChunkSize: s3(
    's3-chunk-size',
    'Size of the parts of an upload, `5MB` to `5GB`; `auto` goes by the estimated size of the archive.',
    sizeOrAuto(5 * MB, 5 * 1024 * MB),
    preset<number | null>(null, 'auto'),
    { env: ['S3_CHUNK_SIZE'] },
  ),
  s3MaxRetries: s3(
    's3-max-retries',
    'How often a request to S3 is tried again, `0` to `100`.',
    integer('number of retries', 0, 100),
    preset(3),
    { env: ['S3_MAX_RETRIES'] },
  ),

  s3Sse: s3(
    's3-sse',
    'Encryption by the store: `AES256` or `aws:kms`.',
    choice(['AES256', 'aws:kms'] as const),
    none('as the bucket is set'),
    { env: ['S3_SSE'] },
  ),
  s3SseKmsKeyId: s3<string | null>(
    's3-sse-kms-key-id',
    phrase`Key for ${input('s3-sse')} \`aws:kms\`: its id, alias or ARN.`,
    kmsKey,
    none("the account's key for S3"),
    { env: ['S3_SSE_KMS_KEY_ID'] },
  ),
  s3StorageClass: s3<string | null>(
    's3-storage-class',
    'Storage class of archives, `STANDARD_IA` for example. Manifests and proofs, which are small, keep the usual one.',
    storageClass,
    none('as the store has it'),
    { env: ['S3_STORAGE_CLASS'] },
  ),
  s3Tags: s3<readonly Tag[]>(
    's3-tags',
    'Tags of all that is written: `key=value`, one a line, ten at most.',
    tags,
    empty([]),
    { env: ['S3_TAGS'], kind: 'lines' },
  ),
  s3ExpectedBucketOwner: s3<string | null>(
    's3-expected-bucket-owner',
    'Account (12 digits) that the bucket must belong to; every request is refused otherwise.',
    accountId,
    none(),
    { env: ['S3_EXPECTED_BUCKET_OWNER'] },
  ),
  encryptTo: s3<readonly string[]>(
    'encrypt-to',
    'Public keys of [age](https://age-encryption.org), `age1…`, one a line: archives and what manifests say of their contents are encrypted before they leave this machine, for the owners of these keys.',
    recipients,
    empty([]),
    { env: ['ENCRYPT_TO'], modes: FROM_SOURCE, kind: 'lines' },
  ),
  decryptWith: s3<readonly string[]>(
    'decrypt-with',
    phrase`Secret keys, \`AGE-SECRET-KEY-1…\`, one a line, to read what was encrypted by ${input('encrypt-to')}.`,
    identities,
    empty([]),
    { env: ['DECRYPT_WITH'], modes: READING, kind: 'lines', secret: true },
  ),

  localDirectory: local<string | null>(
    'local-directory',
    "Keep backups in this directory instead of S3, in pg_dump's directory format.",
    directory,
    none(),
    { env: ['LOCAL_DIRECTORY'] },
  ),
};
