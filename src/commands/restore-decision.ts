import type { TocEntry } from '../archive/types.js';
import type { JournalState } from '../engine/journal.js';
import type { FinishedUnit, JournalHeader } from '../engine/journal-format.js';
import { PhaseliftError } from '../foundation/errors.js';
import { input, phrase, plain, type Text } from '../foundation/text.js';
import type { RestoreSettings } from '../inputs/settings.js';
import { overrideFaults } from '../plan/index-overrides.js';
import type { IndexChoice } from '../plan/index-strategy.js';
import { didYouMean } from '../plan/name-patterns.js';
import { matchesOnly, nearMisses } from '../plan/only.js';
import { lockBudgetOf } from '../plan/plan.js';
import type { Planner } from '../plan/planner.js';
import { storageNotes } from '../plan/storage-notes.js';
import { tempBudgetOf } from '../plan/temp-budget.js';
import { TocGraph } from '../plan/toc-graph.js';
import type { Unit } from '../plan/unit.js';
import { restoreArgs } from '../postgres/restore-args.js';
import type { ServerFacts } from '../postgres/server-facts.js';
import type { Toolbox } from '../postgres/toolbox.js';
import type { ChosenBackup } from './chosen-backup.js';
import { resumedPlan } from './resumed-plan.js';
import { selectionOptions } from './selection-options.js';
import type { TargetDatabase } from './target-database.js';

/** What a restore is going to do, decided before it does anything. A plain value: it can be printed as JSON. */
export interface RestoreDecision {
  /** `host:port/database`. */
  target: string;
  /**
   * False when the database is still to be made. Then the plan goes by what databases have that are made from template0; it is
   * made again by what the database really has.
   */
  targetExists: boolean;
  /** True when the restore goes on with what the journal in the target says. */
  resumes: boolean;
  /** What the journal says, or will say. */
  header: Omit<JournalHeader, 'format'>;
  units: readonly Unit[];
  /** What becomes of each index; null where that was decided when the restore was begun, and the units say it. */
  indexes: readonly IndexChoice[] | null;
  /** Units that earlier runs have finished. */
  finished: readonly FinishedUnit[];
  /** Bytes of temporary files that units may write side by side. */
  tempBudget: number;
  /** Dump ids of what has to be there before the last transaction, by the archive's own selection. */
  verifiable: readonly number[];
  /** Inputs of this run that do not count, for people. */
  ignored: readonly Text[];
}

/** What a restore works with. */
export interface RestoreSite {
  backup: ChosenBackup;
  planner: Planner;
  database: TargetDatabase;
  toolbox: Toolbox;
}

/** What a decision goes by that another run may change meanwhile. */
export interface SeenTarget {
  facts: ServerFacts;
  journal: JournalState | null;
}

/** Throws CHECKS where a pattern of `only` or of `index-strategy-overrides` matches nothing, with the names that it may have meant. */
function checkPatterns({ only, indexOverrides }: RestoreSettings, entries: readonly TocEntry[]): void {
  const unmatched = only
    .filter((pattern) => !entries.some((entry) => matchesOnly(entry, pattern)))
    .map((pattern): Text => {
      const advice = didYouMean(nearMisses(entries, pattern));
      return phrase`${plain('only')}: \`${pattern.text}\` matches nothing in the backup${advice}`;
    });
  const overrides = indexOverrides.length === 0 ? [] : overrideFaults(indexOverrides, entries, new TocGraph(entries));
  const [first, ...more] = [
    ...unmatched,
    ...overrides.map((fault) => phrase`${plain('index-strategy-overrides')}: ${fault}`),
  ];
  if (first === undefined) return;
  throw new PhaseliftError('CHECKS', [first, ...more].map(String).join('\n'), {
    hint: phrase`${input('mode', 'show')} shows what is in it.`,
  });
}

/** What is to be done with what was seen: by the plan in the journal, or by a new one. Changes nothing and asks nobody. */
export function decisionFor(
  settings: RestoreSettings,
  { facts, journal }: SeenTarget,
  { backup, planner, database, toolbox }: RestoreSite,
  targetExists: boolean,
): RestoreDecision {
  const pgRestore = toolbox.versions.pg_restore;
  const tempBudget = tempBudgetOf(facts.tempFileLimit, settings.tempBudget);
  const idsOf = (entries: readonly TocEntry[]): number[] => entries.map(({ dumpId }) => dumpId);
  if (journal !== null) {
    const { units, verifiable, leftOut, ignored } = resumedPlan(journal, backup, settings, facts, pgRestore);
    const header = { ...journal.header, leftOut: [...journal.header.leftOut, ...leftOut] };
    const { finished } = journal;
    const resumed = { header, units, indexes: null, finished, tempBudget, verifiable: idsOf(verifiable), ignored };
    return { target: database.name, targetExists, resumes: true, ...resumed };
  }
  checkPatterns(settings, backup.head.entries);
  const selection = selectionOptions(settings, facts);
  const plan = planner.plan({
    ...selection,
    indexStrategy: settings.indexStrategy,
    lockBudget: lockBudgetOf(facts.lockSlots, settings.jobs),
    sliceBytes: settings.sliceBytes,
    validateForeignKeys: settings.validateForeignKeys,
    indexOverrides: settings.indexOverrides,
    sizes: backup.relations,
    room: { tempBytes: tempBudget, memoryBytes: facts.maintenanceMemory },
  });
  const header = {
    database: backup.ref.database,
    backupName: backup.ref.name,
    archiveUri: backup.ref.archive.uri,
    archiveSha256: backup.map.sha256,
    indexStrategy: plan.indexStrategy,
    validateForeignKeys: settings.validateForeignKeys,
    indexOverrides: settings.indexOverrides.map(({ text }) => text),
    ...(backup.roleMap === undefined ? {} : { roleMap: [...backup.roleMap] }),
    restoreArgs: restoreArgs(settings, pgRestore),
    selection,
    reasons: [...plan.reasons, ...storageNotes(plan.entries, settings)],
    leftOut: plan.leftOut,
  };
  const { units, indexes } = plan;
  const made = { header, units, indexes, finished: [], tempBudget, verifiable: idsOf(plan.verifiable), ignored: [] };
  return { target: database.name, targetExists, resumes: false, ...made };
}
