import { entryTitle } from '../archive/entry-title.js';
import type { TocEntry } from '../archive/types.js';
import { chooseEntries, type ChosenEntries, type OnlyPattern } from './only.js';
import type { TocGraph } from './toc-graph.js';

/** What not to restore: all of a kind, or one object of it. */
export interface SkipEntry {
  desc: string;
  /** `name` or `schema.name`, null for all of the kind. */
  name: string | null;
  /** As written, for messages. */
  text: string;
}

/** What of the archive is restored at all, and what is not, and why. */

export interface SelectionOptions {
  /** What to restore, with what it needs; empty: everything. */
  only: readonly OnlyPattern[];
  skipEntries: readonly SkipEntry[];
  keepSubscriptions: boolean;
  keepPrivileges: boolean;
  /** Superusers may comment on extensions that are not theirs. */
  targetIsSuperuser: boolean;
  targetMajor: number;
  /** Extensions that the target has already: skipping one of these takes nothing along. */
  installedExtensions: readonly string[];
  /**
   * What was in the target before the restore, although it counts as empty: PostgreSQL's own, the platform's, or an extension's.
   * `isOwn` is true for what the role may change.
   */
  existing: readonly ExistingObject[];
  /** The schema of the journal, which belongs to the restore under way and to no backup. */
  journalSchema: string;
}

/** A schema or a language that the target has. */
export interface ExistingObject {
  kind: 'SCHEMA' | 'LANGUAGE';
  name: string;
  isOwn: boolean;
}

export interface LeftOut {
  dumpId: number;
  title: string;
  reason: string;
  /** False for what never is restored, and needs no mention. */
  worthTelling: boolean;
}

export interface Selection {
  entries: TocEntry[];
  leftOut: LeftOut[];
}

const ARCHIVE_SETTINGS = new Set(['ENCODING', 'STDSTRINGS', 'SEARCHPATH']);
const PRIVILEGES = new Set(['ACL', 'DEFAULT ACL']);
/** Statements about an object that only its owner may give. */
const CHANGES = new Set(['COMMENT', 'ACL', 'SECURITY LABEL']);

/**
 * Chooses the entries to restore. What depends on an entry that the user asked to skip is skipped as well.
 */
export function selectEntries(graph: TocGraph, options: SelectionOptions): Selection {
  const entries: TocEntry[] = [];
  const leftOut = new Map<number, LeftOut & Reason>();
  const chosen = options.only.length === 0 ? null : chooseEntries(graph, options.only);
  for (const entry of graph.entries) {
    // Nobody has to be told of what he did not ask for, and it may be most of an archive.
    if (chosen !== null && !chosen.dumpIds.has(entry.dumpId) && !chosen.missing.has(entry.dumpId)) continue;
    const reason =
      ownReason(entry, options) ??
      missingReason(entry, chosen) ??
      inheritedReason(entry, graph, leftOut, options.installedExtensions);
    if (reason === null) entries.push(entry);
    else leftOut.set(entry.dumpId, { dumpId: entry.dumpId, title: entryTitle(entry), ...reason });
  }
  return {
    entries,
    leftOut: [...leftOut.values()].map(({ dumpId, title, reason, worthTelling }) => ({
      dumpId,
      title,
      reason,
      worthTelling,
    })),
  };
}

interface Reason extends Pick<LeftOut, 'reason' | 'worthTelling'> {
  /** True when what depends on the entry cannot be without it. */
  takesAlong: boolean;
}

