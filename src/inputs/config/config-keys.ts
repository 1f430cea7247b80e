/** The keys of `phaselift.yml`, beside those of its own the names of inputs. */
import type { InputDefinition } from '../input-definition.js';
import { INPUTS } from '../input-table.js';

/**
 * Inputs that may differ from database to database. None is a secret, and none says which server or which database is meant: that is
 * for whoever starts a run.
 */
export const CONFIG_INPUTS: readonly InputDefinition<unknown>[] = [
  INPUTS.s3Bucket,
  INPUTS.s3Prefix,
  INPUTS.s3Region,
  INPUTS.s3Endpoint,
  INPUTS.s3Sse,
  INPUTS.s3SseKmsKeyId,
  INPUTS.s3StorageClass,
  INPUTS.s3Tags,
  INPUTS.s3ExpectedBucketOwner,
  INPUTS.encryptTo,
  INPUTS.localDirectory,
  INPUTS.s3ChunkSize,
  INPUTS.dumpCompress,
  INPUTS.dumpJobs,
  INPUTS.dumpOptions,
  INPUTS.pgOptions,
  INPUTS.maxAge,
  INPUTS.maxShrink,
  INPUTS.keepLast,
  INPUTS.keepDays,
  INPUTS.keepDaily,
  INPUTS.keepWeekly,
  INPUTS.keepMonthly,
  INPUTS.keepProven,
];

/** Of the file itself. */
export const FILE_KEYS = ['defaults', 'databases'] as const;
/** Of a rule, and but for the first two of the defaults. */
export const RULE_KEYS = ['match', 'exclude', 'every', 'timezone', 'drill-every'] as const;
export const DEFAULT_KEYS = RULE_KEYS.slice(2);
