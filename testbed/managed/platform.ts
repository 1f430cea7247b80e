import type { DatabaseServer, Login } from '../database-server.js';

/**
 * What marks a managed platform, as far as a plain server can show it: roles, databases, and what is in a database that a user has
 * just been given. What platforms have changed in PostgreSQL itself (who may create which extension, for one) cannot be shown.
 */
export interface Platform {
  name: string;
  /** The most that its users can have. */
  administrator: Login;
  /** Roles and databases of the platform; to be run once, as superuser, in `postgres`. */
  serverSql: string;
  /** Databases that only the platform may use. */
  databases: readonly string[];
  /** An extension that only the platform may create, and that is in each database. */
  extension: string | null;
  /** What it puts into each database; `owner` is the role's name as SQL. To be run as superuser. */
  databaseSql(owner: string): string;
}

/** A password that needs care on its way. */
export const PASSWORD = "it's 100% $HOME:/@";

/** As SQL. */
export const PASSWORD_SQL = `'${PASSWORD.replaceAll("'", "''")}'`;

/** Makes a database as the platform would hand it to `owner`. */
export async function handOver(
  server: DatabaseServer,
  platform: Platform,
  database: string,
  owner: string,
): Promise<void> {
  const [name, role] = [database, owner].map((one) => `"${one.replaceAll('"', '""')}"`);
  await server.psql('postgres', `CREATE DATABASE ${name ?? ''} OWNER ${role ?? ''} TEMPLATE template0;`);
  await server.psql(database, platform.databaseSql(role ?? ''));
}
