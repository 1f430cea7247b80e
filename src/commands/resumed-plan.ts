import { isDeepStrictEqual } from 'node:util';
import type { RoleRename } from '../archive/renamed-roles.js';
import type { ArchiveHead, ArchiveMap, TocEntry } from '../archive/types.js';
import type { JournalState } from '../engine/journal.js';
import { PhaseliftError } from '../foundation/errors.js';
import { input, phrase, plain, type Text } from '../foundation/text.js';
import type { RestoreSettings } from '../inputs/settings.js';
import { fixedStrategy } from '../plan/index-wishes.js';
import { checkPlanIsWhole, restoredEntries } from '../plan/restored-entries.js';
import { selectEntries, type LeftOut, type SelectionOptions } from '../plan/selection.js';
import { withoutEntries } from '../plan/shrink.js';
import type { TocGraph } from '../plan/toc-graph.js';
import type { Unit } from '../plan/unit.js';
import { restoreArgs } from '../postgres/restore-args.js';
import type { ServerFacts } from '../postgres/server-facts.js';
import type { Version } from '../postgres/version.js';

/** How a restore goes on: by the plan in the journal, without what this run was asked to leave out as well. */
export interface ResumedPlan {
  units: Unit[];
  /** What has to be there before the last transaction, by the archive's own selection. */
  verifiable: TocEntry[];
  /** What of the units that are still to do is left out by this run's `skip-entries`. */
  leftOut: LeftOut[];
  /** Inputs of this run that do not count, for people. */
  ignored: Text[];
}

/**
 * Pure: journal + archive + inputs -> what is to be done. Throws TARGET_NOT_EMPTY for a journal whose plan is not one for this
 * archive.
 */
export function resumedPlan(
  journal: JournalState,
  { head, map, roleMap = [] }: { head: ArchiveHead; map: Pick<ArchiveMap, 'blocks'>; roleMap?: readonly RoleRename[] },
  settings: RestoreSettings,
  facts: ServerFacts,
  pgRestore: Version,
): ResumedPlan {
  const { entries } = head;
  refuseOtherOnly(settings, journal);
  refuseOtherRoles(settings, roleMap, journal);
  const begun = restoredEntries(head, journal.header.selection, fixedStrategy('empty'));
  checkPlanIsWhole(journal.units, begun.all, map.blocks);
  const finished = new Set(journal.finished.map((unit) => unit.unit));
  const toDo = new Set(journal.units.filter((unit) => !finished.has(unit.id)).flatMap((unit) => unit.dumpIds));
  const skipped = skippedBy(settings, journal, begun.graph, facts).filter(({ dumpId }) => toDo.has(dumpId));
  const added = new Set(journal.units.filter(({ id }) => finished.has(id)).flatMap(({ notValid = [] }) => notValid));
  refuseTorn(
    journal.units,
    finished,
    skipped.filter(({ dumpId }) => !added.has(dumpId)),
  );
  const leftOut = skipped.map((entry) => (added.has(entry.dumpId) ? notValidated(entry) : entry));
  const ids = new Set(leftOut.map(({ dumpId }) => dumpId));
  return {
    units: withoutEntries(journal.units, finished, ids, entries),
    verifiable: begun.beforeFinish.filter(({ dumpId }) => !ids.has(dumpId)),
    leftOut,
    ignored: ignoredInputs(journal, settings, pgRestore),
  };
}

/** A foreign key that was added to be validated later. */
function notValidated({ title, reason, ...entry }: LeftOut): LeftOut {
  return { ...entry, title: `the validation of ${title}`, reason: `${reason}; it stays NOT VALID` };
}

/** Rows of which some are there: the table would stay half full, and nobody could tell. */
function refuseTorn(units: readonly Unit[], finished: ReadonlySet<string>, leftOut: readonly LeftOut[]): void {
  const begun = new Set(units.filter(({ id }) => finished.has(id)).flatMap(({ dumpIds }) => dumpIds));
  const torn = leftOut.find(({ dumpId }) => begun.has(dumpId));
  if (torn === undefined) return;
  throw new PhaseliftError('TARGET_NOT_EMPTY', `${torn.title} cannot be left out any more: a part of it is loaded`, {
    object: torn.title,
    hint: phrase`Go on without it in ${input('skip-entries')}, or drop and create the target to start anew.`,
  });
}