function ownReason(entry: TocEntry, options: SelectionOptions): Reason | null {
  const quiet = (reason: string): Reason => ({ reason, worthTelling: false, takesAlong: false });
  const told = (reason: string): Reason => ({ reason, worthTelling: true, takesAlong: true });
  if (ARCHIVE_SETTINGS.has(entry.desc)) return quiet('is part of every unit');
  if (entry.desc === 'DATABASE') return quiet('the target database is there already');
  // They are told at the end of a restore, if they are not applied there.
  if (entry.desc === 'DATABASE PROPERTIES') return quiet('concerns the database itself');
  if (isJournal(entry, options.journalSchema)) {
    const reason = 'the backup was made while a restore was under way there: its journal says nothing here';
    return { reason, worthTelling: entry.desc === 'SCHEMA', takesAlong: false };
  }
  if (entry.section === 'none' && entry.tag.startsWith('DATABASE ')) return quiet('concerns the database itself');
  const skip = options.skipEntries.find((candidate) => matchesSkipEntry(entry, candidate));
  if (skip !== undefined) return told(`skip-entries says \`${skip.text}\``);
  if (PRIVILEGES.has(entry.desc) && !options.keepPrivileges) return quiet('keep-privileges is false');
  if (entry.desc.startsWith('SUBSCRIPTION') && !options.keepSubscriptions) return told('keep-subscriptions is false');
  if (entry.desc === 'STATISTICS DATA' && options.targetMajor < 18) return quiet('servers before 18 cannot take it');
  if (entry.desc === 'COMMENT' && entry.tag.startsWith('EXTENSION ') && !options.targetIsSuperuser) {
    return quiet('only the owner of an extension may comment on it; CREATE EXTENSION sets its own comment');
  }
  return existingReason(entry, options.existing);
}

/** What is about something that `only` names, and needs what it does not name. */
function missingReason({ dumpId }: TocEntry, chosen: ChosenEntries | null): Reason | null {
  const missing = chosen?.missing.get(dumpId);
  if (missing === undefined) return null;
  return { reason: `it needs ${missing}, which only does not name`, worthTelling: true, takesAlong: false };
}

/** What is there need not be created, and what is not ours cannot be changed. */
function existingReason(entry: TocEntry, existing: readonly ExistingObject[]): Reason | null {
  const made = existing.find((object) => creates(entry, object));
  // Each new database has this one, and everybody knows.
  if (made !== undefined)
    return { reason: 'the target has it already', worthTelling: entry.tag !== 'public', takesAlong: false };
  if (!CHANGES.has(entry.desc)) return null;
  const changed = existing.find(({ kind, name }) => entry.namespace === '' && entry.tag === `${kind} ${name}`);
  if (changed === undefined || changed.isOwn) return null;
  const reason = `the target's ${changed.kind.toLowerCase()} ${changed.name} is another role's`;
  return { reason, worthTelling: true, takesAlong: false };
}

function creates(entry: TocEntry, { kind, name }: ExistingObject): boolean {
  return entry.tag === name && entry.desc === (kind === 'SCHEMA' ? 'SCHEMA' : 'PROCEDURAL LANGUAGE');
}

function isJournal(entry: TocEntry, schema: string): boolean {
  const { desc, namespace, tag } = entry;
  return namespace === schema || (namespace === '' && tag === (desc === 'SCHEMA' ? schema : `SCHEMA ${schema}`));
}

/** A skipped entry takes along what cannot be without it. Archive settings and the database carry nothing along. */
function inheritedReason(
  entry: TocEntry,
  graph: TocGraph,
  leftOut: ReadonlyMap<number, LeftOut & Reason>,
  installedExtensions: readonly string[],
): Reason | null {
  for (const dependency of graph.dependenciesOf(entry)) {
    const cause = leftOut.get(dependency.dumpId);
    const isThere = dependency.desc === 'EXTENSION' && installedExtensions.includes(dependency.tag);
    if (cause?.takesAlong === true && !isThere) {
      return { reason: `depends on ${cause.title}, which is left out`, worthTelling: true, takesAlong: true };
    }
  }
  return null;
}

/** True when `skip-entries` names this entry: `KIND`, `KIND name` or `KIND schema.name`. */
export function matchesSkipEntry(entry: TocEntry, skip: SkipEntry): boolean {
  if (entry.desc !== skip.desc) return false;
  if (skip.name === null) return true;
  if (skip.name === entry.tag || skip.name === `${entry.namespace}.${entry.tag}`) return true;
  // The tag of constraints, triggers, rules and policies is `table name`; users know them by their own name too.
  const [table, ...own] = entry.tag.split(' ');
  return table !== undefined && own.length > 0 && skip.name === own.join(' ');
}
