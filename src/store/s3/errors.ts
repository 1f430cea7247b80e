import { PhaseliftError } from '../../foundation/errors.js';
import { phrase, plain, type Phrase, type Text } from '../../foundation/text.js';
import { uriOf } from './client.js';
import { atRestReason } from './at-rest-reason.js';
import { deniedReason } from './denied.js';
import type { ErrorFacts } from './error-facts.js';
import { factsOf } from './error-facts.js';
import type { Action, Reason } from './reason.js';
import type { S3Settings } from './settings.js';

const MAX_MESSAGE_LENGTH = 300;

/**
 * The error for people: `cannot write s3://bucket/key: why`. A PhaseliftError stays what it is. Secrets of the settings
 * never appear in it. `key` is an object's or, for listings, a prefix; empty is the bucket.
 */
export function toStoreError(error: unknown, settings: S3Settings, action: Action, key: string): PhaseliftError {
  if (error instanceof PhaseliftError) return error;
  const facts = factsOf(error);
  const reason =
    networkReason(facts, settings) ??
    foreignReason(facts, settings) ??
    serviceReason(facts, settings, action, key) ??
    otherReason(facts);
  const uri = uriOf(settings, key);
  return new PhaseliftError(
    reason.code ?? 'STORE',
    withoutSecrets(phrase`cannot ${action} ${uri}: ${reason.text}`, settings),
    {
      hint: reason.hint,
      object: reason.object ?? uri,
      cause: error,
    },
  );
}

const CERTIFICATE = /CERT|SELF_SIGNED|UNABLE_TO_(?:VERIFY|GET_ISSUER)/;

/** No answer came. */
function networkReason(facts: ErrorFacts, settings: S3Settings): Reason | null {
  if (facts.status !== null) return null;
  const server = settings.endpoint ?? `AWS in ${settings.region}`;
  const endpoint = (
    text: Text,
    hint: Text = phrase`Check ${plain('s3-endpoint')} (S3_ENDPOINT_URL) and the network.`,
  ): Reason => ({
    text: phrase`${text} (${plain('s3-endpoint')})`,
    hint,
    object: 's3-endpoint',
  });
  const { systemCode: code, name } = facts;
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') {
    const styled = settings.endpoint !== null && !settings.forcePathStyle;
    const hint = styled
      ? phrase`Check ${plain('s3-endpoint')}, or set ${plain('s3-force-path-style')} to true.`
      : undefined;
    return endpoint(`the host of ${server} does not resolve`, hint);
  }
  if (code === 'ECONNREFUSED') return endpoint(`${server} refuses connections`);
  if (code === 'EPROTO' || code.startsWith('ERR_SSL')) {
    return endpoint(
      `${server} does not speak TLS as expected`,
      phrase`Check whether ${plain('s3-endpoint')} begins with https:// or http://.`,
    );
  }
  if (CERTIFICATE.test(code)) {
    return {
      text: phrase`the certificate of ${server} is not trusted: ${code} (${plain('s3-verify-ssl')})`,
      hint: phrase`Give its authority's certificate by NODE_EXTRA_CA_CERTS, or set ${plain('s3-verify-ssl')} to false if you trust the network.`,
      object: 's3-verify-ssl',
    };
  }
  if (name === 'CredentialsProviderError' || name === 'TokenProviderError' || /credential/i.test(facts.message)) {
    return {
      text: phrase`there are no usable credentials (${plain('aws-access-key-id')})`,
      hint: phrase`Give ${plain('aws-access-key-id')} and ${plain('aws-secret-access-key')}, or ${plain('aws-role')}, or run aws-actions/configure-aws-credentials before this step.`,
      object: 'aws-access-key-id',
    };
  }
  // The SDK calls a connection that was cut a timeout as well; its code tells.
  if (code === 'ETIMEDOUT' || (name === 'TimeoutError' && code === ''))
    return endpoint(`${server} did not answer in time`);
  if (code !== '') return endpoint(`the connection to ${server} failed: ${code}`);
  return null;
}

