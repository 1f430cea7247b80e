import { PhaseliftError } from '../foundation/errors.js';
import { phrase, plain } from '../foundation/text.js';
import { unquoteIdentifier } from './entry-sql.js';
import { entryTitle } from './entry-title.js';
import { encodeInt } from './integers.js';
import { roleMentions } from './role-mentions.js';
import { decoderFor, encoderFor, encodingName, type DecodeText } from './text-encoding.js';
import { stringField } from './toc-fields.js';
import type { ArchiveHead, TocEntry } from './types.js';

/** A role of the source, and what it is called on the target. */
export interface RoleRename {
  from: string;
  to: string;
}

/**
 * The head with other names of roles: as owners, and in the statements of privileges, default privileges, policies, user mappings and
 * settings of the database. Whoever makes mini archives of it restores with these names; the archive itself stays what it is.
 * Throws CHECKS for a statement of another form than pg_dump's that may name one of them, and for a name that the archive's
 * encoding cannot be told in.
 */
export function renamedRoles(head: ArchiveHead, renames: readonly RoleRename[]): ArchiveHead {
  if (renames.length === 0) return head;
  const encoding = head.entries.find(({ desc }) => desc === 'ENCODING')?.definition ?? '';
  const decode = decoderFor(encoding);
  const names = new Map(renames.map(({ from, to }) => [from, encodedName(to, encoding)]));
  const first = head.entries[0]?.start ?? head.bytes.length;
  const pieces: Buffer[] = [head.bytes.subarray(0, first)];
  let shift = 0;
  const entries = head.entries.map((entry): TocEntry => {
    const bytes = head.bytes.subarray(entry.start, entry.end);
    const changed = withNames(bytes, entry, names, head, decode);
    pieces.push(changed?.bytes ?? bytes);
    const start = entry.start + shift;
    const grown = (changed?.bytes.length ?? bytes.length) - bytes.length;
    shift += grown;
    const offsetFlagAt = entry.offsetFlagAt === -1 ? -1 : entry.offsetFlagAt + shift;
    return { ...entry, ...changed?.texts, start, end: entry.end + shift, offsetFlagAt };
  });
  pieces.push(head.bytes.subarray(head.entries.at(-1)?.end ?? first));
  return { ...head, entries, bytes: Buffer.concat(pieces) };
}

interface Changed {
  bytes: Buffer;
  texts: Partial<Pick<TocEntry, 'owner' | 'definition'>>;
}

/** null where nothing is to be changed. `names`: a character for each byte. */
function withNames(
  bytes: Buffer,
  entry: TocEntry,
  names: ReadonlyMap<string, string>,
  { header }: ArchiveHead,
  decode: DecodeText,
): Changed | null {
  const owner = names.get(entry.owner);
  const { mentions, isKnown } = roleMentions(entry);
  const isNamed = mentions.some(({ role }) => names.has(role));
  if (!isKnown) refuseUnknown(entry, names);
  if (owner === undefined && !isNamed) return null;
  const texts: Changed['texts'] = {};
  let changed = bytes;
  const replace = (name: 'definition' | 'owner', change: (text: string) => string): void => {
    const { start, textAt, end } = stringField(changed, name, header);
    const text = Buffer.from(change(changed.toString('latin1', textAt, end)), 'latin1');
    changed = Buffer.concat([
      changed.subarray(0, start),
      encodeInt(text.length, header.intSize),
      text,
      changed.subarray(end),
    ]);
    texts[name] = decode(text);
  };
  if (owner !== undefined) replace('owner', () => owner);
  if (isNamed) replace('definition', (text) => renamed(text, entry, names, decode));
  return { bytes: changed, texts };
}

/** A definition with a character for each byte. */
function renamed(definition: string, entry: TocEntry, names: ReadonlyMap<string, string>, decode: DecodeText): string {
  const { mentions, isKnown } = roleMentions({ desc: entry.desc, definition });
  const decoded = mentions.map(({ start, end }) =>
    unquoteIdentifier(decode(Buffer.from(definition.slice(start, end), 'latin1'))),
  );
  const expected = roleMentions(entry).mentions.map(({ role }) => role);
  if (!isKnown || decoded.join('\0') !== expected.join('\0')) throw unknownForm(entry);
  let text = '';
  let at = 0;
  for (const [index, { start, end }] of mentions.entries()) {
    const name = names.get(decoded[index] ?? '');
    if (name === undefined) continue;
    text += `${definition.slice(at, start)}"${name.replaceAll('"', '""')}"`;
    at = end;
  }
  return text + definition.slice(at);
}

function refuseUnknown(entry: TocEntry, names: ReadonlyMap<string, string>): void {
  const isPossible = [...names.keys()].some((name) => entry.definition.includes(name.replaceAll('"', '""')));
  if (isPossible) throw unknownForm(entry);
}

function unknownForm(entry: TocEntry): PhaseliftError {
  return new PhaseliftError(
    'CHECKS',
    phrase`${plain('role-map')}: ${entryTitle(entry)} may name a role that is to be renamed, and is not written as pg_dump does: nobody can tell what to put there`,
    {
      object: entryTitle(entry),
      hint: phrase`Leave it out with ${plain('skip-entries')}, or take the role out of ${plain('role-map')}, and rename it afterwards: ALTER ROLE … RENAME TO ….`,
    },
  );
}

function encodedName(name: string, encoding: string): string {
  const bytes = encoderFor(encoding)(name);
  if (bytes !== null) return bytes.toString('latin1');
  throw new PhaseliftError(
    'CHECKS',
    phrase`${plain('role-map')}: the archive is in ${encodingName(encoding)}, and the name \`${name}\` has other letters than ASCII`,
    { object: name, hint: 'Give the role a name of ASCII letters, and rename it afterwards.' },
  );
}
