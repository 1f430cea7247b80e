import type { Consent } from '../foundation/consent.js';
import { formatExact } from '../foundation/format.js';
import { planOutput } from '../report/plan-output.js';
import { planGroups } from '../report/plan-text.js';
import type { RunPlan } from '../report/run-plan.js';
import { LOG_ROWS } from './log-table.js';
import type { CommandContext } from './context.js';
import { tellNotes } from './tell-notes.js';

/** What all dry runs have: they ask nobody, and end with a plan that is told. */

/** A dry run asks nothing. What only somebody's word would allow is refused, as it is where there is no terminal. */
const ASKS_NOBODY: Consent = { overwrite: () => Promise.resolve(false), begin: () => Promise.resolve() };

/** The context of a run that changes nothing. */
export function withoutQuestions(context: CommandContext): CommandContext {
  return { ...context, consent: ASKS_NOBODY };
}

/** Tells the plan in the log, and keeps it for summary and output. */
export function tellPlan(plan: RunPlan, context: CommandContext): void {
  const { log, recorder } = context;
  recorder.set({ plan });
  recorder.endStep('success');
  for (const { title, lines } of planGroups(plan, LOG_ROWS)) {
    log.group(title);
    for (const line of lines) log.info(line);
    log.endGroup();
  }
  for (const what of plan.notChecked) log.info(`not checked, as it would write: ${what}`);
  tellNotes(outputNotes(plan), context);
  log.info('dry run: nothing was changed');
}

/** Says so when not all of it fits the output. */
function outputNotes(plan: RunPlan): string[] {
  const { unitsLeftOut, indexesLeftOut } = planOutput(plan);
  const { units = [], indexes = [] } = plan.restore?.work ?? {};
  const note = (what: string, leftOut: number, all: number): string[] =>
    leftOut === 0
      ? []
      : [
          `the output \`plan\` has the first ${formatExact(all - leftOut)} of ${formatExact(all)} ${what}: more do not fit`,
        ];
  return [...note('units', unitsLeftOut, units.length), ...note('indexes', indexesLeftOut, indexes.length)];
}
