import { INPUTS } from './definitions.js';
import type { InputReader } from './reader.js';
import { readS3 } from './s3-settings.js';
import type { StoreSettings } from '../store/create-store.js';

/**
 * Where backups live: a local directory where there is one, else S3. What the environment says gives way to an input; two
 * inputs contradict each other.
 */
export function readStore(reader: InputReader): StoreSettings {
  const local = reader.read(INPUTS.localDirectory);
  const s3Places = [INPUTS.s3Bucket, INPUTS.s3Prefix, INPUTS.s3Uri].filter(
    (input) => reader.originOf(input).from === 'input',
  );
  const isLocal = local.origin.from === 'input' || (local.origin.from === 'environment' && s3Places.length === 0);
  if (!isLocal) return { kind: 's3', ...readS3(reader) };
  if (s3Places.length > 0) {
    const names = s3Places.map((input) => reader.name(input)).join(', ');
    reader.wrong(INPUTS.localDirectory, `it stands in place of S3, and ${names} is given too: keep one or the other`);
  }
  return { kind: 'directory', path: local.value ?? '' };
}
