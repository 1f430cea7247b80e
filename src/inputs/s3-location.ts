/** Parsers of the inputs that say where in S3. */
import { input, phrase } from '../foundation/text.js';
import { MANIFEST_SUFFIX, PROOF_SUFFIX, trimPrefix } from '../store/names.js';
import type { Parsed } from './parser.js';
import { bad, good, quoted } from './parser.js';

/** One exact object. */
export interface S3Object {
  bucket: string;
  key: string;
}

/** The name of a bucket, or the ARN of an access point. */
export function bucket(text: string): Parsed<string> {
  if (text.includes('://'))
    return bad(phrase`${quoted(text)} is a URI: give the bucket's name alone, or use ${input('s3-uri')}`);
  if (/^arn:[\w:/.-]+$/.test(text) || /^[A-Za-z0-9][\w.-]{0,254}$/.test(text)) return good(text);
  return bad(`${quoted(text)} is not the name of a bucket: use letters, digits, \`.\`, \`-\` and \`_\``);
}

/** Without the slashes at its ends; each part in between must be a name. */
export function prefix(text: string): Parsed<string> {
  const trimmed = trimPrefix(text);
  const fault = trimmed === '' ? null : pathFault(trimmed);
  return fault === null ? good(trimmed) : bad(`${quoted(text)} is not a prefix: ${fault}`);
}

/** `s3://bucket/key`, where the key names an object. */
export function s3Uri(text: string): Parsed<S3Object | null> {
  const match = /^s3:\/\/([^/]*)(?:\/(.*))?$/su.exec(text);
  if (match === null) return bad(`${quoted(text)} is not an S3 URI: write \`s3://bucket/key.dump\``);
  const named = bucket(match[1] ?? '');
  if ('faults' in named) return named;
  const key = match[2] ?? '';
  if (key === '' || key.endsWith('/')) {
    return bad(
      phrase`${quoted(text)} names no object: add its key, or use ${input('s3-bucket')} and ${input('s3-prefix')} for a place`,
    );
  }
  const fault = pathFault(key);
  if (fault !== null) return bad(`${quoted(text)} is not the URI of a backup: ${fault}`);
  if (key.endsWith(MANIFEST_SUFFIX)) return bad(`${quoted(text)} is a manifest: name the archive beside it`);
  if (key.endsWith(PROOF_SUFFIX)) return bad(`${quoted(text)} is a proof: name the archive beside it`);
  return good({ bucket: named.value, key });
}

/** The URL of a service that speaks S3, without slash at its end. */
export function endpoint(text: string): Parsed<string | null> {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || (url.protocol !== 'https:' && url.protocol !== 'http:')) {
    return text.includes('@')
      ? bad('this is not a URL: write it like `https://s3.example.com`, without user and password')
      : bad(`${quoted(text)} is not a URL: write it like \`https://s3.example.com\``);
  }
  if (url.username !== '' || url.password !== '') {
    return bad(
      phrase`this URL has a user or password in it: use ${input('aws-access-key-id')} and ${input('aws-secret-access-key')}`,
    );
  }
  if (url.search !== '' || url.hash !== '') return bad(`${quoted(text)} has a \`?\` or \`#\`: give the endpoint alone`);
  return good(text.replace(/\/+$/, ''));
}

function pathFault(path: string): string | null {
  if (/\p{Cc}/u.test(path)) return 'remove the control characters';
  if (path.split('/').some((part) => part === '' || part === '.' || part === '..')) {
    return 'remove the empty parts, `.` and `..` from it';
  }
  // S3's own limit for a key is 1,024 bytes; what is added to a prefix needs room.
  return Buffer.byteLength(path) > 900 ? 'make it shorter than 900 bytes' : null;
}