/** An answer came, and is not of S3: of a web page, a proxy, another service. */
function foreignReason({ status, name, message }: ErrorFacts, settings: S3Settings): Reason | null {
  if (status === null || status === 301) return null;
  const isUnread = status < 300 && isUnreadable(message);
  const isRedirect = status >= 300 && status < 400 && isNameless(name);
  return isUnread || isRedirect ? notS3(settings) : null;
}

/** The SDK could make nothing of the answer's body; its message is for who programs with it. */
function isUnreadable(message: string): boolean {
  return /deserialization error/i.test(message);
}

/** Whoever answered gave no code of S3's, as with a proxy's own page. */
function isNameless(name: string): boolean {
  return name === 'Unknown' || name === 'UnknownError';
}

function notS3({ endpoint, region }: S3Settings): Reason {
  return {
    text: phrase`${endpoint ?? `AWS in ${region}`} answers, but not as S3 does (${plain('s3-endpoint')})`,
    hint: phrase`Check ${plain('s3-endpoint')} (S3_ENDPOINT_URL): its path, its port (a web console has another one), and proxies before it.`,
    object: 's3-endpoint',
  };
}

/** The error about an answer that was no error and has nothing of what S3 answers. */
export function notS3Error(settings: S3Settings, action: Action, key: string): PhaseliftError {
  const { text, hint, object } = notS3(settings);
  return new PhaseliftError('STORE', phrase`cannot ${action} ${uriOf(settings, key)}: ${text}`, { hint, object });
}

/** Of what nobody gave where a role was taken. */
const OF_CREDENTIALS = /^(?:ExpiredToken(?:Exception)?|InvalidToken|TokenRefreshRequired|InvalidAccessKeyId)$/;

/** An answer came, and it was no. */
function serviceReason(facts: ErrorFacts, settings: S3Settings, action: Action, key: string): Reason | null {
  const ofInput = (object: string, text: Text, hint: Text): Reason => ({
    text: phrase`${text} (${plain(object)})`,
    hint,
    object,
  });
  const bucket = `the bucket ${settings.bucket}`;
  const { credentials } = settings;
  if (OF_CREDENTIALS.test(facts.name) && credentials !== null && 'roleArn' in credentials) {
    return ofInput(
      'aws-role',
      `the store does not accept the credentials of the role ${credentials.roleArn}: ${facts.name}`,
      'They are taken anew while the run lasts: look in the log for why they were not, and run it again. Compare the clocks of runner and store; a store that is not AWS may not know the credentials of its STS.',
    );
  }
  switch (facts.name) {
    case 'NoSuchBucket':
    case 'InvalidBucketName':
      return ofInput(
        's3-bucket',
        `${bucket} does not exist`,
        phrase`Check ${plain('s3-bucket')} (S3_BUCKET) and ${plain('s3-endpoint')}, or create it.`,
      );
    case 'InvalidAccessKeyId':
      return ofInput(
        'aws-access-key-id',
        'the access key is not known to the store',
        phrase`Check ${plain('aws-access-key-id')}.`,
      );
    case 'SignatureDoesNotMatch': {
      const hint = phrase`Check ${plain('aws-secret-access-key')}: it is not the one of this access key, or a proxy changes requests.`;
      return ofInput('aws-secret-access-key', 'the store refuses the signature', hint);
    }
    case 'XAmzContentSHA256Mismatch':
    case 'BadDigest':
    case 'InvalidDigest':
      return {
        text: 'the store got other bytes than were sent',
        hint: 'Run it again; if it stays, look for a proxy that changes requests, and for faults of the network.',
      };
    case 'ExpiredToken':
    case 'ExpiredTokenException':
    case 'InvalidToken':
    case 'TokenRefreshRequired': {
      const hint = phrase`Use ${plain('aws-role')}, whose credentials are renewed, or get new ones just before this step.`;
      return ofInput('aws-session-token', 'the session token has expired or is not valid', hint);
    }
    case 'RequestTimeTooSkewed':
      return { text: "this machine's clock differs too much from the store's", hint: 'Set the clock of the runner.' };
    case 'PermanentRedirect':
    case 'AuthorizationHeaderMalformed':
    case 'IllegalLocationConstraintException':
      return ofInput(
        's3-region',
        `${bucket} is not in ${settings.region}`,
        phrase`Set ${plain('s3-region')} (AWS_REGION) to its region.`,
      );
    case 'EntityTooSmall':
    case 'EntityTooLarge':
      return ofInput(
        's3-chunk-size',
        'the store refuses the size of a part',
        phrase`Set another ${plain('s3-chunk-size')}, 64MB for example.`,
      );
    case 'NoSuchUpload':
      return {
        text: 'the upload was aborted by somebody else',
        hint: 'Look for a lifecycle rule of the bucket, or another run, that aborts uploads; then run the backup again.',
      };
    case 'QuotaExceeded':
    case 'XMinioStorageFull':
      return { text: 'the store is full', hint: 'Free space in it, or raise its quota.' };
    default:
      return atRestReason(facts, settings, key) ?? statusReason(facts, settings, action, key);
  }
}

