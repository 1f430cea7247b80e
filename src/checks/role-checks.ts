import * as z from 'zod';
import { entryTitle } from '../archive/entry-title.js';
import { OWNED_KINDS } from '../archive/named-roles.js';
import { roleMentions, type RoleUse } from '../archive/role-mentions.js';
import type { TocEntry } from '../archive/types.js';
import { PhaseliftError } from '../foundation/errors.js';
import { input, joined, phrase, type Text } from '../foundation/text.js';
import type { KeepOptions } from '../postgres/restore-args.js';
import type { ServerFacts } from '../postgres/server-facts.js';
import type { PsqlSession } from '../postgres/session.js';
import { identifierLine } from '../postgres/sql.js';
import { visibleLine } from '../report/escape.js';

/**
 * Roles belong to the server, not to the database: those that entries name may be missing on the target, or may be out of reach
 * of the role that restores. All of them are found before any work.
 */

/** What of owners and privileges is restored. */
export interface Keeps extends Pick<KeepOptions, 'keepOwner' | 'keepPrivileges'> {
  /** Named by GRANTs of the database that are restored. */
  databaseRoles?: readonly string[];
}

/** What entries want of one role. */
interface Wanted {
  owns: number;
  /** Entries of privileges that name it. */
  privileges: number;
  /** Default privileges of what it will make. */
  defaults: number;
  /** Policies and user mappings. */
  named: TocEntry[];
  /** A GRANT of the database names it. */
  ofDatabase: boolean;
}

interface RoleState {
  name: string;
  isSuperuser: boolean;
  /** Objects may be given to it. */
  mayOwn: boolean;
  /** Its default privileges may be set. */
  mayActFor: boolean;
}

const roleState: z.ZodType<RoleState> = z.object({
  name: z.string(),
  isSuperuser: z.boolean(),
  mayOwn: z.boolean(),
  mayActFor: z.boolean(),
});

/** All roles that stand in the way, as one fault; null when there are none. */
export async function roleFault(
  session: PsqlSession,
  entries: readonly TocEntry[],
  facts: ServerFacts,
  keeps: Keeps,
): Promise<PhaseliftError | null> {
  const wanted = wantedRoles(entries, keeps);
  if (wanted.size === 0) return null;
  // Since 16 a member may be kept from SET ROLE, and from the rights of the role.
  const [toOwn, toActFor] = facts.major >= 16 ? ['SET', 'USAGE'] : ['MEMBER', 'MEMBER'];
  const rows = await session.query(
    `SELECT rolname AS name, rolsuper AS "isSuperuser", pg_catalog.pg_has_role(oid, '${toOwn}') AS "mayOwn", ` +
      `pg_catalog.pg_has_role(oid, '${toActFor}') AS "mayActFor" FROM pg_catalog.pg_roles`,
    roleState,
  );
  const known = new Map(rows.map((row) => [row.name, row]));
  const roles = [...wanted].map(([name, what]) => ({ name, what, state: known.get(name) }));
  const missing = roles.filter(({ state }) => state === undefined);
  const outOfReach = roles.filter(({ what, state }) => state !== undefined && isOutOfReach(what, state));
  const [first] = [...missing, ...outOfReach];
  if (first === undefined) return null;
  const heads = [
    missing.length === 0
      ? null
      : `${count(missing.length, 'role')} of this backup ${missing.length === 1 ? 'does' : 'do'} not exist on the target: ${names(missing)}`,
    outOfReach.length === 0 ? null : `the role ${facts.role} may not act for ${names(outOfReach)}`,
  ];
  const lines = [
    ...missing.map(({ name, what }) => `  ${visibleLine(name)} does not exist: ${use(what)}`),
    ...outOfReach.map(({ name, what, state }) => {
      const why = state?.isSuperuser === true ? 'is a superuser' : `does not have ${facts.role} as a member`;
      return `  ${visibleLine(name)} ${why}: ${use(what)}`;
    }),
  ];
  return new PhaseliftError('CHECKS', [heads.filter((head) => head !== null).join('; '), ...lines].join('\n'), {
    object: `ROLE ${first.name}`,
    hint: hintFor(missing, outOfReach, facts),
  });
}

