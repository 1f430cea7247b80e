import { join } from 'node:path';
import { runProgram } from './run-program.js';

/** Who logs in. */
export interface Login {
  user: string;
  password: string;
}

/** A PostgreSQL server that is up, whoever started it. */
export interface DatabaseServer extends Login {
  readonly host: string;
  readonly port: number;
  /** The directory of the server's own programs: psql, pg_dump, pg_restore and the others. */
  readonly programs: string;
  /** `postgres://user:password@host:port/database`, of the superuser if no other is given. */
  url(database: string, login?: Login): string;
  /** The PG* environment that leads psql and its sisters to a database. */
  environment(database: string, login?: Login): Record<string, string>;
  /** Runs SQL, stops at the first error (which it throws), and returns the rows: a line each, columns parted by `|`. */
  psql(database: string, sql: string, login?: Login): Promise<string>;
}

/** The server at a `postgres://` address; `programs` is where its psql is. */
export function databaseServerAt(address: string, programs: string): DatabaseServer {
  const { hostname: host, port, username, password } = new URL(address);
  const server: DatabaseServer = {
    host,
    port: Number(port),
    user: decodeURIComponent(username),
    password: decodeURIComponent(password),
    programs,
    url(database, { user, password } = server) {
      const login = `${encodeURIComponent(user)}:${encodeURIComponent(password)}`;
      return `postgres://${login}@${host}:${port}/${encodeURIComponent(database)}`;
    },
    environment(database, { user, password } = server) {
      return { PGHOST: host, PGPORT: port, PGUSER: user, PGPASSWORD: password, PGDATABASE: database };
    },
    async psql(database, sql, login) {
      const args = ['-X', '-q', '-A', '-t', '-v', 'ON_ERROR_STOP=1', '-f', '-'];
      const env = server.environment(database, login);
      return (await runProgram(join(programs, 'psql'), args, { input: sql, env })).trimEnd();
    },
  };
  return server;
}
