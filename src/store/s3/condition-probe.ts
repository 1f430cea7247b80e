import { CompleteMultipartUploadCommand, CreateMultipartUploadCommand, type CompletedPart } from '@aws-sdk/client-s3';
import { messageOf } from '../../foundation/errors.js';
import type { S3Access } from './client.js';
import { COMPLETION, type Condition } from './conditions.js';
import { metadataOf, removeObject } from './objects.js';
import { abortUpload } from './upload-abort.js';

/** Both that completions use; neither can hold. */
const CONDITIONS: readonly Condition[] = [{ IfNoneMatch: '*' }, { IfMatch: '"0"' }];
/** That was never sent. */
const NO_PART: CompletedPart = { PartNumber: 1, ETag: '"d41d8cd98f00b204e9800998ecf8427e"' };

/**
 * Learns which conditions of a completion the store knows, before hours of bytes are sent: an upload is begun, completed
 * with a part that does not exist, which no store does, and aborted. `key` is one where nothing can be lost, should a store
 * do it all the same. Never throws: what cannot be learnt here is learnt at the end.
 */
export async function probeConditions(access: S3Access, key: string, archiveId: string): Promise<void> {
  const { client, settings, conditions, logger } = access;
  const target = { Bucket: settings.bucket, Key: key };
  try {
    // With its mark: a run that is killed here leaves an upload, or less likely an object, that a prune takes for ours.
    const begun = await client.send(new CreateMultipartUploadCommand({ ...target, Metadata: metadataOf(archiveId) }));
    if (begun.UploadId === undefined) return;
    for (const condition of CONDITIONS) {
      const MultipartUpload = { Parts: [NO_PART] };
      const completion = { ...target, UploadId: begun.UploadId, MultipartUpload, ...condition };
      try {
        await client.send(new CompleteMultipartUploadCommand(completion));
        await removeObject(access, key);
        return;
      } catch (error) {
        conditions.learn(COMPLETION, condition, error);
      }
    }
    await abortUpload(access, key, begun.UploadId);
  } catch (error) {
    logger.debug(`conditions were not tried before the backup: ${messageOf(error)}`);
  }
}
