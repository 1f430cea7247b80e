import type { RunReport, StepReport } from './run-report.js';

/** A step's name in tables and charts: where a run has checks of two kinds, whose they are. */
export function stepLabel(step: StepReport, { steps }: RunReport): string {
  if (step.name !== 'checks') return step.name;
  const checks = steps.filter(({ name }) => name === 'checks');
  if (checks.length < 2) return step.name;
  return step === checks[0] ? 'checks of the backup' : 'checks of the restore';
}
