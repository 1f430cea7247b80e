import type { TocEntry } from '../archive/types.js';
import type { SkipEntry } from '../inputs/settings.js';
import { entryTitle } from './definition.js';
import type { TocGraph } from './toc-graph.js';

/** What of the archive is restored at all, and what is not, and why. */

export interface SelectionOptions {
  skipEntries: readonly SkipEntry[];
  keepSubscriptions: boolean;
  keepPrivileges: boolean;
  /** Superusers may comment on extensions that are not theirs. */
  targetIsSuperuser: boolean;
  targetMajor: number;
  /** Extensions that the target has already: skipping one of these takes nothing along. */
  installedExtensions: ReadonlySet<string>;
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

/**
 * Chooses the entries to restore. What depends on an entry that the user asked to skip is skipped as well.
 */
export function selectEntries(graph: TocGraph, options: SelectionOptions): Selection {
  const entries: TocEntry[] = [];
  const leftOut = new Map<number, LeftOut>();
  for (const entry of graph.entries) {
    const reason = ownReason(entry, options) ?? inheritedReason(entry, graph, leftOut, options.installedExtensions);
    if (reason === null) entries.push(entry);
    else leftOut.set(entry.dumpId, { dumpId: entry.dumpId, title: entryTitle(entry), ...reason });
  }
  return { entries, leftOut: [...leftOut.values()] };
}

type Reason = Pick<LeftOut, 'reason' | 'worthTelling'>;

function ownReason(entry: TocEntry, options: SelectionOptions): Reason | null {
  const quiet = (reason: string): Reason => ({ reason, worthTelling: false });
  const told = (reason: string): Reason => ({ reason, worthTelling: true });
  if (ARCHIVE_SETTINGS.has(entry.desc)) return quiet('is part of every unit');
  if (entry.desc === 'DATABASE') return quiet('the target database is there already');
  if (entry.desc === 'DATABASE PROPERTIES')
    return told('settings of a database (ALTER DATABASE … SET) stay as the target has them');
  if (entry.section === 'none' && entry.tag.startsWith('DATABASE ')) return quiet('concerns the database itself');
  const skip = options.skipEntries.find((candidate) => matchesSkipEntry(entry, candidate));
  if (skip !== undefined) return told(`skip-entries says \`${skip.text}\``);
  if (PRIVILEGES.has(entry.desc) && !options.keepPrivileges) return quiet('keep-privileges is false');
  if (entry.desc.startsWith('SUBSCRIPTION') && !options.keepSubscriptions) return told('keep-subscriptions is false');
  if (entry.desc === 'STATISTICS DATA' && options.targetMajor < 18) return quiet('servers before 18 cannot take it');
  if (entry.desc === 'COMMENT' && entry.tag.startsWith('EXTENSION ') && !options.targetIsSuperuser) {
    return quiet('only the owner of an extension may comment on it; CREATE EXTENSION sets its own comment');
  }
  return null;
}

/** A skipped entry takes along what cannot be without it. Archive settings and the database carry nothing along. */
function inheritedReason(
  entry: TocEntry,
  graph: TocGraph,
  leftOut: ReadonlyMap<number, LeftOut>,
  installedExtensions: ReadonlySet<string>,
): Reason | null {
  for (const dependency of graph.dependenciesOf(entry)) {
    const cause = leftOut.get(dependency.dumpId);
    const isThere = dependency.desc === 'EXTENSION' && installedExtensions.has(dependency.tag);
    if (cause?.worthTelling === true && dependency.desc !== 'DATABASE PROPERTIES' && !isThere) {
      return { reason: `depends on ${cause.title}, which is left out`, worthTelling: true };
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
