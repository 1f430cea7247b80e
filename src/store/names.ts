/** Names of backups and of their objects. A name is one path segment: it must not leave the prefix or directory it is put in. */
import { randomBytes } from 'node:crypto';
import { PhaseliftError } from '../foundation/errors.js';
import { phrase, plain } from '../foundation/text.js';

export const ARCHIVE_SUFFIX = '.dump';
export const MANIFEST_SUFFIX = '.manifest.json';
/** Of what a restore that was verified has left beside the backup: see proof.ts. */
export const PROOF_SUFFIX = '.proof.json';
/** Of what is known of the last restore that was to leave a proof: see trial.ts. No backup's name begins with a dot. */
export const TRIAL_FILE = '.trial.json';

/** Of a manifest that was written ahead of its archive; no object of a backup ends so. docs/adr/0011-pairs-by-id.md */
const AHEAD_SUFFIX = '.pending.json';
const AHEAD_NAME = /^(.+)\.([0-9a-f]{32})\.pending\.json$/s;
const ARCHIVE_ID = /^[0-9a-f]{32}$/;
const ID_LENGTH = 32;

/** What stands for the newest complete backup, and so names none. */
export const LATEST = 'latest';

const MAX_NAME_BYTES = 255;
/** S3's limit for a key. Source: Amazon S3 user guide, "Naming Amazon S3 objects". */
const MAX_KEY_BYTES = 1024;

/** Where the objects of one backup are, as keys of the bucket. */
export interface ObjectKeys {
  archive: string;
  manifest: string;
}

/** Why this cannot name a database's folder or a backup, or null when it can. */
export function nameFault(name: string): string | null {
  if (name === '') return 'it is empty';
  if (name.startsWith('.')) return 'it starts with a dot';
  if (name.includes('..')) return 'it contains ".."';
  if (/[/\\]/.test(name)) return 'it contains a slash or backslash';
  if (/\p{Cc}/u.test(name)) return 'it contains a control character';
  if (!name.isWellFormed()) return 'it is not valid Unicode';
  const bytes = Buffer.byteLength(name);
  if (bytes > MAX_NAME_BYTES) return `it is ${bytes} bytes long, at most ${MAX_NAME_BYTES} are allowed`;
  return null;
}

/** Why this cannot be the name of a new backup, or null when it can. */
export function backupNameFault(name: string): string | null {
  return name === LATEST ? 'it stands for the newest complete backup' : nameFault(name);
}

/** The name of a backup that was given none: `YYYYMMDD-HHMMSS` in UTC. */
export function defaultBackupName(startedAt: Date): string {
  const [day, time] = startedAt.toISOString().split('T');
  return `${String(day).replaceAll('-', '')}-${String(time).slice(0, 8).replaceAll(':', '')}`;
}

/** A prefix without slashes at its ends. */
export function trimPrefix(prefix: string): string {
  return prefix.replace(/^\/+|\/+$/g, '');
}

/**
 * The folder of one database's backups, with a slash at its end, so that a listing of `app` never sees `app2`.
 * Throws INPUT for a name that would leave the prefix.
 */
export function databaseFolder(prefix: string, database: string): string {
  refuse(nameFault(database), 'database', database);
  const trimmed = trimPrefix(prefix);
  return trimmed === '' ? `${database}/` : `${trimmed}/${database}/`;
}

/** `PREFIX/DATABASE/NAME.dump` and its manifest. Throws INPUT for names that would leave the prefix or make too long a key. */
export function keysOf(prefix: string, database: string, name: string): ObjectKeys {
  const folder = databaseFolder(prefix, database);
  refuse(backupNameFault(name), 'backup', name);
  const keys = { archive: `${folder}${name}${ARCHIVE_SUFFIX}`, manifest: `${folder}${name}${MANIFEST_SUFFIX}` };
  refuseLong(keys.manifest);
  return keys;
}

/** The objects of an archive that `s3-uri` names: `x/key.dump` has its manifest at `x/key.manifest.json`. */
export function keysOfExact(archive: string): ObjectKeys {
  const stem = archive.endsWith(ARCHIVE_SUFFIX) ? archive.slice(0, -ARCHIVE_SUFFIX.length) : archive;
  return { archive, manifest: `${stem}${MANIFEST_SUFFIX}` };
}

/** Where the proof of a backup is, beside its manifest. It is shorter, so it can never be too long a key. */
export function proofKeyOf(manifest: string): string {
  return `${manifest.slice(0, -MANIFEST_SUFFIX.length)}${PROOF_SUFFIX}`;
}

/** What an archive and its manifest have in common, and no other has. */
export function newArchiveId(): string {
  return randomBytes(16).toString('hex');
}

/** The id, where this is one: whoever may write to a bucket may put anything in its place. */
export function archiveIdIn(text: string | undefined): string | null {
  return text !== undefined && ARCHIVE_ID.test(text) ? text : null;
}

/** Where the manifest of the archive with this id is written ahead, beside `manifest`. Throws INPUT when S3 would refuse the key. */
export function aheadKeyOf(manifest: string, archiveId: string): string {
  const key = `${manifest.slice(0, -MANIFEST_SUFFIX.length)}.${archiveId}${AHEAD_SUFFIX}`;
  refuseLong(key);
  return key;
}

/** Whether there can be such a manifest: where names are too long for its key none was ever written. */
export function canBeAhead(manifest: string): boolean {
  const added = ID_LENGTH + 1 + AHEAD_SUFFIX.length - MANIFEST_SUFFIX.length;
  return Buffer.byteLength(manifest) + added <= MAX_KEY_BYTES;
}

/** The backup and the archive's id that a manifest was written ahead for; null for any other name. */
export function aheadIn(file: string): { name: string; archiveId: string } | null {
  const [, name, archiveId] = AHEAD_NAME.exec(file) ?? [];
  return name === undefined || archiveId === undefined ? null : { name, archiveId };
}

function refuseLong(key: string): void {
  const bytes = Buffer.byteLength(key);
  if (bytes <= MAX_KEY_BYTES) return;
  throw new PhaseliftError('INPUT', `the key ${key} is ${bytes} bytes long, S3 allows ${MAX_KEY_BYTES}`, {
    object: 's3-prefix',
    hint: phrase`Use a shorter ${plain('s3-prefix')} or ${plain('backup-name')}.`,
  });
}

function refuse(fault: string | null, what: string, name: string): void {
  if (fault === null) return;
  throw new PhaseliftError('INPUT', `${JSON.stringify(name)} cannot name a ${what}: ${fault}`, { object: name });
}
