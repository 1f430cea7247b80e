/** From the inputs that say how a bucket keeps what is written to a setting of its store. */
import { input, phrase } from '../foundation/text.js';
import type { AtRest, Encryption } from '../store/s3/at-rest.js';
import { INPUTS } from './input-table.js';
import type { InputReader } from './reader.js';

/** All of it. Reports a key that nothing uses. */
export function readAtRest(reader: InputReader): AtRest {
  return {
    encryption: readEncryption(reader),
    storageClass: reader.value(INPUTS.s3StorageClass),
    tags: reader.value(INPUTS.s3Tags),
    bucketOwner: reader.value(INPUTS.s3ExpectedBucketOwner),
  };
}

function readEncryption(reader: InputReader): Encryption | null {
  const algorithm = reader.value(INPUTS.s3Sse);
  const keyId = reader.value(INPUTS.s3SseKmsKeyId);
  if (algorithm === 'aws:kms') return { algorithm, keyId };
  if (keyId !== null && (algorithm !== null || reader.originOf(INPUTS.s3Sse).from === 'default')) {
    reader.wrong(
      INPUTS.s3SseKmsKeyId,
      phrase`a key is for encryption by KMS alone: set ${input('s3-sse')} to \`aws:kms\`, or leave the key out`,
    );
  }
  return algorithm === null ? null : { algorithm };
}
