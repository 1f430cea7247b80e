/** Which backups a prune keeps. */
import { input, phrase } from '../../foundation/text.js';
import { inputsOf, none, preset } from '../input-definition.js';
import { boolean, integer } from '../scalars.js';

const row = inputsOf('prune', { modes: ['prune'] });
const kept = integer('number to keep', 1, 100_000);

/** How many of something to keep: none of these is needed, as long as one is there. */
const rule = (name: string, about: string) => row<number | null>(name, about, kept, none(), { kind: 'number' });

/** The rows of this group, by the names that the code has for them. */
export const PRUNE_INPUTS = {
  keepLast: rule('keep-last', 'Prune: keep so many of the newest backups.'),
  keepDays: rule('keep-days', 'Prune: keep all backups of so many days.'),
  keepDaily: rule('keep-daily', 'Prune: keep the newest backup of each of so many days.'),
  keepWeekly: rule('keep-weekly', 'Prune: keep the newest backup of each of so many weeks.'),
  keepMonthly: rule('keep-monthly', 'Prune: keep the newest backup of each of so many months.'),
  keepProven: row(
    'keep-proven',
    phrase`Prune: beside what the other rules keep, keep the newest backup that a restore with ${input('record-proof')} has proven.`,
    boolean,
    preset(false),
  ),
};
