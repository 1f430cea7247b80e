import { decodeInt } from './integers.js';
import type { ArchiveHeader } from './types.js';

/** The fields of an entry up to its owner, in the order of TocParser. */
const FIELDS = [
  ['dumpId', 'int'],
  ['hasData', 'int'],
  ['tableOid', 'string'],
  ['oid', 'string'],
  ['tag', 'string'],
  ['desc', 'string'],
  ['section', 'int'],
  ['definition', 'string'],
  ['dropStatement', 'string'],
  ['copyStatement', 'string'],
  ['namespace', 'string'],
  ['tablespace', 'string'],
  ['tableAccessMethod', 'string'],
  ['relkind', 'int'],
  ['owner', 'string'],
] as const;

/** A string in the bytes of an entry: its length from `start` on, its text from `textAt` to `end`. */
export interface StringField {
  start: number;
  textAt: number;
  end: number;
}

/** Where a string stands in the bytes of one entry, which are as ReadToc has read them. */
export function stringField(
  bytes: Buffer,
  name: 'definition' | 'owner',
  { version, intSize }: Pick<ArchiveHeader, 'version' | 'intSize'>,
): StringField {
  const intBytes = 1 + intSize;
  let at = 0;
  for (const [field, kind] of FIELDS) {
    if (field === 'relkind' && version.minor < 16) continue;
    const start = at;
    at += intBytes;
    // The length of a string that is null is -1.
    if (kind === 'string') at += Math.max(0, decodeInt(bytes, start, intSize));
    if (field === name) return { start, textAt: start + intBytes, end: at };
  }
  throw new RangeError(`an entry has no field ${name}`);
}
