/** What is missing where a store has denied something. */
import { phrase, plain, type Phrase } from '../../foundation/text.js';
import type { ErrorFacts } from './error-facts.js';
import { PERMISSIONS, type Action, type Reason } from './reason.js';
import type { S3Settings } from './settings.js';

/** As AWS names what was denied: `not authorized to perform: kms:GenerateDataKey on resource: arn:aws:kms:…`. */
const NAMED = /not authorized to perform: ((?:s3|kms):[A-Za-z]+)(?: on resource: "?(arn:[^\s"]+))?/;

/** HTTP 403: the permission that is needed, by the store's own word where it has one. */
export function deniedReason({ message }: ErrorFacts, settings: S3Settings, action: Action, key: string): Reason {
  const { bucket, atRest } = settings;
  const [, named = PERMISSIONS[action], said] = NAMED.exec(message) ?? [];
  const place = `arn:aws:s3:::${bucket}${action === 'list' ? '' : `/${key}`}`;
  const resource = said ?? (named.startsWith('kms:') ? "the key of the bucket's encryption" : place);
  const object = `${named} on ${resource}`;
  const text = `access denied, ${object} is needed`;
  if (named.startsWith('kms:')) {
    const hint =
      'Grant it to the credentials in use, in a policy of theirs and in that of the key: writing takes kms:GenerateDataKey and kms:Decrypt, reading kms:Decrypt.';
    return { text, hint, object };
  }
  const owner = atRest.bucketOwner;
  const of =
    owner === null ? '' : phrase`, or the bucket does not belong to ${owner} (${plain('s3-expected-bucket-owner')})`;
  const also = action === 'read' ? ' Without s3:ListBucket on the bucket, missing objects are denied as well.' : '';
  const tags = atRest.tags.length > 0 && action === 'write' ? ' Tags take s3:PutObjectTagging too.' : '';
  return {
    text: phrase`${text}${of}`,
    hint: phrase`Grant it to the credentials in use.${also}${tags}${otherCauseOfDenial(settings)}`,
    object,
  };
}

/** Some stores say the same of credentials that they do not take: Ceph where its STS is in use, without another word. */
function otherCauseOfDenial({ endpoint, credentials }: S3Settings): Phrase {
  const isSession = credentials !== null && 'sessionToken' in credentials && credentials.sessionToken !== null;
  if (isSession) return phrase` Or the session token is not valid any more (${plain('aws-session-token')}).`;
  return endpoint === null
    ? phrase``
    : phrase` Or the store does not take the keys (${plain('aws-secret-access-key')}).`;
}
