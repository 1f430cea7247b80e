import { PhaseliftError } from '../foundation/errors.js';
import { formatExact } from '../foundation/format.js';
import { input, phrase } from '../foundation/text.js';
import type { RestoreSettings } from '../inputs/settings.js';
import { selectEntries } from '../plan/selection.js';
import { TocGraph } from '../plan/toc-graph.js';
import { foreignObjects } from '../postgres/contents.js';
import { verificationText } from '../report/verification-text.js';
import { countRows, type CountedRows } from '../verify/target-state.js';
import type { VerificationLine } from '../verify/verification-line.js';
import { compareWhole, type WholeTargetInput } from '../verify/whole-target.js';
import type { CommandContext } from './context.js';
import type { RestoreSite } from './restore-decision.js';
import { tellNoProof } from './restore-lines.js';
import { selectionOptions } from './selection-options.js';
import type { Target } from './target-database.js';

/** What a target holds that no journal explains. */
export type Holding =
  | { kind: 'nothing' }
  /** All that a restore of this backup leaves, and nothing else: a run that was cut off behind its last COMMIT. */
  | { kind: 'backup'; lines: readonly VerificationLine[] }
  /** Anything else, and the first differences. */
  | { kind: 'others'; differences: readonly string[] };

/**
 * Looks whether a target without a journal holds this backup already. It reads only, and it is cheap where there are other
 * objects than the backup's; only where all of these are right are the rows counted, by as many sessions as `restore-jobs` says.
 */
export async function whatIsHeld(
  target: Target,
  { backup, database }: Pick<RestoreSite, 'backup' | 'database'>,
  settings: RestoreSettings,
  context: CommandContext,
): Promise<Holding> {
  const { log, recorder, signal } = context;
  if ((await foreignObjects(target.session, 1)).length === 0) return { kind: 'nothing' };
  // Schemas and languages that are there now are those of the restore itself.
  const options = { ...selectionOptions(settings, target.facts), existing: [] };
  const sessions = database.sessions().for('look');
  const whole: WholeTargetInput = {
    entries: selectEntries(new TocGraph(backup.head.entries), options).entries,
    blocks: backup.map.blocks,
    invalidAtSource: backup.invalidIndexes,
    async count(sqlNames) {
      const counts: CountedRows[] = [];
      await sessions.useForEach(sqlNames, settings.jobs, signal, async (sqlName, session) => {
        counts.push(await countRows(session, sqlName));
      });
      return counts;
    },
    onCounting() {
      log.info(`the target holds the objects of ${backup.ref.name} and no others: counting its rows`);
      recorder.startStep('verify');
    },
  };
  try {
    // Not in the control session, which a statement that is refused would end.
    const comparison = await sessions.use((session) => compareWhole(session, whole));
    if (comparison.isSame) return { kind: 'backup', lines: comparison.lines };
    return { kind: 'others', differences: comparison.differences };
  } catch (error) {
    // What we may not read is somebody's.
    if (!(error instanceof PhaseliftError) || error.code !== 'SQL') throw error;
    return { kind: 'others', differences: [error.reason] };
  }
}

const SHOWN = 3;

/** What is told of a target that is refused, besides what is in it; empty where nobody has compared it. */
export function differenceText(holding: Holding | null): string {
  if (holding?.kind !== 'others') return '';
  const { differences } = holding;
  const more = differences.length > SHOWN ? ` and ${formatExact(differences.length - SHOWN)} more` : '';
  return `It does not hold this backup either: ${differences.slice(0, SHOWN).join('; ')}${more}.`;
}

/** Ends a restore that has nothing to do. */
export function tellHeld(
  backupName: string,
  lines: readonly VerificationLine[],
  settings: RestoreSettings,
  context: CommandContext,
): void {
  const { log, recorder } = context;
  recorder.verification(lines);
  for (const line of verificationText(lines)) log.info(line);
  recorder.set({ resumed: true, finished: true });
  recorder.endStep('success');
  const text = `the target holds this backup already: an earlier run has restored ${backupName}, which was verified (objects, indexes, constraints, sequences and the number of rows; not the contents of rows)`;
  recorder.note(text);
  log.endGroup();
  log.info(text);
  if (settings.recordProof) tellNoProof('this run has restored nothing', context);
  log.info(
    phrase`to restore it again, drop and create ${settings.target.database}, or name another ${input('target-database')}`,
  );
}
