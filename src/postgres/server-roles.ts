/** The roles of a server, as far as every role may see them: pg_roles hides passwords, and pg_auth_members hides nothing. */
import * as z from 'zod';
import { settingValues } from './setting-values.js';
import type { PsqlSession } from './session.js';
import { identifierLine, literalLine } from './sql.js';

const role = z.object({
  name: z.string(),
  superuser: z.boolean(),
  inherit: z.boolean(),
  createRole: z.boolean(),
  createDatabase: z.boolean(),
  login: z.boolean(),
  replication: z.boolean(),
  bypassRls: z.boolean(),
  /** -1: none. */
  connectionLimit: z.int(),
  /** ISO 8601, or `infinity`. */
  validUntil: z.string().nullable(),
  /** `name=value`, those of all databases. */
  settings: z.array(z.string()).nullable(),
  comment: z.string().nullable(),
});
/** A role of a server. */
export type ServerRole = z.infer<typeof role>;

const membership = z.object({
  role: z.string(),
  member: z.string(),
  admin: z.boolean(),
  /** null: as the member's own INHERIT says, which it always did before 16. */
  inherit: z.boolean().nullable(),
  set: z.boolean(),
});
/** Who is a member of what. */
export type Membership = z.infer<typeof membership>;

/** What a server has of roles, without those of PostgreSQL and of the platform. */
export interface ServerRoles {
  /** By their names. */
  roles: ServerRole[];
  memberships: Membership[];
  /** Roles of the platform, which the next one makes itself. */
  passedOver: string[];
}

/** Of Amazon, Google, Microsoft, and of those who run PostgreSQL for others. */
const PLATFORM_ROLES: ReadonlySet<string> = new Set(
  [
    'rdsadmin rdsproxyadmin rdsrepladmin rdstopmgr rdswriteforwarduser azuresu supabase_admin cloud_admin',
    'neon_superuser crunchy_superuser',
  ].flatMap((names) => names.split(' ')),
);
const PLATFORM_PREFIX = /^(?:rds_|cloudsql|alloydb|azure_)/;
/** Its own, which no other role's name may begin with. */
const OWN_PREFIX = /^pg_/;

/** True for roles that belong to a platform, or to PostgreSQL. */
export function isPlatformRole(name: string): boolean {
  return OWN_PREFIX.test(name) || PLATFORM_PREFIX.test(name) || PLATFORM_ROLES.has(name);
}

/** All of them. PostgreSQL's own and the platform's stay where others are members of them. */
export async function readServerRoles(session: PsqlSession): Promise<ServerRoles> {
  const [server] = await session.query(
    "SELECT pg_catalog.current_setting('server_version_num')::pg_catalog.int4 / 10000 AS major",
    z.object({ major: z.int() }),
  );
  const all = await session.query(
    `SELECT r.rolname AS name, r.rolsuper AS superuser, r.rolinherit AS inherit, r.rolcreaterole AS "createRole", r.rolcreatedb AS "createDatabase",
      r.rolcanlogin AS login, r.rolreplication AS replication, r.rolbypassrls AS "bypassRls", r.rolconnlimit AS "connectionLimit",
      r.rolvaliduntil AS "validUntil", r.rolconfig AS settings, pg_catalog.shobj_description(r.oid, 'pg_authid') AS comment
    FROM pg_catalog.pg_roles r ORDER BY r.rolname COLLATE "C"`,
    role,
  );
  // One may be given by several roles, each with options of its own.
  const options =
    (server?.major ?? 0) >= 16
      ? 'pg_catalog.bool_or(a.inherit_option) AS inherit, pg_catalog.bool_or(a.set_option) AS set'
      : 'NULL::pg_catalog.bool AS inherit, true AS set';
  const memberships = await session.query(
    `SELECT g.rolname AS role, m.rolname AS member, pg_catalog.bool_or(a.admin_option) AS admin, ${options}
    FROM pg_catalog.pg_auth_members a JOIN pg_catalog.pg_roles g ON g.oid = a.roleid JOIN pg_catalog.pg_roles m ON m.oid = a.member
    GROUP BY g.rolname, m.rolname ORDER BY g.rolname COLLATE "C", m.rolname COLLATE "C"`,
    membership,
  );
  return {
    roles: all.filter(({ name }) => !isPlatformRole(name)),
    memberships: memberships.filter(({ member }) => !isPlatformRole(member)),
    passedOver: all.map(({ name }) => name).filter((name) => isPlatformRole(name) && !OWN_PREFIX.test(name)),
  };
}

