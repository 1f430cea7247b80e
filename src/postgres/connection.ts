import type { Text } from '../foundation/text.js';
import { sessionOptions } from './session-settings.js';

/** How to reach one database. Secrets travel in the environment of the tools only. */
export interface Connection {
  host: string;
  port: number;
  user: string;
  password: string | null;
  database: string;
  /** libpq's word, or null for libpq's default. */
  sslMode: string | null;
  /** Path of a PEM file on the runner, or `system`, or null. */
  sslRootCert: string | null;
  /** What a connection URL asks for beyond that. */
  parameters?: ConnectionParameters;
}

/** Of libpq's parameters those that a URL may have; see `urlParameters`. */
export interface ConnectionParameters {
  /** By libpq's key words: words and numbers, no secrets, no files. */
  words: Readonly<Record<string, string>>;
  /** Files of the runner, by libpq's environment variables: PGSSLCERT, PGSSLKEY, PGSSLCRL. */
  files: Readonly<Record<string, string>>;
  /** Server settings and what proxies read (`endpoint=…`), as PGOPTIONS; may be empty. */
  options: string;
  /** Names of parameters that are not used, and why. */
  ignored: readonly { name: string; reason: Text }[];
}

/** What a session says of itself and of its settings. */
export interface SessionIdentity {
  /** Names the run, so that its sessions can be found in the server: printable ASCII, see application-name.ts. */
  applicationName: string;
  /** Which tool makes the session. */
  tool: 'psql' | 'pg_dump';
  /** As PGOPTIONS, of the user: `-c work_mem=64MB`. What has to hold is added. */
  pgOptions: string;
  /** Seconds for each address of the host; libpq's default is to wait without limit. */
  connectTimeoutSeconds?: number;
}

/** Long sessions through NAT and load balancers stay alive. */
const KEEPALIVES = { keepalives: '1', keepalives_idle: '10', keepalives_interval: '10', keepalives_count: '60' };

/**
 * To be given to psql and pg_dump as `-d`: TCP keepalives have no environment variable, and what a URL asks for is not to be
 * passed over by an older libpq. It names no database, so libpq takes that from PGDATABASE, where nothing is expanded (an
 * argument `host=…` would be taken for a connection string).
 */
export function conninfo(connection: Connection): string {
  const words: Record<string, string> = { ...KEEPALIVES, ...connection.parameters?.words };
  return Object.entries(words)
    .map(([name, value]) => `${name}=${/^[\w.-]+$/.test(value) ? value : `'${value.replace(/['\\]/g, '\\$&')}'`}`)
    .join(' ');
}

/**
 * The environment that leads libpq to the database. The client encoding is left alone: archives have their own. What is null
 * stays with libpq's default.
 */
export function connectionEnv(connection: Connection, session: SessionIdentity): Record<string, string> {
  const variables: Record<string, string | null> = {
    PGHOST: connection.host,
    PGPORT: String(connection.port),
    PGUSER: connection.user,
    PGPASSWORD: connection.password,
    PGDATABASE: connection.database,
    PGSSLMODE: connection.sslMode,
    PGSSLROOTCERT: connection.sslRootCert,
    PGAPPNAME: session.applicationName,
    PGOPTIONS: sessionOptions(
      [connection.parameters?.options ?? '', session.pgOptions].filter((text) => text !== '').join(' '),
      session.tool,
    ),
    PGCONNECT_TIMEOUT: session.connectTimeoutSeconds === undefined ? null : String(session.connectTimeoutSeconds),
  };
  const given: Record<string, string> = {};
  for (const [name, value] of Object.entries(variables)) if (value !== null) given[name] = value;
  return { ...given, ...connection.parameters?.files };
}
