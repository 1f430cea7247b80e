import type { ErrorCode } from '../../foundation/errors.js';
import type { Text } from '../../foundation/text.js';

/** What was being done, with the permission that it takes. */
export const PERMISSIONS = {
  read: 's3:GetObject',
  list: 's3:ListBucket',
  'list the uploads of': 's3:ListBucketMultipartUploads',
  write: 's3:PutObject',
  remove: 's3:DeleteObject',
  'abort the upload of': 's3:AbortMultipartUpload',
} as const;
export type Action = keyof typeof PERMISSIONS;

/** Why something could not be done, as people are told. */
export interface Reason {
  text: Text;
  hint: Text;
  code?: ErrorCode;
  /** The input to look at. */
  object?: string;
}