/** What is said of a role behind WITH, in the order of pg_dumpall. */
export function attributesOf(one: ServerRole): string[] {
  const word = (is: boolean, text: string): string => `${is ? '' : 'NO'}${text}`;
  return [
    word(one.superuser, 'SUPERUSER'),
    word(one.inherit, 'INHERIT'),
    word(one.createRole, 'CREATEROLE'),
    word(one.createDatabase, 'CREATEDB'),
    word(one.login, 'LOGIN'),
    word(one.replication, 'REPLICATION'),
    word(one.bypassRls, 'BYPASSRLS'),
    ...(one.connectionLimit === -1 ? [] : [`CONNECTION LIMIT ${one.connectionLimit}`]),
    ...(one.validUntil === null ? [] : [`VALID UNTIL ${literalLine(one.validUntil)}`]),
  ];
}

/**
 * SQL that makes them on another server, a statement a line; what is left out is a comment. As `pg_dumpall --roles-only
 * --no-role-passwords` writes it, but without GRANTED BY: the grantors of a platform are not there. Values of custom settings may be
 * secrets, and are left out.
 */
export function rolesSql({ roles, memberships, passedOver }: ServerRoles): string[] {
  const inherits = new Map(roles.map(({ name, inherit }) => [name, inherit]));
  const platform = (name: string): boolean => isPlatformRole(name) && !OWN_PREFIX.test(name);
  return [
    ...(passedOver.length === 0
      ? []
      : [`-- roles of the platform, left out: ${passedOver.map(identifierLine).join(', ')}`]),
    ...roles.map((one) => `CREATE ROLE ${identifierLine(one.name)} WITH ${attributesOf(one).join(' ')};`),
    ...roles.flatMap(({ name, comment }) =>
      comment === null ? [] : [`COMMENT ON ROLE ${identifierLine(name)} IS ${literalLine(comment)};`],
    ),
    ...roles.flatMap(({ name, settings }) => (settings ?? []).map((setting) => settingSql(name, setting))),
    ...memberships.map((one) => {
      const sql = membershipSql(one, inherits.get(one.member) ?? true);
      return platform(one.role) ? `-- a role of the platform: ${sql}` : sql;
    }),
  ];
}

function settingSql(role: string, setting: string): string {
  const at = setting.indexOf('=');
  const name = setting.slice(0, at);
  const subject = `ALTER ROLE ${identifierLine(role)} SET ${identifierLine(name)} TO`;
  if (name.includes('.')) return `-- the value may be a secret, and is not shown: ${subject} '…';`;
  return `${subject} ${settingValues(name, setting.slice(at + 1))
    .map(literalLine)
    .join(', ')};`;
}

/** Servers before 16 know no other option than ADMIN: the others are written only where they differ from what holds without them. */
function membershipSql({ role, member, admin, inherit, set }: Membership, memberInherits: boolean): string {
  const options = [
    ...(admin ? ['ADMIN OPTION'] : []),
    ...(inherit === null || inherit === memberInherits ? [] : [`INHERIT ${inherit ? 'TRUE' : 'FALSE'}`]),
    ...(set ? [] : ['SET FALSE']),
  ];
  const how = options.length === 0 ? '' : ` WITH ${options.join(', ')}`;
  return `GRANT ${identifierLine(role)} TO ${identifierLine(member)}${how};`;
}
