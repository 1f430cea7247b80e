import type { PhaseliftError } from '../errors.js';
import { connectionEnv, KEEPALIVE_CONNINFO, type Connection } from './connection.js';
import { literal } from './sql.js';
import { PsqlSession } from './session.js';
import type { Toolbox, ToolExit } from './toolbox.js';

export interface SessionOptions {
  connection: Connection;
  applicationName: string;
  pgOptions: string;
  /** Makes the error of a psql that ended. */
  errorFrom: (exit: ToolExit) => PhaseliftError;
}

/**
 * Settings that every session of ours makes, where the server knows them: long sessions through NAT stay alive, the
 * server notices soon when we are gone, and a database or role whose transactions only read by default can be restored
 * into.
 */
const SESSION_SETTINGS: Readonly<Record<string, string>> = {
  tcp_keepalives_idle: '10',
  tcp_keepalives_interval: '10',
  tcp_keepalives_count: '60',
  client_connection_check_interval: '10s',
  idle_session_timeout: '0',
  idle_in_transaction_session_timeout: '0',
  transaction_timeout: '0',
  default_transaction_read_only: 'off',
};

/**
 * A database in SQL_ASCII may have names in any encoding, even in several. To a client in UTF8 the server refuses to tell
 * those that are not UTF-8; to one in SQL_ASCII it tells all, byte by byte.
 */
const TELL_ALL_NAMES =
  "SELECT pg_catalog.set_config('client_encoding', 'SQL_ASCII', false) WHERE pg_catalog.current_setting('server_encoding') = 'SQL_ASCII';";

/** A host that swallows packets is an error after this, not after the minutes that TCP takes. */
export const CONNECT_TIMEOUT_SECONDS = 30;

const PSQL_ARGS = [
  '-X',
  '-w',
  '-A',
  '-t',
  '-v',
  'ON_ERROR_STOP=1',
  '-v',
  'VERBOSITY=verbose',
  '-d',
  KEEPALIVE_CONNINFO,
];

/** Opens psql sessions on one database. */
export class Sessions {
  constructor(
    private readonly toolbox: Toolbox,
    readonly options: SessionOptions,
  ) {}

  /** Connects, throws the connection's error. */
  async open(): Promise<PsqlSession> {
    const { connection, applicationName, pgOptions, errorFrom } = this.options;
    const tool = this.toolbox.start('psql', {
      args: [...PSQL_ARGS, '-f', '-'],
      // Our own statements are UTF-8; the text that pg_restore makes says its own encoding.
      env: {
        ...connectionEnv(connection, { applicationName, pgOptions, connectTimeoutSeconds: CONNECT_TIMEOUT_SECONDS }),
        PGCLIENTENCODING: 'UTF8',
      },
      input: 'pipe',
    });
    const session = new PsqlSession(tool, errorFrom);
    const values = Object.entries(SESSION_SETTINGS).map(([name, value]) => `(${literal(name)}, ${literal(value)})`);
    await session.run(
      `SELECT count(pg_catalog.set_config(w.name, w.value, false)) FROM (VALUES ${values.join(', ')}) AS w (name, value) ` +
        `JOIN pg_catalog.pg_settings s ON s.name = w.name;\n${TELL_ALL_NAMES}`,
    );
    return session;
  }

  /** A session for the time of one piece of work. */
  async use<T>(work: (session: PsqlSession) => Promise<T>): Promise<T> {
    const session = await this.open();
    try {
      return await work(session);
    } finally {
      await session.close();
    }
  }
}
