import { INPUTS } from './definitions.js';
import type { InputReader } from './reader.js';
import type { KeepRules } from '../retention/retention.js';

/** What a prune keeps. Reports it when there is no rule at all: then everything would go. */
export function readKeepRules(reader: InputReader): KeepRules {
  const rules = {
    last: reader.value(INPUTS.keepLast),
    days: reader.value(INPUTS.keepDays),
    daily: reader.value(INPUTS.keepDaily),
    weekly: reader.value(INPUTS.keepWeekly),
    monthly: reader.value(INPUTS.keepMonthly),
  };
  const inputs = [INPUTS.keepLast, INPUTS.keepDays, INPUTS.keepDaily, INPUTS.keepWeekly, INPUTS.keepMonthly];
  if (inputs.every((input) => reader.originOf(input).from === 'default')) {
    const others = '`keep-days`, `keep-daily`, `keep-weekly` or `keep-monthly`';
    reader.missing(INPUTS.keepLast, `how many backups to keep (or use ${others})`);
  }
  return rules;
}
