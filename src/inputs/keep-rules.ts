/** What a prune keeps: of one database as the inputs say, of many as the rule of each does. */
import { input, phrase, type Text } from '../foundation/text.js';
import type { KeepRules } from '../retention/retention.js';
import { DATABASE } from './connections.js';
import { INPUTS } from './input-table.js';
import type { InputReader } from './reader.js';
import type { FleetSettings } from './settings.js';

const KEEP_INPUTS = [INPUTS.keepLast, INPUTS.keepDays, INPUTS.keepDaily, INPUTS.keepWeekly, INPUTS.keepMonthly];
const NO_RULES: KeepRules = { last: null, days: null, daily: null, weekly: null, monthly: null, proven: false };

/** What a prune keeps; null when there is no rule at all: then everything would go. */
export function readKeepRules(reader: InputReader): KeepRules | null {
  const rules = {
    last: reader.value(INPUTS.keepLast),
    days: reader.value(INPUTS.keepDays),
    daily: reader.value(INPUTS.keepDaily),
    weekly: reader.value(INPUTS.keepWeekly),
    monthly: reader.value(INPUTS.keepMonthly),
    proven: reader.value(INPUTS.keepProven),
  };
  return KEEP_INPUTS.every((one) => reader.originOf(one).from === 'default') ? null : rules;
}

/** Reports it when there is no rule. */
export function requireKeepRules(reader: InputReader, where: Text = ''): KeepRules {
  const rules = readKeepRules(reader);
  if (rules !== null) return rules;
  const others = phrase`${input('keep-days')}, ${input('keep-daily')}, ${input('keep-weekly')} or ${input('keep-monthly')}`;
  reader.missing(INPUTS.keepLast, phrase`how many backups to keep (or use ${others})${where}`);
  return NO_RULES;
}

/**
 * A prune of many databases must not take the rules of one for those of all: where there is a file of rules nothing else says what is
 * kept, and without one an empty `database` is a mistake until somebody says which databases are meant.
 */
export function checkKeepRules(reader: InputReader, { config, patterns, placeOf }: FleetSettings): void {
  if (config === null) {
    requireKeepRules(reader);
    if (patterns.match.length > 0) return;
    const others = phrase`or ${input('databases')} to patterns of several (\`*\`: all), or ${input('config')} to a file with the rules of each`;
    reader.missing(INPUTS.database, phrase`${DATABASE} whose backups are pruned, ${others}`);
    return;
  }
  for (const one of [...KEEP_INPUTS, INPUTS.keepProven]) {
    if (reader.originOf(one).from !== 'input') continue;
    const advice = phrase`leave it out, or name one ${input('database')}`;
    reader.wrong(one, phrase`the rules of ${config.path} say what is kept of each database: ${advice}`);
  }
  const isSaid = [...placeOf.values()].some(({ keep }) => keep !== null);
  if (!isSaid) requireKeepRules(reader, phrase`, in the rules of ${config.path}`);
}
