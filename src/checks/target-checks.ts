import type { TocEntry } from '../archive/types.js';
import { PhaseliftError } from '../foundation/errors.js';
import { input, phrase } from '../foundation/text.js';
import { foreignObjects } from '../postgres/contents.js';
import type { ServerFacts } from '../postgres/server-facts.js';
import type { PsqlSession } from '../postgres/session.js';
import { identifierLine } from '../postgres/sql.js';
import type { FaultList } from './fault-list.js';
import { ownerFault } from './owner-checks.js';
import { objectionFault } from './objection.js';
import { findObjections, objectionsByRule } from './privilege-checks.js';
import { roleFault, type Keeps } from './role-checks.js';
import { schemaFaults } from './schema-checks.js';

/** What of the settings the checks go by. */
export interface CheckSettings extends Keeps {
  /** Nothing is tried out. */
  dryRun: boolean;
}

const SHOWN_OBJECTS = 5;

/** Empty, or only with what the platform and extensions put there: anything else is somebody's data. */
async function checkEmpty(session: PsqlSession, database: string, difference: string): Promise<void> {
  const found = await foreignObjects(session, SHOWN_OBJECTS + 1);
  if (found.length === 0) return;
  const shown = found.slice(0, SHOWN_OBJECTS).join(', ');
  throw new PhaseliftError(
    'TARGET_NOT_EMPTY',
    `the target database ${database} is not empty, and no restore of Phaselift explains what is in it: ${shown}${found.length > SHOWN_OBJECTS ? ' …' : ''}`,
    {
      object: database,
      hint: phrase`Name another ${input('target-database')}, or drop and create this one, then run again.${difference === '' ? '' : ` ${difference}`}`,
    },
  );
}

/**
 * What of the target does not depend on the backup: the role can make the journal, and nothing stands in the way. `difference`, a
 * sentence, says in what it differs from the backup where it is not empty.
 */
export async function checkTargetItself(
  session: PsqlSession,
  facts: ServerFacts,
  database: string,
  faults: FaultList,
  difference = '',
): Promise<void> {
  if (!facts.canCreateInDatabase) {
    const fault = `the role ${facts.role} may not create schemas in the target database ${database}`;
    const hint = `As its owner run: GRANT CREATE ON DATABASE ${identifierLine(database)} TO ${identifierLine(facts.role)}.`;
    faults.add(new PhaseliftError('CHECKS', fault, { object: database, hint }));
  }
  await faults.check(() => checkEmpty(session, database, difference));
}

/** What of the backup the target would not take. */
export async function checkEntries(
  session: PsqlSession,
  facts: ServerFacts,
  database: string,
  entries: readonly TocEntry[],
  settings: CheckSettings,
  faults: FaultList,
): Promise<void> {
  for (const fault of (await faults.check(() => schemaFaults(session, facts, database, entries))) ?? [])
    faults.add(fault);
  const objections = await faults.check(() => findObjections(session, entries, facts, { onlyReads: settings.dryRun }));
  const fault = objectionFault(objections ?? [], facts.role);
  if (fault !== null) faults.add(fault);
  await checkRoles(session, facts, entries, settings, faults);
  const owners = settings.keepOwner ? await faults.check(() => ownerFault(session, facts, entries)) : null;
  if (owners !== null) faults.add(owners);
}

/** What of the backup only superusers create, as far as that is known without a look at the database: `checkEntries` knows more. */
export function checkRules(facts: ServerFacts, entries: readonly TocEntry[], faults: FaultList): void {
  const fault = objectionFault(objectionsByRule(entries, facts), facts.role);
  if (fault !== null) faults.add(fault);
}

/** What of the backup names roles that the target's server lacks, or that are out of reach. */
export async function checkRoles(
  session: PsqlSession,
  facts: ServerFacts,
  entries: readonly TocEntry[],
  keeps: Keeps,
  faults: FaultList,
): Promise<void> {
  const fault = await faults.check(() => roleFault(session, entries, facts, keeps));
  if (fault !== null) faults.add(fault);
}

/** Everything about the target, also what depends on what the backup holds. All faults go to `faults`. */
export async function checkTarget(
  session: PsqlSession,
  facts: ServerFacts,
  database: string,
  entries: readonly TocEntry[],
  settings: CheckSettings,
  faults: FaultList,
  difference: string,
): Promise<void> {
  await checkTargetItself(session, facts, database, faults, difference);
  await checkEntries(session, facts, database, entries, settings, faults);
}
