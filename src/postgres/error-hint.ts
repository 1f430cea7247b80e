import { input, phrase, type Text } from '../foundation/text.js';
import type { Side } from './connection-failure.js';
import { routineOf } from './error-context.js';
import { isUserMade } from './safe-message.js';
import type { ServerError } from './server-error.js';

/** Something that is named is not there: function, table, column, object, schema. */
const MISSING = new Set(['42883', '42P01', '42703', '42704', '3F000']);

const WITHOUT_SCHEMA =
  'The function names something without its schema, and sessions run with an empty search_path here, as they do for the text that pg_dump writes: give the function a `SET search_path = …` of its own, or write the schema before the name, in the source';
const IN_OWN_WORDS =
  'Code of the database ended this in words of its own, which may quote rows and are not shown here: the log of the server has them';

const ENDS: Readonly<Record<Side, { missing: Text; raised: Text }>> = {
  source: { missing: 'then run again.', raised: 'Remove the cause, then run again.' },
  target: {
    missing: phrase`then take a new backup; or leave the object out with ${input('skip-entries')} and run the restore again to go on from here.`,
    raised: phrase`Remove the cause and run the restore again to go on from here, or leave the object out with ${input('skip-entries')}.`,
  },
};

/** The next step for an error that arose in a function of the database; undefined for all others. */
export function codeHint(error: ServerError, side: Side): Text | undefined {
  if (isUserMade(error)) return phrase`${IN_OWN_WORDS}. ${ENDS[side].raised}`;
  const isMissing = error.sqlState !== null && MISSING.has(error.sqlState) && routineOf(error.context) !== null;
  return isMissing ? phrase`${WITHOUT_SCHEMA}, ${ENDS[side].missing}` : undefined;
}
