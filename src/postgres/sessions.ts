import pMap from 'p-map';
import type { PhaseliftError } from '../foundation/errors.js';
import { connectionEnv, conninfo, type Connection } from './connection.js';
import { PsqlSession } from './session.js';
import { openingStatements, type SessionPurpose } from './session-settings.js';
import type { RunningTool, StartOptions, Toolbox, ToolExit } from './toolbox.js';

export interface SessionOptions {
  connection: Connection;
  applicationName: string;
  pgOptions: string;
  purpose: SessionPurpose;
  /** Makes the error of a psql that ended. */
  errorFrom: (exit: ToolExit) => PhaseliftError;
}

/** A host that swallows packets is an error after this, not after the minutes that TCP takes. */
export const CONNECT_TIMEOUT_SECONDS = 30;

const PSQL_ARGS = ['-X', '-w', '-A', '-t', '-v', 'ON_ERROR_STOP=1', '-v', 'VERBOSITY=verbose'];

/** Opens psql sessions on one database. */
export class Sessions {
  constructor(
    private readonly toolbox: Toolbox,
    readonly options: SessionOptions,
  ) {}

  /** Connects, throws the connection's error. */
  async open(): Promise<PsqlSession> {
    const session = new PsqlSession(this.start(), this.options.errorFrom);
    await session.run(this.opening);
    return session;
  }

  /** A psql that reads statements from its stdin, for who reads its output by himself; `opening` is to be its first. */
  start(more: Pick<StartOptions, 'writesMuch'> = {}): RunningTool {
    const { connection, applicationName, pgOptions } = this.options;
    return this.toolbox.start('psql', {
      args: [...PSQL_ARGS, '-d', conninfo(connection), '-f', '-'],
      // Our own statements are UTF-8; the text that pg_restore makes says its own encoding.
      env: {
        ...connectionEnv(connection, {
          tool: 'psql',
          applicationName,
          pgOptions,
          connectTimeoutSeconds: CONNECT_TIMEOUT_SECONDS,
        }),
        PGCLIENTENCODING: 'UTF8',
      },
      input: 'pipe',
      ...more,
    });
  }

  /** The statements that each session begins with. */
  get opening(): string {
    return openingStatements(this.options.purpose);
  }

  /** The same sessions for another purpose. */
  for(purpose: SessionPurpose): Sessions {
    return new Sessions(this.toolbox, { ...this.options, purpose });
  }

  /**
   * Works through items in their order, so many at a time. Each session is used again for the next item; all of them are closed
   * in the end. Throws the first error, after which no further item is begun, and the signal's reason when that aborts.
   */
  async useForEach<T>(
    items: readonly T[],
    sessions: number,
    signal: AbortSignal,
    work: (item: T, session: PsqlSession) => Promise<void>,
  ): Promise<void> {
    const begun: Promise<PsqlSession>[] = [];
    const idle: PsqlSession[] = [];
    const open = (): Promise<PsqlSession> => {
      const session = this.open();
      begun.push(session);
      return session;
    };
    const one = async (item: T): Promise<void> => {
      const session = idle.pop() ?? (await open());
      await work(item, session);
      idle.push(session);
    };
    try {
      await pMap(items, one, { concurrency: sessions, signal });
    } finally {
      // Also those that are only coming up while another one has failed.
      const ends = begun.map((opening) =>
        opening.then(
          (session) => session.close(),
          () => undefined,
        ),
      );
      await Promise.all(ends);
    }
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
