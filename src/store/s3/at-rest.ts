/** How a bucket keeps what is written into it, and whose bucket it has to be. */
import type { S3Client } from '@aws-sdk/client-s3';
import { PhaseliftError } from '../../foundation/errors.js';
import { phrase, plain } from '../../foundation/text.js';
import { MARK_NAME } from './own-mark.js';

/** Encryption by the store (SSE). With `aws:kms` and without a key it is the account's own key `aws/s3`. */
export type Encryption = { algorithm: 'AES256' } | { algorithm: 'aws:kms'; keyId: string | null };

/** A tag of an object. */
export interface Tag {
  key: string;
  value: string;
}

/** What requests say of it; what is null or empty is left to the bucket. */
export interface AtRest {
  encryption: Encryption | null;
  /** Of archives alone: classes have a least size and a least time that are paid for, which small objects never reach. */
  storageClass: string | null;
  tags: readonly Tag[];
  /** Account of AWS, 12 digits. */
  bucketOwner: string | null;
}

/** Nothing was asked for. */
export const AS_BUCKET_SAYS: AtRest = { encryption: null, storageClass: null, tags: [], bucketOwner: null };

/** The requests that make objects. Parts of an upload are kept as its beginning said. */
const MAKING: ReadonlySet<string> = new Set(['PutObjectCommand', 'CreateMultipartUploadCommand']);

/** Adds to each request of this client what it has to say. Every request of an object or a bucket knows its owner. */
export function sayAtRest(client: S3Client, atRest: AtRest): void {
  const owner: object = atRest.bucketOwner === null ? {} : { ExpectedBucketOwner: atRest.bucketOwner };
  const making = { ...encryptionOf(atRest), ...taggingOf(atRest) };
  const ofArchive: object = atRest.storageClass === null ? {} : { StorageClass: atRest.storageClass };
  client.middlewareStack.add(
    (next, context) => (args) => {
      const command = String(context['commandName']);
      const { input } = args;
      const more = MAKING.has(command) ? { ...making, ...(isArchive(command, input) ? ofArchive : {}) } : {};
      return next({ ...args, input: { ...input, ...owner, ...more } });
    },
    { step: 'initialize', name: 'atRest' },
  );
}

/**
 * Throws STORE when a store has begun an object and does not say that it encrypts it as was asked for: some pass over headers
 * that they do not know, and nobody would see.
 */
export function refuseUnencrypted({ encryption }: AtRest, answer: object, uri: string): void {
  if (encryption === null) return;
  const said = 'ServerSideEncryption' in answer ? answer.ServerSideEncryption : undefined;
  if (said === encryption.algorithm) return;
  const did = typeof said === 'string' ? `did so by \`${said}\`` : 'did not, as far as it says';
  const message = phrase`cannot write ${uri}: the store was asked to encrypt it by \`${encryption.algorithm}\`, and ${did} (${plain('s3-sse')})`;
  throw new PhaseliftError('STORE', message, {
    object: 's3-sse',
    hint: phrase`Set ${plain('s3-sse')} to what the store can do, or leave it out.`,
  });
}

function isArchive(command: string, input: object): boolean {
  if (command === 'CreateMultipartUploadCommand') return true;
  const metadata: unknown = 'Metadata' in input ? input.Metadata : undefined;
  return typeof metadata === 'object' && metadata !== null && MARK_NAME in metadata;
}

function encryptionOf({ encryption }: AtRest): object {
  if (encryption === null) return {};
  const { algorithm } = encryption;
  const keyId = 'keyId' in encryption ? encryption.keyId : null;
  return { ServerSideEncryption: algorithm, ...(keyId === null ? {} : { SSEKMSKeyId: keyId }) };
}

/** As S3 takes tags: the form of a URL's query. */
function taggingOf({ tags }: AtRest): object {
  if (tags.length === 0) return {};
  return { Tagging: tags.map(({ key, value }) => `${encodeURIComponent(key)}=${encodeURIComponent(value)}`).join('&') };
}
