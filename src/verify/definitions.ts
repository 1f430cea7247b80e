import { entryTitle } from '../archive/entry-title.js';
import type { ArchiveHead, TocEntry } from '../archive/types.js';
import { plural } from '../foundation/format.js';
import { parseVersion } from '../postgres/version.js';
import { likeness } from './definition-text.js';
import type { VerificationLine } from './verification-line.js';

/** The definitions of a target's objects against those of its backup: TOC against TOC, as pg_dump writes them. Pure. */

export interface DefinitionsInput {
  /** The archive that was restored. */
  archive: ArchiveHead;
  /** Dump ids of what was restored, and has to be there by now. */
  restored: ReadonlySet<number>;
  /** What pg_dump has found in the target. */
  target: ArchiveHead;
}

/** What is no object, or is compared in another way, or was left as the target has it. */
const NOT_COMPARED: ReadonlySet<string> = new Set([
  'ENCODING',
  'STDSTRINGS',
  'SEARCHPATH',
  'DATABASE',
  'DATABASE PROPERTIES',
  'TABLE DATA',
  'SEQUENCE SET',
  'MATERIALIZED VIEW DATA',
  'STATISTICS DATA',
  'BLOB',
  'BLOBS',
  'BLOB METADATA',
  // They say who owned what as well.
  'ACL',
  'DEFAULT ACL',
  // Only superusers see them.
  'SUBSCRIPTION',
  'SUBSCRIPTION TABLE',
  // It is made by the end of the restore.
  'EVENT TRIGGER',
]);
/** Whose texts are hidden from others than superusers and owners. */
const ONLY_THERE: ReadonlySet<string> = new Set(['USER MAPPING']);
/** What one version writes as a statement of its own, and another one inside of the table's. */
const BY_VERSION: ReadonlySet<string> = new Set(['DEFAULT', 'CHECK CONSTRAINT', 'SHELL TYPE', 'OPERATOR FAMILY']);
/** Whom comments and labels are about that are not compared. */
const ABOUT_OTHERS = /^(?:LARGE OBJECTS?|EXTENSION|DATABASE) /;

const SHOWN = 5;

/**
 * One line: each object of the backup is there, with the same definition. What the target has besides is told, and no fault. Where
 * the versions of pg_dump or of the servers differ, the same object has different texts: then only that it is there counts.
 */
export function definitionsLine({ archive, restored, target }: DefinitionsInput): VerificationLine {
  const versions = versionNote(archive, target);
  const isCounted = (entry: TocEntry): boolean => isCompared(entry) && (versions === '' || !isByVersion(entry));
  const expected = archive.entries.filter((entry) => restored.has(entry.dumpId) && isCounted(entry));
  const found = Map.groupBy(target.entries.filter(isCompared), keyOf);
  const wrong: string[] = [];
  const spelled: string[] = [];
  for (const [key, own] of Map.groupBy(expected, keyOf)) {
    const there = [...(found.get(key) ?? [])];
    for (const { entry, like } of matched(own, there, versions !== '')) {
      if (like === null) wrong.push(`${entryTitle(entry)} is missing`);
      else if (like === 'other') wrong.push(`${entryTitle(entry)} differs`);
      else if (like === 'spelled') spelled.push(entryTitle(entry));
    }
  }
  const known = new Set(archive.entries.map(keyOf));
  const more = [...found].filter(([key]) => !known.has(key)).flatMap(([, entries]) => entries.map(entryTitle));
  const notes = [
    versions,
    spelled.length === 0 ? '' : `only parentheses and casts are written otherwise: ${shown(spelled)}`,
    more.length === 0 ? '' : `${plural(more.length, 'more object')} in the target: ${shown(more)}`,
  ];
  return {
    check: 'definitions',
    expected: expected.length,
    found: expected.length - wrong.length,
    ok: wrong.length === 0,
    detail: wrong.length > 0 ? shown(wrong) : notes.filter((note) => note !== '').join('; '),
  };
}

/** The line where nobody could read the target's definitions. */
export function unreadDefinitions(
  { archive, restored }: Omit<DefinitionsInput, 'target'>,
  why: string,
): VerificationLine {
  const expected = archive.entries.filter((entry) => restored.has(entry.dumpId) && isCompared(entry)).length;
  return { check: 'definitions', expected, found: 0, ok: true, detail: `not compared: ${why}` };
}

/** Names repeat, as those of operators do: each takes the one that is most like it. `like` null: none is left. */
function matched(
  own: readonly TocEntry[],
  there: TocEntry[],
  onlyThere: boolean,
): { entry: TocEntry; like: 'same' | 'spelled' | 'other' | null }[] {
  const likenessOf = (entry: TocEntry, other: TocEntry): 'same' | 'spelled' | 'other' =>
    onlyThere || ONLY_THERE.has(entry.desc) ? 'same' : likeness(entry.desc, entry.definition, other.definition);
  const results = new Map<TocEntry, 'same' | 'spelled' | 'other'>();
  for (const wanted of ['same', 'spelled', 'other'] as const) {
    for (const entry of own) {
      if (results.has(entry)) continue;
      const at = there.findIndex((other) => likenessOf(entry, other) === wanted);
      if (at === -1) continue;
      there.splice(at, 1);
      results.set(entry, wanted);
    }
  }
  return own.map((entry) => ({ entry, like: results.get(entry) ?? null }));
}

function isCompared({ desc, section, tag }: TocEntry): boolean {
  return !NOT_COMPARED.has(desc) && !(section === 'none' && ABOUT_OTHERS.test(tag));
}

/** The rule of a view stands on its own only where the view needs a key. */
function isByVersion({ desc, tag }: TocEntry): boolean {
  return BY_VERSION.has(desc) || (desc === 'RULE' && tag.endsWith(' _RETURN'));
}

function keyOf({ desc, namespace, tag }: TocEntry): string {
  return [desc, namespace, tag].join('\0');
}

/** Empty where the texts of both can be compared. */
function versionNote({ header: before }: ArchiveHead, { header: now }: ArchiveHead): string {
  const [made, read] = [before, now].map(({ dumpVersion, serverVersion }) => ({
    dump: parseVersion(dumpVersion)?.major ?? 0,
    server: parseVersion(serverVersion)?.major ?? 0,
  }));
  if (made === undefined || read === undefined) return '';
  if (made.dump === read.dump && made.server === read.server) return '';
  return (
    `only that they are there: pg_dump ${made.dump} wrote those of the backup on a server of ${made.server}, ` +
    `pg_dump ${read.dump} those of the target on one of ${read.server}`
  );
}

function shown(titles: readonly string[]): string {
  const more = titles.length - SHOWN;
  return titles.slice(0, SHOWN).join(', ') + (more > 0 ? ` and ${more} more` : '');
}
