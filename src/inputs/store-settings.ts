/** From the inputs of the store, S3 or a directory, to its settings. */
import { input, joined, phrase } from '../foundation/text.js';
import type { StoreSettings } from '../store/create-store.js';
import type { S3Settings } from '../store/s3/settings.js';
import { readKeys } from './age-settings.js';
import { readAtRest } from './at-rest-settings.js';
import { readCredentials } from './aws-credentials.js';
import type { GivenInputs } from './given-inputs.js';
import { INPUTS } from './input-table.js';
import { InputReader } from './reader.js';
import type { S3Object } from './s3-location.js';

/**
 * Where backups live: a local directory where there is one, else S3. What the environment says gives way to an input; two
 * inputs contradict each other.
 */
export function readStore(reader: InputReader): StoreSettings {
  const local = reader.read(INPUTS.localDirectory);
  const s3Places = [INPUTS.s3Bucket, INPUTS.s3Prefix, INPUTS.s3Uri].filter(
    (place) => reader.originOf(place).from === 'input',
  );
  const isElsewhere = [INPUTS.s3Bucket, INPUTS.s3Uri].some((place) =>
    ['input', 'environment'].includes(reader.originOf(place).from),
  );
  const isLocal =
    local.origin.from === 'input' ||
    (local.origin.from === 'environment' && s3Places.length === 0) ||
    // What a rule says of its databases gives way to what this run was told.
    (local.origin.from === 'rule' && !isElsewhere);
  if (!isLocal) return { kind: 's3', ...readS3(reader) };
  if (readKeys(reader).recipients.length > 0) {
    reader.wrong(
      INPUTS.encryptTo,
      phrase`only what goes to S3 is encrypted, and pg_dump writes into ${input('local-directory')} by itself: leave one of the two out, or encrypt the disk`,
    );
  }
  if (s3Places.length > 0) {
    const names = joined(
      s3Places.map((place) => reader.name(place)),
      ', ',
    );
    reader.wrong(
      INPUTS.localDirectory,
      phrase`it stands in place of S3, and ${names} is given too: keep one or the other`,
    );
  }
  return { kind: 'directory', path: local.value ?? '' };
}

/** The one object that was asked for; null where backups have names. */
export function exactKeyOf(store: StoreSettings): string | null {
  return store.kind === 's3' ? store.exactKey : null;
}

/** Where backups live and how to get there. Reports what is missing or contradicts itself. */
function readS3(reader: InputReader): S3Settings {
  const endpoint = reader.value(INPUTS.s3Endpoint);
  return {
    ...readPlace(reader),
    region: reader.value(INPUTS.s3Region),
    endpoint,
    forcePathStyle: reader.value(INPUTS.s3ForcePathStyle) ?? endpoint !== null,
    verifySsl: reader.value(INPUTS.s3VerifySsl),
    credentials: readCredentials(reader),
    chunkSizeBytes: reader.value(INPUTS.s3ChunkSize),
    maxRetries: reader.value(INPUTS.s3MaxRetries),
    atRest: readAtRest(reader),
    keys: readKeys(reader),
  };
}

/**
 * The credentials alone, for the clean-up after a run, which must not fail on other inputs. null when there are none, or only
 * a part of them.
 */
export function readS3Secrets(given: GivenInputs): S3Settings['credentials'] {
  return readCredentials(new InputReader(given));
}

/** The exact object of `s3-uri`, or bucket and prefix. */
function readPlace(reader: InputReader): Pick<S3Settings, 'bucket' | 'prefix' | 'exactKey'> {
  const uri = readUri(reader);
  if (uri !== null) return { bucket: uri.object?.bucket ?? '', prefix: '', exactKey: uri.object?.key ?? null };
  const bucket = reader.required(
    INPUTS.s3Bucket,
    phrase`the bucket of the backups (or use ${input('s3-uri')} or ${input('local-directory')})`,
  );
  return { bucket, prefix: reader.value(INPUTS.s3Prefix), exactKey: null };
}

/**
 * `s3-uri` when it counts; its object is null when it is at fault. Bucket, prefix and name from the environment give way to it,
 * as inputs they contradict it, unless it comes from the environment itself.
 */
function readUri(reader: InputReader): { object: S3Object | null } | null {
  const { from } = reader.originOf(INPUTS.s3Uri);
  if (from === 'default') return null;
  const parts = [INPUTS.s3Bucket, INPUTS.s3Prefix, INPUTS.backupName].filter(
    (part) => reader.originOf(part).from === 'input',
  );
  if (from === 'environment' && parts.length > 0) return null;
  const object = reader.value(INPUTS.s3Uri);
  if (parts.length === 0) return { object };
  const names = joined(
    parts.map((part) => reader.name(part)),
    ', ',
  );
  reader.wrong(
    INPUTS.s3Uri,
    phrase`it stands for bucket, prefix and name, and ${names} is given too: keep one or the other`,
  );
  return { object };
}
