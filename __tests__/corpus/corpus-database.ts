import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { startPostgres, type PostgresServer } from '../../testbed/postgres.js';
import type { Major } from '../../testbed/postgres-programs.js';

const FOLDER = join(import.meta.dirname, 'sql');
/** Of the server, not of a database. */
const ROLES = '00-roles.sql';
/** What the statements of the corpus need of a server. */
const SETTINGS = { allow_in_place_tablespaces: 'on', wal_level: 'logical' };

/** A server of its own, as the corpus has roles, tablespaces and subscriptions, with the roles in it. */
export async function startCorpusServer(version: Major): Promise<PostgresServer> {
  const server = await startPostgres({ version, settings: SETTINGS });
  await server.psql('postgres', read(ROLES));
  return server;
}

/** Makes the database with at least one of each kind of object that pg_dump of the server's version can dump. */
export async function makeCorpus(server: PostgresServer, version: Major, name = 'corpus'): Promise<string> {
  await server.psql('postgres', `CREATE DATABASE ${name} TEMPLATE template0`);
  // Each in a session of its own: they set search_path.
  for (const file of corpusFiles(version)) await server.psql(name, read(file));
  return name;
}

/** The files in their order; one that needs a newer server says so in its first line. */
export function corpusFiles(version: Major): string[] {
  const files = readdirSync(FOLDER).sort();
  return files.filter(
    (file) => file !== ROLES && version >= Number(/^-- From PostgreSQL (\d+) on/.exec(read(file))?.[1] ?? 0),
  );
}

function read(file: string): string {
  return readFileSync(join(FOLDER, file), 'utf8');
}
