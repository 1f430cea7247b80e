import { roleMentions, type RoleUse } from './role-mentions.js';
import type { TocEntry } from './types.js';

/** Kinds to which pg_restore writes `ALTER … OWNER TO` (`_printTocEntry` and `_getObjectDescription` of pg_backup_archiver.c). */
export const OWNED_KINDS: ReadonlySet<string> = new Set(
  [
    'AGGREGATE,BLOB,BLOB METADATA,COLLATION,CONVERSION,DOMAIN,EVENT TRIGGER,FOREIGN DATA WRAPPER,FOREIGN TABLE,FUNCTION',
    'MATERIALIZED VIEW,OPERATOR,OPERATOR CLASS,OPERATOR FAMILY,PROCEDURAL LANGUAGE,PROCEDURE,PUBLICATION,SCHEMA,SEQUENCE',
    'SERVER,STATISTICS,SUBSCRIPTION,TABLE,TEXT SEARCH CONFIGURATION,TEXT SEARCH DICTIONARY,TYPE,VIEW',
  ].flatMap((kinds) => kinds.split(',')),
);

/** A role that a backup names, and how many of its entries do. */
export interface NamedRole {
  name: string;
  /** Objects that it owns. */
  owns: number;
  /** Objects whose GRANTs name it, the database among them. */
  privileges: number;
  /** Default privileges of what it makes. */
  defaultPrivileges: number;
  policies: number;
  userMappings: number;
  /** Settings that hold for it in the database. */
  settings: number;
}

const COUNTED: Readonly<Record<RoleUse, Exclude<keyof NamedRole, 'name'>>> = {
  grantee: 'privileges',
  grantor: 'privileges',
  maker: 'defaultPrivileges',
  policy: 'policies',
  mapping: 'userMappings',
  setting: 'settings',
};

/** All of them, by their names. */
export function namedRoles(entries: readonly TocEntry[]): NamedRole[] {
  const roles = new Map<string, NamedRole>();
  const count = (name: string, what: Exclude<keyof NamedRole, 'name'>): void => {
    const known = roles.get(name) ?? {
      ...{ name, owns: 0, privileges: 0, defaultPrivileges: 0, policies: 0, userMappings: 0, settings: 0 },
    };
    known[what]++;
    roles.set(name, known);
  };
  for (const entry of entries) {
    if (OWNED_KINDS.has(entry.desc) && entry.owner !== '') count(entry.owner, 'owns');
    const seen = new Set<string>();
    for (const { role, use } of roleMentions(entry).mentions) {
      const key = JSON.stringify([role, COUNTED[use]]);
      if (!seen.has(key)) count(role, COUNTED[use]);
      seen.add(key);
    }
  }
  return [...roles.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}
