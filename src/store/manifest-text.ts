/**
 * The manifest as text. Its first line holds the format and the summary and nothing else, so that a listing reads the first
 * SUMMARY_PREFIX_BYTES of each manifest and never the maps, which grow with the database.
 */
import type * as z from 'zod';
import { messageOf, PhaseliftError } from '../foundation/errors.js';
import { formatBytes } from '../foundation/format.js';
import { input, phrase, plain, type Text } from '../foundation/text.js';
import type { Manifest, ManifestSummary, SealedManifest } from './manifest.js';
import { MANIFEST_FORMAT, manifestSchema, mapOf, sealedSchema, summarySchema } from './manifest.js';
import { maxManifestBytes } from './manifest-bound.js';
import { checkMapConsistency } from './map-consistency.js';
import { notOpened } from './not-opened.js';

/** Bytes at the start of a manifest that are certain to hold its summary. */
export const SUMMARY_PREFIX_BYTES = 4096;

/** Of maps and sources, which are large, and stored twice: ahead of their archive, and with its ETag. */
const texts = new WeakMap<object, string>();

function textOf(value: object | string): string {
  if (typeof value !== 'object') return JSON.stringify(value);
  const known = texts.get(value);
  if (known !== undefined) return known;
  const text = JSON.stringify(value);
  texts.set(value, text);
  return text;
}

/**
 * The text to store. Throws MANIFEST when its summary does not fit the first SUMMARY_PREFIX_BYTES, or when it is larger than
 * a reader would take.
 */
export function writeManifest(manifest: Manifest | SealedManifest): string {
  const { format, summary, ...rest } = manifest;
  const first = JSON.stringify({ format, summary }).slice(0, -1);
  if (Buffer.byteLength(first) + 2 > SUMMARY_PREFIX_BYTES) {
    throw new PhaseliftError('MANIFEST', `the summary of backup ${summary.name} is too long for its manifest`);
  }
  const members = Object.entries<object | string | undefined>(rest).flatMap(([key, value]) =>
    value === undefined ? [] : [`${JSON.stringify(key)}:${textOf(value)}`],
  );
  const text = `${[first, ...members].join(',\n')}}\n`;
  const [sizeBytes, maxBytes] = [Buffer.byteLength(text), maxManifestBytes(manifest.archive.sizeBytes)];
  if (sizeBytes <= maxBytes) return text;
  const message = `the manifest of backup ${summary.name} would have ${formatBytes(sizeBytes)}, more than ${formatBytes(maxBytes)}, the most that is read again`;
  const hint = phrase`Back up fewer tables at once: some schemas by \`--schema=…\` among ${plain('dump-options')}, the others in another backup.`;
  throw new PhaseliftError('MANIFEST', message, { object: summary.name, hint });
}

/** The summary, from the first bytes of a manifest. Throws MANIFEST, naming `uri`. */
export function readSummary(prefixText: string, uri: string): ManifestSummary {
  const end = prefixText.indexOf('\n');
  const line = end === -1 ? prefixText : prefixText.slice(0, end);
  // A whole manifest on one line was written by somebody else's tool; it may still be short enough to be here in full.
  const value = parseJson(line.endsWith(',') ? `${line.slice(0, -1)}}` : line, uri);
  checkFormat(value, uri);
  return checked(summarySchema, 'summary' in value ? value.summary : undefined, uri, ['summary']);
}

/**
 * A manifest whose map is sound. Throws MANIFEST: not JSON, newer format, against the schema, or inconsistent; names `uri`. Throws
 * INPUT for one that nobody has opened.
 */
export function parseManifest(text: string, uri: string): Manifest {
  const stored = parseStored(text, uri);
  if ('sealed' in stored) throw notOpened(`the manifest ${uri}`, []);
  return stored;
}

/** The same, as it is stored: of an encrypted one what is in the clear. Throws MANIFEST likewise. */
export function parseStored(text: string, uri: string): Manifest | SealedManifest {
  const value = parseJson(text, uri);
  checkFormat(value, uri);
  const stored =
    'sealed' in value && !('map' in value) ? checked(sealedSchema, value, uri) : checked(manifestSchema, value, uri);
  const fault = ('map' in stored ? checkMapConsistency(mapOf(stored)) : null) ?? summaryFault(stored);
  if (fault !== null) {
    throw refused(uri, `contradicts itself: ${fault}`, 'The manifest is damaged or was changed. Take a new backup.');
  }
  return stored;
}

/** The text of a manifest whose inside, JSON of an object, was opened. What is in the clear counts where both have it. */
export function openedText({ format, summary, archive, forRestore }: SealedManifest, inside: string): string {
  const clear = { format, summary, archive, forRestore };
  return `${inside.trimEnd().slice(0, -1)},${JSON.stringify(clear).slice(1)}`;
}

/** The error about a manifest of which the encrypted part was changed. */
export function damagedSeal(uri: string): PhaseliftError {
  return refused(uri, 'is damaged: its encrypted part was changed or cut off');
}

/** A listing goes by the summary, a restore by the archive: they must not find different things. */
function summaryFault({ summary, archive }: Manifest | SealedManifest): string | null {
  if (summary.sizeBytes !== archive.sizeBytes) {
    return `its summary has ${summary.sizeBytes} bytes, its archive ${archive.sizeBytes}`;
  }
  if ((summary.encryption === undefined) !== (archive.plainBytes === undefined)) {
    return 'only one of its summary and its archive is encrypted';
  }
  if (summary.archiveId !== archive.id) return 'its summary and its archive have different ids';
  if (summary.etag === undefined || summary.etag === archive.etag) return null;
  return 'its summary and its archive have different ETags';
}

function parseJson(text: string, uri: string): object {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    // The parser's own message quotes the text; only its kind is of use.
    const why = text.trim() === '' ? 'it is empty' : 'it is cut short or something else';
    throw refused(uri, `is not JSON: ${why}`, 'Check what wrote this object.', cause);
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value;
  throw refused(uri, 'is not a manifest: it is JSON, but no object', 'Check what wrote this object.');
}

function checkFormat(value: object, uri: string): void {
  const format = 'format' in value ? value.format : undefined;
  if (typeof format !== 'number' || format <= MANIFEST_FORMAT) return;
  const found = `has format ${format}, this version knows ${MANIFEST_FORMAT}`;
  throw refused(uri, found, 'Upgrade Phaselift to the version that made this backup, or a newer one.');
}

function checked<T>(schema: z.ZodType<T>, value: unknown, uri: string, at: readonly string[] = []): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  const path = [...at, ...(issue?.path ?? [])].map(String).join('.');
  const why = issue === undefined ? messageOf(result.error) : issue.message;
  throw refused(uri, `is not valid at ${path === '' ? 'its top' : path}: ${why}`, undefined, result.error);
}

const BAD_MANIFEST_HINT = phrase`Restore another backup; if you know that the archive is whole, remove its manifest and restore it with ${input('s3-uri')}.`;

function refused(uri: string, why: string, hint: Text = BAD_MANIFEST_HINT, cause?: unknown): PhaseliftError {
  return new PhaseliftError('MANIFEST', `the manifest ${uri} ${why}`, { object: uri, hint, cause });
}
