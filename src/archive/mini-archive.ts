import { PhaseliftError } from '../foundation/errors.js';
import { encodeInt } from './integers.js';
import type { ArchiveHead, TocEntry } from './types.js';

/** Entries that set up every session: without them pg_restore would not know encoding, quoting and search path. */
const SESSION_KINDS: ReadonlySet<string> = new Set(['ENCODING', 'STDSTRINGS', 'SEARCHPATH']);

/** K_OFFSET_POS_NOT_SET of pg_backup_archiver.h: the block's position is not known, look for it in the stream. */
const OFFSET_NOT_SET = 1;

/**
 * Header and TOC of a mini archive: only the entries of `dumpIds` and those that set up a session, in TOC order. For
 * every entry with `hasData` the caller must append the raw bytes of its block, in TOC order: pg_restore ends with
 * "could not find block ID" when one is missing. Throws INTERNAL for dump ids that the archive does not have, and for a
 * directory archive, whose blocks are files.
 */
export function miniArchiveHead(head: ArchiveHead, dumpIds: ReadonlySet<number>): Buffer {
  const { header, entries, bytes, entryCountAt } = head;
  if (header.format !== 'custom')
    throw new PhaseliftError('INTERNAL', 'A mini archive needs an archive in custom format');
  const wanted = entries.filter((entry) => dumpIds.has(entry.dumpId));
  if (wanted.length !== dumpIds.size) {
    const present = new Set(wanted.map((entry) => entry.dumpId));
    const missing = [...dumpIds].filter((dumpId) => !present.has(dumpId));
    throw new PhaseliftError('INTERNAL', `the archive has no TOC entry with dump id ${missing.join(', ')}`);
  }
  const kept = entries.filter((entry) => dumpIds.has(entry.dumpId) || SESSION_KINDS.has(entry.desc));
  return Buffer.concat([
    bytes.subarray(0, entryCountAt),
    encodeInt(kept.length, header.intSize),
    ...kept.map((entry) => withoutOffset(bytes, entry)),
  ]);
}

function withoutOffset(bytes: Buffer, entry: TocEntry): Buffer {
  const copy = Buffer.from(bytes.subarray(entry.start, entry.end));
  copy[entry.offsetFlagAt - entry.start] = OFFSET_NOT_SET;
  return copy;
}
