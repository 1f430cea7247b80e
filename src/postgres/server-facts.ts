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
  extensions: { name: string; version: string }[];
}

export async function readServerFacts(session: PsqlSession): Promise<ServerFacts> {
  const [facts] = await session.query<ServerFacts>(`
    SELECT current_setting('server_version') AS version, current_setting('server_version_num')::int / 10000 AS major,
      current_user AS role, r.rolsuper AS "isSuperuser", r.rolcreatedb OR r.rolsuper AS "canCreateDatabases",
      has_database_privilege(current_database(), 'CREATE') AS "canCreateInDatabase",
      (SELECT has_schema_privilege(oid, 'CREATE') FROM pg_catalog.pg_namespace WHERE nspname = 'public') AS "canCreateInPublic",
      current_setting('max_locks_per_transaction')::int
        * (current_setting('max_connections')::int + current_setting('max_prepared_transactions')::int) AS "lockSlots",
      (SELECT coalesce(json_agg(json_build_object('name', extname, 'version', extversion)), '[]') FROM pg_catalog.pg_extension) AS extensions
    FROM pg_catalog.pg_roles r WHERE r.rolname = current_user`);
  if (facts === undefined) throw new TypeError('the server told nothing about the role that we are');
  return facts;
}
