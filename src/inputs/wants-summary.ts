import { givenText, type GivenInputs } from './given-inputs.js';
import { INPUTS } from './input-table.js';

/** Whether a job summary is to be written. Where the input is at fault, the summary is what tells that. */
export function wantsSummary(given: GivenInputs): boolean {
  const text = givenText(given, INPUTS.summary)?.text ?? null;
  const parsed = text === null ? null : INPUTS.summary.parse(text);
  return parsed === null || !('value' in parsed) || parsed.value;
}
