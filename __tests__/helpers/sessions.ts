import { exitError } from '../../src/postgres/exit-message.js';
import type { SessionPurpose } from '../../src/postgres/session-settings.js';
import { Sessions, type SessionOptions } from '../../src/postgres/sessions.js';
import type { Toolbox } from '../../src/postgres/toolbox.js';
import { createToolbox } from '../../src/postgres/toolbox/create-toolbox.js';
import type { DatabaseServer, Login } from '../../testbed/database-server.js';
import { NullLogger } from './memory-logger.js';

/** The tools on PATH. */
export function toolboxOnPath(): Promise<Toolbox> {
  const settings = { client: 'path' as const, container: null, image: null, runtime: 'auto' as const };
  return createToolbox(settings, { serverMajors: [], sslRootCert: null }, new NullLogger());
}

export interface TestSessionOptions {
  login?: Login;
  purpose?: SessionPurpose;
  pgOptions?: string;
}

/** Of sessions of ours on a server of the tests. */
export function sessionOptionsFor(
  server: DatabaseServer,
  database: string,
  { login = server, ...options }: TestSessionOptions = {},
): SessionOptions {
  const { host, port } = server;
  const { user, password } = login;
  return {
    connection: { host, port, user, password, database, sslMode: null, sslRootCert: null },
    applicationName: 'phaselift test',
    pgOptions: '',
    purpose: 'look',
    errorFrom: (exit) => exitError({ tool: 'psql', ...exit, side: 'target' }),
    ...options,
  };
}

/** Sessions of ours on a server of the tests, by the tools on PATH. */
export async function sessionsOn(
  server: DatabaseServer,
  database: string,
  options: TestSessionOptions = {},
): Promise<Sessions> {
  return new Sessions(await toolboxOnPath(), sessionOptionsFor(server, database, options));
}
