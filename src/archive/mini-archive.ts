import { PhaseliftError } from '../foundation/errors.js';
import { entryName } from './entry-title.js';
import { encodeInt } from './integers.js';
import { stringField } from './toc-fields.js';
import type { ArchiveHead, ArchiveHeader, TocEntry } from './types.js';

/** Entries that set up every session: without them pg_restore would not know encoding, quoting and search path. */
const SESSION_KINDS: ReadonlySet<string> = new Set(['ENCODING', 'STDSTRINGS', 'SEARCHPATH']);

/** K_OFFSET_POS_NOT_SET of pg_backup_archiver.h: the block's position is not known, look for it in the stream. */
const OFFSET_NOT_SET = 1;

/** What the entries of a head are found by: made once, as an archive of very many entries is cut into thousands of mini archives. */
interface TocIndex {
  byId: ReadonlyMap<number, TocEntry>;
  session: readonly TocEntry[];
}

const indexes = new WeakMap<ArchiveHead, TocIndex>();

function indexOf(head: ArchiveHead): TocIndex {
  const known = indexes.get(head);
  if (known !== undefined) return known;
  const { entries } = head;
  const index = {
    byId: new Map(entries.map((entry) => [entry.dumpId, entry])),
    session: entries.filter(({ desc }) => SESSION_KINDS.has(desc)),
  };
  indexes.set(head, index);
  return index;
}

/**
 * Another definition of an entry in place of the archive's; null when it cannot be made. Both have a character for each byte (latin1):
 * bytes stay what they are in any encoding.
 */
export type Redefine = (definition: string) => string | null;

/**
 * Header and TOC of a mini archive: only the entries of `dumpIds` and those that set up a session, in TOC order. For
 * every entry with `hasData` the caller must append the raw bytes of its block, in TOC order: pg_restore ends with
 * "could not find block ID" when one is missing. Entries of `redefined` (by dump id) get another definition. Throws INTERNAL for
 * dump ids that the archive does not have, and for a directory archive, whose blocks are files.
 */
export function miniArchiveHead(
  head: ArchiveHead,
  dumpIds: ReadonlySet<number>,
  redefined: ReadonlyMap<number, Redefine> = new Map(),
): Buffer {
  const { header, bytes, entryCountAt } = head;
  if (header.format !== 'custom')
    throw new PhaseliftError('INTERNAL', 'A mini archive needs an archive in custom format');
  const { byId, session } = indexOf(head);
  const missing = [...dumpIds].filter((dumpId) => !byId.has(dumpId));
  if (missing.length > 0)
    throw new PhaseliftError('INTERNAL', `the archive has no TOC entry with dump id ${missing.join(', ')}`);
  const wanted = [...dumpIds].flatMap((dumpId) => byId.get(dumpId) ?? []);
  const kept = [...new Set([...session, ...wanted])].sort((a, b) => a.start - b.start);
  return Buffer.concat([
    bytes.subarray(0, entryCountAt),
    encodeInt(kept.length, header.intSize),
    ...kept.map((entry) => {
      const redefine = redefined.get(entry.dumpId);
      const copy = withoutOffset(bytes, entry);
      return redefine === undefined ? copy : withDefinition(copy, entry, redefine, header);
    }),
  ]);
}

function withoutOffset(bytes: Buffer, entry: TocEntry): Buffer {
  const copy = Buffer.from(bytes.subarray(entry.start, entry.end));
  copy[entry.offsetFlagAt - entry.start] = OFFSET_NOT_SET;
  return copy;
}

function withDefinition(bytes: Buffer, entry: TocEntry, redefine: Redefine, header: ArchiveHeader): Buffer {
  const { start, textAt, end } = stringField(bytes, 'definition', header);
  const definition = redefine(bytes.toString('latin1', textAt, end));
  if (definition === null)
    throw new PhaseliftError('INTERNAL', `the definition of ${entryName(entry)} is not of the known form`);
  const replacement = Buffer.from(definition, 'latin1');
  return Buffer.concat([
    bytes.subarray(0, start),
    encodeInt(replacement.length, header.intSize),
    replacement,
    bytes.subarray(end),
  ]);
}