interface Found {
  name: string;
  what: Wanted;
  state: RoleState | undefined;
}

function hintFor(missing: readonly Found[], outOfReach: readonly Found[], facts: ServerFacts): Text {
  const all = [...missing, ...outOfReach].map(({ what }) => what);
  const without = [
    all.some(({ owns }) => owns > 0)
      ? phrase`${input('keep-owner', false)} leaves all to the role that restores`
      : null,
    all.some(({ privileges, defaults }) => privileges + defaults > 0)
      ? phrase`${input('keep-privileges', false)} restores no privileges`
      : null,
    all.some(({ ofDatabase }) => ofDatabase)
      ? phrase`${input('keep-database-settings', false)} restores none of the database`
      : null,
  ].filter((text) => text !== null);
  const skippable = [...new Set(all.flatMap(({ named }) => named.map(entryTitle)))];
  // Whoever is a member of a superuser is one.
  const reach = [...missing.filter(({ what }) => what.owns + what.defaults > 0), ...outOfReach];
  const joins = facts.isSuperuser ? [] : reach.filter(({ state }) => state?.isSuperuser !== true);
  const lines = [
    without.length === 0
      ? 'Make what is missing, then run again:'
      : phrase`Make what is missing, then run again; or ${joined(without, ', and ')}:`,
    ...missing.map(({ name }) => `CREATE ROLE ${identifierLine(name)};`),
    ...joins.map(({ name }) => `GRANT ${identifierLine(name)} TO ${identifierLine(facts.role)};`),
    ...(skippable.length === 0
      ? []
      : [phrase`Or leave these out with ${input('skip-entries')}, one a line:`, ...skippable]),
  ];
  return joined(lines, '\n');
}

function isOutOfReach({ owns, defaults }: Wanted, { mayOwn, mayActFor }: RoleState): boolean {
  return (owns > 0 && !mayOwn) || (defaults > 0 && !mayActFor);
}

/** Roles by name, and what of them is restored. */
export function wantedRoles(entries: readonly TocEntry[], keeps: Keeps): Map<string, Wanted> {
  const wanted = new Map<string, Wanted>();
  const of = (name: string): Wanted => {
    const known = wanted.get(name) ?? { owns: 0, privileges: 0, defaults: 0, named: [], ofDatabase: false };
    wanted.set(name, known);
    return known;
  };
  for (const entry of entries) {
    if (keeps.keepOwner && OWNED_KINDS.has(entry.desc) && entry.owner !== '') of(entry.owner).owns++;
    const { mentions } = roleMentions(entry);
    const named = (...uses: RoleUse[]): Set<string> =>
      new Set(mentions.filter(({ use }) => uses.includes(use)).map(({ role }) => role));
    for (const role of named('policy', 'mapping')) of(role).named.push(entry);
    if (!keeps.keepPrivileges) continue;
    for (const role of named('grantee', 'grantor')) of(role).privileges++;
    for (const role of named('maker')) of(role).defaults++;
  }
  for (const role of keeps.databaseRoles ?? []) of(role).ofDatabase = true;
  return wanted;
}

function use({ owns, privileges, defaults, named, ofDatabase }: Wanted): string {
  return [
    owns === 0 ? null : `owner of ${count(owns, 'object')}`,
    privileges === 0 ? null : `named in the privileges of ${count(privileges, 'object')}`,
    ofDatabase ? 'named in the privileges of the database' : null,
    defaults === 0 ? null : `${count(defaults, 'entry', 'entries')} of its default privileges`,
    named.length === 0
      ? null
      : `named by ${named.slice(0, 5).map(entryTitle).join(', ')}${named.length > 5 ? ' …' : ''}`,
  ]
    .filter((text) => text !== null)
    .join('; ');
}

function count(number: number, one: string, several = `${one}s`): string {
  return `${number} ${number === 1 ? one : several}`;
}

function names(found: readonly Found[]): string {
  const shown = found.slice(0, 5).map(({ name }) => visibleLine(name));
  return `${shown.join(', ')}${found.length > 5 ? ' …' : ''}`;
}