/** What a restore is about cannot change on its way; to say nothing is to go on with what was said. */
function refuseOtherOnly({ only, target }: RestoreSettings, { header }: JournalState): void {
  const [asked, begun] = [only, header.selection.only].map((patterns) => patterns.map(({ text }) => text).sort());
  if (asked === undefined || asked.length === 0 || isDeepStrictEqual(asked, begun)) return;
  const what = begun === undefined || begun.length === 0 ? 'all of its backup' : `only ${begun.join(', ')}`;
  throw new PhaseliftError(
    'TARGET_NOT_EMPTY',
    `the target database ${target.database} holds an unfinished restore of ${what}`,
    {
      object: target.database,
      hint: phrase`Leave ${plain('only')} out to go on with that one, or drop and create the target to start anew.`,
    },
  );
}

/** A part of the objects would have the owners of another map than the rest. */
function refuseOtherRoles({ target }: RestoreSettings, roleMap: readonly RoleRename[], { header }: JournalState): void {
  const written = (renames: readonly RoleRename[]): string[] => renames.map(({ from, to }) => `${from}=${to}`).sort();
  const [asked, begun] = [written(roleMap), written(header.roleMap ?? [])];
  if (isDeepStrictEqual(asked, begun)) return;
  const how = begun.length === 0 ? 'without a role-map' : `with the role-map ${begun.join(', ')}`;
  throw new PhaseliftError(
    'TARGET_NOT_EMPTY',
    `the target database ${target.database} holds an unfinished restore that was begun ${how}`,
    {
      object: target.database,
      hint: phrase`Leave ${plain('role-map')} out to go on with that one, or drop and create the target to start anew.`,
    },
  );
}

/** What this run's `skip-entries` leaves out, and nothing else does. */
function skippedBy(
  settings: RestoreSettings,
  { header }: JournalState,
  graph: TocGraph,
  facts: ServerFacts,
): LeftOut[] {
  if (settings.skipEntries.length === 0) return [];
  const { skipEntries } = settings;
  const installedExtensions = facts.extensions.map(({ name }) => name);
  const leftOutBy = (options: SelectionOptions): LeftOut[] => selectEntries(graph, options).leftOut;
  const options = { ...header.selection, installedExtensions };
  const anyway = new Set(leftOutBy({ ...options, skipEntries: [] }).map(({ dumpId }) => dumpId));
  return leftOutBy({ ...options, skipEntries }).filter(({ dumpId }) => !anyway.has(dumpId));
}

function ignoredInputs({ header }: JournalState, settings: RestoreSettings, pgRestore: Version): Text[] {
  const ignored: Text[] = [];
  if (settings.indexStrategy !== header.indexStrategy) {
    ignored.push(
      phrase`${input('index-strategy', settings.indexStrategy)} does not count: the restore was begun with ${header.indexStrategy}`,
    );
  }
  const overrides = [settings.indexOverrides.map(({ text }) => text), header.indexOverrides ?? []] as const;
  if (overrides[0].length > 0 && !isDeepStrictEqual(...overrides)) {
    ignored.push(
      phrase`${plain('index-strategy-overrides')} does not count: each index is made as the restore was begun`,
    );
  }
  const validation = header.validateForeignKeys ?? 'now';
  if (settings.validateForeignKeys !== validation) {
    ignored.push(
      phrase`${input('validate-foreign-keys', settings.validateForeignKeys)} does not count: the restore was begun with ${validation}`,
    );
  }
  const now = restoreArgs(settings, pgRestore);
  if (now.some((arg) => !header.restoreArgs.includes(arg)) || header.restoreArgs.some((arg) => !now.includes(arg))) {
    ignored.push(
      `the inputs \`keep-…\` do not count: the restore was begun with pg_restore ${header.restoreArgs.join(' ')}`,
    );
  }
  return ignored;
}
