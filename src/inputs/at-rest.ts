/** Parsers of the inputs that say how a bucket keeps what is written. Limits: https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-tagging.html */
import type { Tag } from '../store/s3/at-rest.js';
import type { Parsed } from './parser.js';
import { bad, good, quoted } from './parser.js';

const MOST_TAGS = 10;
const MOST_KEY_CHARACTERS = 128;
const MOST_VALUE_CHARACTERS = 256;
/** What every service of AWS takes in tags. */
const TAG_CHARACTERS = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u;

/** Archives of these cannot be read before somebody has asked for them, hours ahead. */
const SLOW_CLASSES: ReadonlySet<string> = new Set(['GLACIER', 'DEEP_ARCHIVE']);

/** A key of KMS: its id, `alias/…`, or the ARN of either. */
export function kmsKey(text: string): Parsed<string> {
  if (/^[\w:/-]{1,2048}$/.test(text)) return good(text);
  return bad(`${quoted(text)} is not a key of KMS: give its id, \`alias/…\` or its ARN`);
}

/** A name of AWS's or of another store's own; not one that a restore could not read. */
export function storageClass(text: string): Parsed<string> {
  if (!/^[A-Za-z0-9_-]{1,128}$/.test(text)) {
    return bad(`${quoted(text)} is not the name of a storage class: write it like \`STANDARD_IA\``);
  }
  if (!SLOW_CLASSES.has(text.toUpperCase())) return good(text);
  return bad(
    `${quoted(text)} cannot be read at once, so a restore or a verification would have to wait for hours: use \`GLACIER_IR\`, or move old backups there by a lifecycle rule of the bucket`,
  );
}

/** An account of AWS. */
export function accountId(text: string): Parsed<string> {
  return /^\d{12}$/.test(text) ? good(text) : bad(`${quoted(text)} is not an account of AWS: give its 12 digits`);
}

/** One tag a line, `key=value`; blank lines are passed over. A value may be empty and may hold `=`. */
export function tags(text: string): Parsed<readonly Tag[]> {
  const found = new Map<string, Tag>();
  const faults: string[] = [];
  for (const written of text.split(/\r?\n/).map((one) => one.trim())) {
    if (written === '') continue;
    const at = written.indexOf('=');
    const tag = { key: written.slice(0, at).trim(), value: written.slice(at + 1).trim() };
    const fault = at < 1 ? 'is not `key=value`: write the name of the tag, `=` and its value' : faultOf(tag);
    if (fault !== null) faults.push(`${quoted(written)} ${fault}`);
    else if (found.has(tag.key)) faults.push(`${quoted(tag.key)} stands there more than once: keep one of the lines`);
    else found.set(tag.key, tag);
  }
  if (found.size > MOST_TAGS) faults.push(`${found.size} tags are too many: S3 takes ${MOST_TAGS} at most`);
  return faults.length > 0 ? bad(...faults) : good([...found.values()]);
}

/** Lengths are counted as S3 does, in units of UTF-16. */
function faultOf({ key, value }: Tag): string | null {
  if (key.length > MOST_KEY_CHARACTERS) return `has a key of more than ${MOST_KEY_CHARACTERS} characters: shorten it`;
  if (value.length > MOST_VALUE_CHARACTERS)
    return `has a value of more than ${MOST_VALUE_CHARACTERS} characters: shorten it`;
  if (/^aws:/i.test(key)) return 'has a key that begins with `aws:`, which is kept for AWS: name it otherwise';
  if (TAG_CHARACTERS.test(key) && TAG_CHARACTERS.test(value)) return null;
  return 'has characters that S3 does not take in tags: use letters, digits, spaces and `_ . : / = + - @`';
}
