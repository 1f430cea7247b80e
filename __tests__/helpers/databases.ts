import { randomUUID } from 'node:crypto';
import type { DatabaseServer, Login } from '../../testbed/database-server.js';

export { dumpText } from '../../testbed/dump-text.js';

/** An SQL identifier, quoted. */
export function quoteIdentifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/**
 * Makes a database and runs SQL in it. Without a name it gets one of its own, so that tests can share a server.
 * Returns the name.
 */
export async function createDatabase(
  server: DatabaseServer,
  { name = uniqueName('db'), sql = '', owner }: { name?: string; sql?: string; owner?: Login } = {},
): Promise<string> {
  const belongsTo = owner === undefined ? '' : ` OWNER ${quoteIdentifier(owner.user)}`;
  await server.psql('postgres', `CREATE DATABASE ${quoteIdentifier(name)}${belongsTo} TEMPLATE template0;`);
  if (sql !== '') await server.psql(name, sql, owner);
  return name;
}

/** Removes a database, with sessions that are still in it. */
export async function dropDatabase(server: DatabaseServer, name: string): Promise<void> {
  await server.psql('postgres', `DROP DATABASE IF EXISTS ${quoteIdentifier(name)} WITH (FORCE);`);
}

/**
 * Makes a role that may log in, is no superuser, and has no other right than those asked for (`attributes`, for example
 * `CREATEDB`): what a managed server gives its users.
 */
export async function createRole(
  server: DatabaseServer,
  { name = uniqueName('role'), attributes = '' }: { name?: string; attributes?: string } = {},
): Promise<Login> {
  const password = `pw of ${name} @:/%`;
  await server.psql('postgres', `CREATE ROLE ${quoteIdentifier(name)} LOGIN PASSWORD '${password}' ${attributes};`);
  return { user: name, password };
}

/** A name that no other test uses. */
export function uniqueName(prefix: string): string {
  return `${prefix}_${randomUUID().replaceAll('-', '').slice(0, 12)}`;
}
