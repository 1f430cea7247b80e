/** Why a store could not keep, or give, an object as was asked for: its class, its tags, its encryption. */
import { phrase, plain, type Text } from '../../foundation/text.js';
import type { ErrorFacts } from './error-facts.js';
import type { Reason } from './reason.js';
import type { S3Settings } from './settings.js';

/** How stores that do not know them, or refuse them, speak of our headers; beside the codes of AWS. */
const SPOKEN: readonly (readonly [RegExp, string, string])[] = [
  [/storage.?class/i, 's3-storage-class', 'this storage class'],
  [/tag/i, 's3-tags', 'the tags'],
  [/encrypt|\bkms\b/i, 's3-sse', 'this encryption'],
];

/** null for other errors. */
export function atRestReason({ name, message, status }: ErrorFacts, settings: S3Settings, key: string): Reason | null {
  const said =
    message === '' || message === name ? name : `${name}: ${message.replace(/\s+/g, ' ').trim().slice(0, 200)}`;
  if (name === 'InvalidObjectState') return movedAway(settings, key);
  if (name.startsWith('KMS.')) {
    const text = `the key of its encryption cannot be used, ${said}`;
    const how = phrase`Check in KMS that the key is enabled, and in the region of the bucket; to write with another one set ${plain('s3-sse-kms-key-id')}.`;
    return ofInput('s3-sse-kms-key-id', text, how);
  }
  if (status !== 400 && status !== 501) return null;
  const words = name === 'NotImplemented' || name.startsWith('Invalid') ? `${name} ${message}` : '';
  const asked = SPOKEN.filter(([, of]) => isAskedFor(settings, of));
  // Ceph says no more of a storage class that it does not have.
  const isMute = name === 'InvalidArgument' && /^(?:UnknownError|InvalidArgument|)$/.test(message);
  const [, input, what] = asked.find(([pattern]) => pattern.test(words) || isMute) ?? [];
  if (input === undefined) return null;
  const how = phrase`Set ${plain(input)} to what the store can do, or leave it out.`;
  return ofInput(input, `the store does not take ${what ?? ''}, ${said}`, how);
}

function movedAway({ bucket }: S3Settings, key: string): Reason {
  const command = `aws s3api restore-object --bucket ${bucket} --key '${key.replaceAll("'", String.raw`'\''`)}' --restore-request Days=7`;
  return {
    text: 'it has been moved to a storage class that cannot be read at once',
    hint: `Have the store bring it back first, which takes hours: \`${command}\`. Then run this again. It was moved by a lifecycle rule of the bucket, or by the archive tiers of INTELLIGENT_TIERING.`,
  };
}

function isAskedFor({ atRest }: S3Settings, input: string): boolean {
  if (input === 's3-storage-class') return atRest.storageClass !== null;
  return input === 's3-tags' ? atRest.tags.length > 0 : atRest.encryption !== null;
}

function ofInput(object: string, text: Text, hint: Text): Reason {
  return { text: phrase`${text} (${plain(object)})`, hint, object };
}
