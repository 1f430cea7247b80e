import { isDeepStrictEqual } from 'node:util';
import { FaultList } from '../checks/fault-list.js';
import { checkTargetItself } from '../checks/target-checks.js';
import { createJournal, readJournal } from '../engine/journal.js';
import { ControlSession } from '../engine/control-session.js';
import { RestoreLock } from '../engine/restore-lock.js';
import type { RestoreSettings } from '../inputs/settings.js';
import { readServerFacts } from '../postgres/server-facts.js';
import type { CommandContext } from './context.js';
import { differenceText, whatIsHeld, type Holding } from './held-backup.js';
import { checkDecision, refuseAnother, type DecidedRestore } from './restore-decide.js';
import { decisionFor, type RestoreDecision, type RestoreSite } from './restore-decision.js';
import { tellDecision } from './restore-lines.js';
import type { Target } from './target-database.js';

/** A restore that may work: it holds the lock of its target, and the journal there says what is to be done. */
export interface BegunRestore {
  decision: RestoreDecision;
  site: RestoreSite;
  target: Target;
  control: ControlSession;
  /** What is in a target without a journal; null where there is one. */
  holding: Holding | null;
}

/**
 * Begins what was decided: makes the database where it is missing, takes the lock (which may end sessions of a dead run) and
 * makes the journal. What the decision went by is looked at again under the lock. Where another run has changed it, the restore
 * of the same backup is decided anew; any other is refused. Whoever gets the answer closes the control session. When it throws,
 * that is done.
 */
export async function begin(
  decided: DecidedRestore,
  settings: RestoreSettings,
  context: CommandContext,
): Promise<BegunRestore> {
  const { site } = decided;
  const { database, backup } = site;
  const target = decided.target ?? (await database.create(backup.head.entries));
  const lock = new RestoreLock(target.session, database.applicationName);
  try {
    await lock.acquire(context.signal, (line) => {
      context.log.info(line);
    });
    const facts = await readServerFacts(target.session);
    target.facts = facts;
    const journal = await readJournal(target.session, settings.target.database);
    refuseAnother(journal, backup, settings);
    if (journal === null) await database.checkIsUnused(target);

    try {
      const isAsSeen = decided.target !== null && isDeepStrictEqual({ facts, journal }, decided.seen);
      const decision = isAsSeen ? decided.decision : decisionFor(settings, { facts, journal }, site, true);
      const isChecked = isAsSeen && decided.isChecked;
      // The COMMIT of a run that was killed may have come only now.
      const holding = decision.resumes ? null : await whatIsHeld(target, site, settings, context);
      const isDone = holding?.kind === 'backup';
      if (!isDone && !decision.resumes && !settings.skipChecks) {
        await checkAgain(decision, isChecked, { target, site, settings, difference: differenceText(holding) });
      }
      // What was told of the first decision need not be told again.
      if (!isDone) tellDecision(decision, context, decided.target === null ? undefined : decided.decision);
      if (!isDone && !decision.resumes) {
        await createJournal(target.session, decision.header, decision.units, await database.unmarking(target));
      }
      context.recorder.set({ resumed: decision.resumes });
      const control = new ControlSession({
        session: target.session,
        lock,
        open: () => database.reopen(),
        applicationName: database.applicationName,
        log: (line) => {
          context.log.info(line);
        },
      });
      return { decision, site, target, control, holding };
    } catch (error) {
      if (journal === null) await database.takeBack(target);
      throw error;
    }
  } catch (error) {
    lock.release();
    await target.session.close();
    throw await database.causeOf(error, target);
  }
}

/** Checks a new restore: of a target that takes it only whether somebody has put something into it since. */
async function checkAgain(
  decision: RestoreDecision,
  isChecked: boolean,
  {
    target,
    site,
    settings,
    difference,
  }: { target: Target; site: RestoreSite; settings: RestoreSettings; difference: string },
): Promise<void> {
  if (!isChecked) {
    await checkDecision(decision, site, target, settings, difference);
    return;
  }
  const faults = new FaultList();
  await checkTargetItself(target.session, target.facts, settings.target.database, faults, difference);
  faults.throwIfAny();
}
