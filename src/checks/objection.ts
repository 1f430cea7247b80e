import { entryTitle } from '../archive/entry-title.js';
import type { TocEntry } from '../archive/types.js';
import { PhaseliftError } from '../foundation/errors.js';
import { plural } from '../foundation/format.js';
import { input, joined, phrase, type Text } from '../foundation/text.js';

/** An entry that cannot be created, and why, for people. */
export interface Objection {
  entry: TocEntry;
  reason: string;
  /** The statement of an administrator, in the target, that ends it; null where no GRANT does. */
  remedy: string | null;
}

/** All objections as one fault, with the lines for `skip-entries`; null when there are none. */
export function objectionFault(objections: readonly Objection[], role: string): PhaseliftError | null {
  const [first] = objections;
  if (first === undefined) return null;
  const lines = objections.map(({ entry, reason }) => `  ${entryTitle(entry)}  (${reason})`);
  return new PhaseliftError(
    'CHECKS',
    `the role ${role} cannot create ${plural(objections.length, 'object')} of this backup: ${objections
      .map(({ entry }) => entryTitle(entry))
      .slice(0, 5)
      .join(', ')}${objections.length > 5 ? ' …' : ''}\n${lines.join('\n')}`,
    {
      object: entryTitle(first.entry),
      hint: objectionHint(objections),
    },
  );
}

const BY_ADMINISTRATOR =
  'As an administrator run this in the target (make the database first, where it is not there), then run again:';
const GRANT_HELPS =
  'GRANT of PostgreSQL gives the right: restore as a role that has it (a superuser, or on managed servers often the administrator).';

function objectionHint(objections: readonly Objection[]): Text {
  const remedies = [...new Set(objections.map(({ remedy }) => remedy).filter((remedy) => remedy !== null))];
  const isMissing = ({ reason }: Objection): boolean => / is not available$/.test(reason);
  const rest = objections.filter((objection) => objection.remedy === null && !isMissing(objection));
  const lines = [
    ...(remedies.length === 0 ? [] : [BY_ADMINISTRATOR, ...remedies]),
    ...(rest.length === 0 ? [] : [`${remedies.length === 0 ? 'No' : 'For the rest no'} ${GRANT_HELPS}`]),
    ...(objections.some(isMissing) ? ['What is not available has to be installed on the server.'] : []),
    phrase`Or leave the objects out with input ${input('skip-entries')}, one a line:`,
    ...objections.map(({ entry }) => entryTitle(entry)),
  ];
  return joined(lines, '\n');
}