function statusReason(facts: ErrorFacts, settings: S3Settings, action: Action, key: string): Reason | null {
  switch (facts.status) {
    case 403:
      return deniedReason(facts, settings, action, key);
    case 301:
      return {
        text: phrase`the bucket ${settings.bucket} is not in ${settings.region} (${plain('s3-region')})`,
        hint: phrase`Set ${plain('s3-region')} (AWS_REGION) to its region.`,
        object: 's3-region',
      };
    case 404:
      return { text: 'it does not exist', hint: phrase`Check bucket, prefix and name, and ${plain('s3-endpoint')}.` };
    case 400:
      // Stores that allow fewer than 10,000 parts say so only in their text.
      if (!/part ?number|too many parts/i.test(facts.message)) return null;
      return {
        text: phrase`the archive has more parts than the store allows (${plain('s3-chunk-size')})`,
        hint: phrase`Set a larger ${plain('s3-chunk-size')} (S3_CHUNK_SIZE), 512MB for example.`,
        code: 'STORE_FULL',
        object: 's3-chunk-size',
      };
    case 507:
      return { text: 'the store is full', hint: 'Free space in it, or raise its quota.' };
    default:
      return null;
  }
}

function otherReason(facts: ErrorFacts): Reason {
  const hint = phrase`Run it again; if it stays, look at the store and at ${plain('s3-endpoint')}.`;
  if (facts.status !== null && (isNameless(facts.name) || isUnreadable(facts.message))) {
    return { text: `the store, or a proxy before it, answered with HTTP ${facts.status} and no reason`, hint };
  }
  const said = facts.message.replace(/\s+/g, ' ').trim().slice(0, MAX_MESSAGE_LENGTH);
  const status = facts.status === null ? '' : ` (HTTP ${facts.status})`;
  const text = said === '' || said === facts.name ? facts.name : `${facts.name}: ${said}`;
  return { text: `${text}${status}`, hint };
}

function withoutSecrets(text: Phrase, { credentials }: S3Settings): Phrase {
  if (credentials === null || 'roleArn' in credentials) return text;
  const secrets = [credentials.secretAccessKey, credentials.sessionToken];
  return text.map((words) =>
    secrets.reduce<string>((safe, secret) => (secret ? safe.replaceAll(secret, '***') : safe), words),
  );
}

/** What is thrown when a signal ends something: the signal's own reason when that is for people, else CANCELLED. */
export function cancellation(signal: AbortSignal, doing: string): PhaseliftError {
  const reason: unknown = signal.reason;
  if (reason instanceof PhaseliftError) return reason;
  return new PhaseliftError('CANCELLED', `cancelled while ${doing}`, { cause: reason });
}
