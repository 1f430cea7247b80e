import { entryTitle } from '../archive/entry-title.js';
import { namedRoles, type NamedRole } from '../archive/named-roles.js';
import { renamedRoles, type RoleRename } from '../archive/renamed-roles.js';
import type { ArchiveHead, TocEntry } from '../archive/types.js';
import { PhaseliftError } from '../foundation/errors.js';
import { input, joined, phrase, plain, type Text } from '../foundation/text.js';
import type { RestoreSettings } from '../inputs/settings.js';
import { didYouMean, nearTitles } from '../plan/name-patterns.js';
import { visibleLine } from '../report/escape.js';
import type { ChosenBackup } from './chosen-backup.js';
import type { CommandContext } from './context.js';

/**
 * The backup with the names that its roles have on the target: those of `role-map`, else those that the restore in the target was
 * begun with. Throws CHECKS for roles that it does not name, all of them at once.
 */
export function withRoleMap(
  backup: ChosenBackup,
  begunWith: readonly RoleRename[],
  settings: RestoreSettings,
  context: Pick<CommandContext, 'log'>,
): ChosenBackup {
  const roleMap = settings.roleMap.length > 0 ? settings.roleMap : begunWith;
  if (roleMap.length === 0) return backup;
  const head = mappedHead(backup.head, roleMap);
  for (const { from, to } of roleMap) context.log.info(`role ${visibleLine(from)}: ${visibleLine(to)} on the target`);
  for (const text of roleMapNotes(backup.head.entries, roleMap, settings)) context.log.warning(text);
  return { ...backup, head, roleMap };
}

/** The same of a head alone. */
export function mappedHead(head: ArchiveHead, roleMap: readonly RoleRename[]): ArchiveHead {
  if (roleMap.length === 0) return head;
  const names = namedRoles(head.entries).map(({ name }) => name);
  const known = new Set(names);
  const candidates = names.map((name) => ({ name, title: visibleLine(name) }));
  const faults = roleMap
    .filter(({ from }) => !known.has(from))
    .map(({ from }) => {
      const near = didYouMean(nearTitles(from, candidates));
      return phrase`${plain('role-map')}: the backup does not name a role \`${visibleLine(from)}\`${near}`;
    });
  if (faults.length === 0) return renamedRoles(head, roleMap);
  throw new PhaseliftError('CHECKS', joined(faults, '\n'), {
    object: roleMap.find(({ from }) => !known.has(from))?.from,
    hint: phrase`${input('mode', 'show')} shows the roles that it names.`,
  });
}

type Keeping = Pick<RestoreSettings, 'keepOwner' | 'keepPrivileges' | 'keepDatabaseSettings'>;

const TITLES_SHOWN = 5;

/** What `role-map` does not do although somebody may think so. */
export function roleMapNotes(entries: readonly TocEntry[], roleMap: readonly RoleRename[], settings: Keeping): Text[] {
  const roles = new Map(namedRoles(entries).map((role) => [role.name, role]));
  return roleMap.flatMap(({ from }) => {
    const role = roles.get(from);
    const unused = role === undefined ? null : withoutEffect(role, settings);
    const inText = entries.filter((entry) => namesInText(entry, from)).map(entryTitle);
    const more = inText.length > TITLES_SHOWN ? ` and ${inText.length - TITLES_SHOWN} more` : '';
    return [
      ...(unused === null ? [] : [unused]),
      ...(inText.length === 0
        ? []
        : [
            phrase`${plain('role-map')}: the text of ${inText.slice(0, TITLES_SHOWN).join(', ')}${more} names ${visibleLine(from)} and stays as it is`,
          ]),
    ];
  });
}

function withoutEffect(
  { name, owns, privileges, defaultPrivileges, policies, userMappings }: NamedRole,
  { keepOwner, keepPrivileges, keepDatabaseSettings }: Keeping,
): Text | null {
  if (policies + userMappings > 0) return null;
  if (keepDatabaseSettings && privileges > 0) return null;
  if ((keepOwner && owns > 0) || (keepPrivileges && privileges + defaultPrivileges > 0)) return null;
  const needed = [
    ...(owns > 0 ? [input('keep-owner', true)] : []),
    ...(privileges + defaultPrivileges > 0 ? [input('keep-privileges', true)] : []),
  ];
  return phrase`${plain('role-map')} has no effect on ${visibleLine(name)}: what names it is restored only with ${joined(needed, ' or ')}`;
}

/** The condition of a policy, or `SET role` of a function: pg_dump writes both with the name as a string. */
function namesInText({ desc, definition }: TocEntry, role: string): boolean {
  const text = `'${role.replaceAll("'", "''")}'`;
  if (desc === 'POLICY') return definition.includes(text);
  return (desc === 'FUNCTION' || desc === 'PROCEDURE') && definition.includes(`SET role TO ${text}`);
}
