import * as z from 'zod';
import type { PsqlSession } from './session.js';

/** What a server and the role we log in with are like. */
export interface ServerFacts {
  /** server_version, `15.20`. */
  version: string;
  major: number;
  role: string;
  isSuperuser: boolean;
  canCreateDatabases: boolean;
  /** May create schemas in the connected database. */
  canCreateInDatabase: boolean;
  /** May create in the schema public; null when there is none. */
  canCreateInPublic: boolean | null;
  /** Slots of the shared lock table. */
  lockSlots: number;
  /** temp_file_limit in bytes; null: none. */
  tempFileLimit: number | null;
  /** maintenance_work_mem of this session. */
  maintenanceMemory: number;
  extensions: { name: string; version: string }[];
  /** Schemas, but for those of the system, and whether the role has the rights of their owner. */
  schemas: { name: string; isOwn: boolean }[];
  languages: { name: string; isOwn: boolean }[];
}

const owned = z.array(z.object({ name: z.string(), isOwn: z.boolean() }));

const serverFacts: z.ZodType<ServerFacts> = z.object({
  version: z.string(),
  major: z.int(),
  role: z.string(),
  isSuperuser: z.boolean(),
  canCreateDatabases: z.boolean(),
  canCreateInDatabase: z.boolean(),
  canCreateInPublic: z.boolean().nullable(),
  lockSlots: z.int(),
  tempFileLimit: z.int().nullable(),
  maintenanceMemory: z.int(),
  extensions: z.array(z.object({ name: z.string(), version: z.string() })),
  schemas: owned,
  languages: owned,
});

/** Asks the server that a session is connected to. */
export async function readServerFacts(session: PsqlSession): Promise<ServerFacts> {
  const [facts] = await session.query(
    `
    SELECT pg_catalog.current_setting('server_version') AS version,
      pg_catalog.current_setting('server_version_num')::pg_catalog.int4 / 10000 AS major,
      current_user AS role, r.rolsuper AS "isSuperuser", r.rolcreatedb OR r.rolsuper AS "canCreateDatabases",
      pg_catalog.has_database_privilege(pg_catalog.current_database(), 'CREATE') AS "canCreateInDatabase",
      (SELECT pg_catalog.has_schema_privilege(oid, 'CREATE') FROM pg_catalog.pg_namespace WHERE nspname = 'public') AS "canCreateInPublic",
      pg_catalog.current_setting('max_locks_per_transaction')::pg_catalog.int4
        * (pg_catalog.current_setting('max_connections')::pg_catalog.int4
          + pg_catalog.current_setting('max_prepared_transactions')::pg_catalog.int4) AS "lockSlots",
      (SELECT NULLIF(setting::pg_catalog.int8, -1) * 1024 FROM pg_catalog.pg_settings WHERE name = 'temp_file_limit') AS "tempFileLimit",
      (SELECT setting::pg_catalog.int8 * 1024 FROM pg_catalog.pg_settings WHERE name = 'maintenance_work_mem') AS "maintenanceMemory",
      (SELECT COALESCE(pg_catalog.json_agg(pg_catalog.json_build_object('name', extname, 'version', extversion)), '[]') FROM pg_catalog.pg_extension) AS extensions,
      (SELECT COALESCE(pg_catalog.json_agg(pg_catalog.json_build_object('name', nspname, 'isOwn', pg_catalog.pg_has_role(nspowner, 'USAGE')) ORDER BY nspname), '[]')
        FROM pg_catalog.pg_namespace WHERE nspname !~ '^pg_' AND nspname <> 'information_schema') AS schemas,
      (SELECT COALESCE(pg_catalog.json_agg(pg_catalog.json_build_object('name', lanname, 'isOwn', pg_catalog.pg_has_role(lanowner, 'USAGE')) ORDER BY lanname), '[]')
        FROM pg_catalog.pg_language) AS languages
    FROM pg_catalog.pg_roles r WHERE r.rolname = current_user`,
    serverFacts,
  );
  if (facts === undefined) throw new TypeError('the server told nothing about the role that we are');
  return facts;
}

/** What PostgreSQL puts into each database. */
const LANGUAGES_OF_ALL = ['c', 'internal', 'plpgsql', 'sql'];

/**
 * What a database will be like that the role makes from template0, told from the facts of another one on the same server: for
 * a plan that is made before the database is.
 */
export function factsOfNewDatabase(server: ServerFacts): ServerFacts {
  return {
    ...server,
    canCreateInDatabase: true,
    canCreateInPublic: true,
    extensions: server.extensions.filter(({ name }) => name === 'plpgsql'),
    // Since 15 it belongs to the owner of the database, before to the superuser of the beginning, as do the languages.
    schemas: [{ name: 'public', isOwn: server.major >= 15 || server.isSuperuser }],
    languages: LANGUAGES_OF_ALL.map((name) => ({ name, isOwn: server.isSuperuser })),
  };
}
