import { formatExact, formatTime, formatBytes, plural } from '../foundation/format.js';
import type { FleetPruneSettings } from '../inputs/settings.js';
import { truncate, visibleLine } from '../report/escape.js';
import type { BackupLine, PruneLine } from '../report/run-report.js';
import { RunRecorder } from '../report/run-recorder.js';
import type { Store } from '../store/store.js';
import type { CommandContext } from './context.js';
import { factsOf, linesOf, newestFirst } from './fleet-list.js';
import { FleetOutcome } from './fleet-outcome.js';
import { attempt, lookUp, type Attempt } from './fleet.js';
import { findingsOf } from './known-backups.js';
import { outputNotes } from './list.js';
import { logTable } from './log-table.js';
import { beginPrune, tellVersions, textOfDoomed, type PruneRun } from './prune.js';
import { tellNotes } from './tell-notes.js';

interface Pruned {
  database: string;
  store: Store;
  run: PruneRun;
  /** null: it was not its turn, or there was nothing to remove. */
  ended: Attempt<void> | null;
}

/**
 * Removes of each database what its own rule does not keep, in the place that this rule names. All of it is decided, told and
 * asked for before the first removal. What no rule is for, or whose rule says nothing of what to keep, is left alone.
 */
export async function pruneFleet(settings: FleetPruneSettings, context: CommandContext): Promise<void> {
  const { fleet, dryRun } = settings;
  const { log, recorder } = context;
  const outcome = new FleetOutcome();
  const all = await outcome.find(fleet, context);
  const withoutKeep = all.filter(({ rule }) => fleet.placeOf.get(rule)?.keep === null);
  for (const { database } of withoutKeep) outcome.leftAlone(database, 'its rule does not say what to keep');
  const meant = all.filter((one) => !withoutKeep.includes(one));
  const begun = await lookUp(meant, fleet, context, ({ database, place: { keep }, store }) => {
    if (keep === null) throw new TypeError('a database without a rule of what to keep');
    // Its steps and tables are its own: those of all would grow with their number.
    return beginPrune({ database, keep, dryRun }, { ...context, store, recorder: new RunRecorder() });
  });
  const runs: Pruned[] = [];
  for (const { database, store, done, failure } of begun) {
    if (failure !== null) outcome.failed(database, failure);
    else if (done.decisions.length > 0) runs.push({ database, store, run: done, ended: null });
  }
  tellPlans(runs, context);
  const losing = runs.filter(({ run }) => run.doomed.length > 0);
  const doomed = losing.flatMap(({ run }) => run.doomed);
  for (const store of new Set(losing.map((one) => one.store))) await tellVersions({ ...context, store });
  const what = `${textOfDoomed(doomed)} of ${plural(losing.length, 'database')}`;
  try {
    if (doomed.length === 0) log.info('nothing to remove');
    else if (dryRun) log.info(`dry run: ${what} would be removed, nothing was changed`);
    else {
      await context.consent.begin(`Remove ${what}?`);
      recorder.startStep('remove');
      await removeAll(runs, context);
    }
  } finally {
    report(runs, outcome, dryRun, context);
  }
  outcome.throwIfFailed();
}

async function removeAll(runs: readonly Pruned[], { recorder, signal }: CommandContext): Promise<void> {
  for (const one of runs) {
    if (one.run.doomed.length > 0) one.ended = await attempt(() => one.run.remove(), signal);
    recorder.stepTotals({ units: runs.reduce((sum, { run }) => sum + run.goneCount, 0) });
  }
}

/** What is going to happen, before it does: all that is removed or left alone, as far as a log has room. */
function tellPlans(runs: readonly Pruned[], { log }: CommandContext): void {
  const lines = runs.flatMap((one) => linesFor(one).filter(({ fate }) => fate !== 'kept'));
  if (lines.length === 0) return;
  log.group('What is removed, and what is left alone');
  for (const line of logTable(COLUMNS, lines, cellsOf)) log.info(line);
  log.endGroup();
}

/** What there is now, for outputs and summary. */
function report(runs: readonly Pruned[], outcome: FleetOutcome, dryRun: boolean, context: CommandContext): void {
  const left: BackupLine[] = [];
  for (const { database, run, ended } of runs) {
    left.push(...linesOf(database, run.left));
    const facts = factsOf(run.left, context.now());
    const { unreadable } = findingsOf(run.left, context.now());
    if (ended?.failure != null) outcome.failed(database, ended.failure, facts);
    else if (unreadable !== null) outcome.unreadable(database, unreadable, facts);
    else outcome.done(database, countText(run.lines(), dryRun), facts);
  }
  const lines = runs.flatMap(linesFor).sort((a, b) => (a.at < b.at ? 1 : -1));
  const sorted = newestFirst(left);
  context.recorder.set({ backups: sorted, prune: { dryRun, lines } });
  outcome.tell('What there is now', context);
  tellNotes(outputNotes(sorted), context);
}

function linesFor({ database, run }: Pruned): PruneLine[] {
  return run.lines().map((line) => ({ database, ...line }));
}

/** `removed 2, kept 5`. */
function countText(lines: readonly PruneLine[], dryRun: boolean): string {
  const count = (wanted: PruneLine['fate']): number => lines.filter(({ fate }) => fate === wanted).length;
  const gone = formatExact(count(dryRun ? 'to be removed' : 'removed'));
  const [kept, alone] = [formatExact(count('kept')), count('left alone')];
  const text = dryRun ? `would remove ${gone}, keep ${kept}` : `removed ${gone}, kept ${kept}`;
  return alone === 0 ? text : `${text}, ${dryRun ? 'leave' : 'left'} ${formatExact(alone)} alone`;
}

const COLUMNS = [
  { head: 'DATABASE' },
  { head: 'NAME' },
  { head: 'TAKEN' },
  { head: 'SIZE', right: true },
  { head: 'WHAT' },
  { head: 'WHY' },
];
const NAME_WIDTH = 40;

function cellsOf({ database = '', name, at, sizeBytes, fate, reason }: PruneLine): string[] {
  return [
    truncate(visibleLine(database), NAME_WIDTH),
    name,
    formatTime(Date.parse(at)),
    sizeBytes === null ? '-' : formatBytes(sizeBytes),
    fate,
    reason,
  ];
}
