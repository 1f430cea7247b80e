import { randomInt } from 'node:crypto';
import * as z from 'zod';
import type { TocEntry } from '../archive/types.js';
import { messageOf, PhaseliftError } from '../foundation/errors.js';
import type { Logger } from '../foundation/logger.js';
import { input, joined, phrase } from '../foundation/text.js';
import type { RestoreSettings } from '../inputs/settings.js';
import { applicationName } from '../postgres/application-name.js';
import type { Connection } from '../postgres/connection.js';
import { foreignObjects } from '../postgres/contents.js';
import { createDatabaseSql } from '../postgres/create-database.js';
import { exitError } from '../postgres/exit-message.js';
import { readServerFacts, type ServerFacts } from '../postgres/server-facts.js';
import { MAINTENANCE_DATABASES, readServerDatabases } from '../postgres/server-databases.js';
import type { PsqlSession } from '../postgres/session.js';
import type { SessionPurpose } from '../postgres/session-settings.js';
import { Sessions } from '../postgres/sessions.js';
import { identifierLine, literal } from '../postgres/sql.js';
import type { Toolbox } from '../postgres/toolbox.js';
import { namesInstead } from './names-instead.js';

const DUPLICATE_DATABASE = '42P04';
/** Two CREATE DATABASE at the very same time meet in the catalog's index only. */
const UNIQUE_VIOLATION = '23505';

/**
 * A database that a run makes carries a mark from its first moment on: a limit of connections that no server reaches, drawn
 * at random. Whoever begins a restore takes the mark off, in the transaction that makes the journal. So as long as it is
 * there nobody has used the database, and the run that made it may take it back.
 */
const FIRST_MARK = 2 ** 30;
const UNMARKED = -1;

/** The database to restore into, with the control session, which lives as long as the restore. */
export interface Target {
  session: PsqlSession;
  /** As of when the session was opened; to be read again once the lock is held. */
  facts: ServerFacts;
  /** The mark of the database when this run made it; null when it was there. */
  mark: number | null;
}

/** Opens and, where it is missing, creates the target. */
export class TargetDatabase {
  /** Every session that works for the restore carries this name, so that a later run finds those of a dead one. */
  readonly applicationName: string;
  private readonly connection: Connection;

  constructor(
    private readonly settings: RestoreSettings,
    private toolbox: Toolbox,
    private readonly log: Pick<Logger, 'warning'>,
  ) {
    this.connection = settings.target;
    this.applicationName = applicationName('phaselift restore', settings.database);
  }

  get name(): string {
    return `${this.connection.host}:${this.connection.port}/${this.connection.database}`;
  }

  /** Sessions opened from now on use these tools. */
  useToolbox(toolbox: Toolbox): void {
    this.toolbox = toolbox;
  }

  /** Sessions of the workers. */
  sessions(): Sessions {
    return this.sessionsOf(this.connection.database, this.applicationName, 'apply');
  }

  private sessionsOf(database: string, applicationName: string, purpose: SessionPurpose): Sessions {
    return new Sessions(this.toolbox, {
      connection: { ...this.connection, database },
      applicationName,
      pgOptions: this.settings.pgOptions,
      purpose,
      errorFrom: (exit) => exitError({ tool: 'psql', ...exit, side: 'target' }),
    });
  }

  /** A control session in the place of one that was lost. */
  reopen(): Promise<PsqlSession> {
    return this.control(this.connection.database).open();
  }

  /** null when the server is there and the database is not. Throws CONNECTION for everything else. */
  async open(): Promise<Target | null> {
    try {
      return await this.connect(null);
    } catch (error) {
      const exists = await this.exists();
      if (exists === null) throw error; // The first error says more.
      // Another run may have made it between the two questions.
      return exists ? this.connect(null) : null;
    }
  }

  /** What the server is like, of a database that is still to be made. Throws CHECKS when the role may not make it. */
  async checkMayBeCreated(): Promise<ServerFacts> {
    const facts = await this.maintain((session) => readServerFacts(session));
    if (facts.canCreateDatabases) return facts;
    const { databases } = await this.maintain(readServerDatabases);
    const names = namesInstead(
      this.connection.database,
      databases.map(({ name }) => name),
    );
    throw new PhaseliftError(
      'CHECKS',
      `the target database ${this.connection.database} does not exist, and the role ${facts.role} may not create databases`,
      {
        object: this.connection.database,
        hint: joined(
          [
            `As an administrator run one of these, then run again.${names === '' ? '' : ` The server has ${names}.`}`,
            `CREATE DATABASE ${identifierLine(this.connection.database)} OWNER ${identifierLine(facts.role)} TEMPLATE template0;`,
            `ALTER ROLE ${identifierLine(facts.role)} CREATEDB;`,
          ],
          '\n',
        ),
      },
    );
  }

  /** Asks the server itself, where the database is still to be made. */
  async askServer<T>(work: (session: PsqlSession, facts: ServerFacts) => Promise<T>): Promise<T> {
    return this.maintain(async (session) => work(session, await readServerFacts(session)));
  }

  /** Throws TARGET_BUSY when another run has made it meanwhile. */
  async create(entries: readonly TocEntry[]): Promise<Target> {
    const mark = randomInt(FIRST_MARK, 2 ** 31);
    await this.maintain(async (session) => {
      const facts = await readServerFacts(session);
      try {
        await session.run(createDatabaseSql(entries, this.connection.database, facts.major, mark));
      } catch (error) {
        throw error instanceof PhaseliftError ? this.notCreated(error) : error;
      }
    });
    return this.connect(mark);
  }

  /** Throws TARGET_NOT_EMPTY when another run has restored into a database that this one has made. */
  async checkIsUnused({ session, mark }: Target): Promise<void> {
    if (mark === null) return;
    const marked = await session.query(
      `SELECT 1 FROM pg_catalog.pg_database d WHERE d.datname = pg_catalog.current_database() AND d.datconnlimit = ${mark}`,
      z.unknown(),
    );
    if (marked.length > 0) return;
    const { database } = this.connection;
    throw new PhaseliftError(
      'TARGET_NOT_EMPTY',
      `another run has restored into the target database ${database} since this one made it`,
      { object: database, hint: phrase`That restore stays. Name another ${input('target-database')} for this one.` },
    );
  }

  /**
   * Another restore ends the sessions of one that gives no sign of life. Where it has used the database that this run made since,
   * that is why this one failed; else it is the failure itself.
   */
  async causeOf(failure: unknown, { mark }: Target): Promise<unknown> {
    const isEnded = failure instanceof PhaseliftError && failure.code === 'CONNECTION';
    if (mark === null || !isEnded) return failure;
    try {
      const again = await this.connect(mark);
      await this.checkIsUnused(again).finally(() => again.session.close());
      return failure;
    } catch (error) {
      return error instanceof PhaseliftError && error.code === 'TARGET_NOT_EMPTY' ? error : failure;
    }
  }

  /**
   * Takes back `create`, when nothing is to be done after all; closes the target. A database in which there is something by
   * now stays, as does one that another run has begun to use. So does one in which somebody is connected: the server
   * refuses to drop it. Never throws, as it must not hide what made it necessary.
   */
  async takeBack({ session, mark }: Target): Promise<void> {
    if (mark === null || session.state.kind === 'ended') return;
    try {
      if ((await foreignObjects(session, 1)).length > 0) return;
      await session.close();
      await this.maintain((other) =>
        other.run(
          "SELECT 'DROP DATABASE ' || pg_catalog.quote_ident(d.datname) FROM pg_catalog.pg_database d " +
            `WHERE d.datname = ${literal(this.connection.database)} AND d.datconnlimit = ${mark} \\gexec`,
        ),
      );
    } catch (error) {
      this.log.warning(`the empty database ${this.connection.database} that was made stays: ${messageOf(error)}`);
    }
  }

  /** The statement with which a restore into this target begins: it takes the mark off; empty where there is none. */
  async unmarking({ session }: Target): Promise<string> {
    const [marked] = await session.query(
      'SELECT pg_catalog.quote_ident(d.datname) AS name FROM pg_catalog.pg_database d ' +
        `WHERE d.datname = pg_catalog.current_database() AND d.datconnlimit >= ${FIRST_MARK} AND pg_catalog.pg_has_role(d.datdba, 'USAGE')`,
      z.object({ name: z.string() }),
    );
    return marked === undefined ? '' : `ALTER DATABASE ${marked.name} CONNECTION LIMIT ${UNMARKED};`;
  }

  private notCreated(cause: PhaseliftError): PhaseliftError {
    const { database } = this.connection;
    if (cause.sqlState === DUPLICATE_DATABASE || cause.sqlState === UNIQUE_VIOLATION) {
      return new PhaseliftError('TARGET_BUSY', `another run has made the target database ${database} meanwhile`, {
        object: database,
        sqlState: cause.sqlState,
        hint: 'Wait for that run to end; run again if it failed.',
        cause,
      });
    }
    return new PhaseliftError(cause.code, `the target database ${database} could not be created: ${cause.reason}`, {
      object: database,
      sqlState: cause.sqlState,
      hint:
        cause.hintText ??
        'Create it yourself, from template0, with an encoding and a locale that the server has; then run again.',
      cause,
    });
  }

  private async connect(mark: number | null): Promise<Target> {
    const session = await this.control(this.connection.database).open();
    try {
      return { session, facts: await readServerFacts(session), mark };
    } catch (error) {
      await session.kill();
      throw error;
    }
  }

  private control(database: string): Sessions {
    const purpose = this.settings.dryRun ? 'read' : 'look';
    return this.sessionsOf(database, applicationName('phaselift control', this.settings.database), purpose);
  }

  /** null when it cannot be asked. */
  private async exists(): Promise<boolean | null> {
    try {
      const rows = await this.maintain((session) =>
        session.query(
          `SELECT 1 FROM pg_catalog.pg_database WHERE datname = ${literal(this.connection.database)}`,
          z.unknown(),
        ),
      );
      return rows.length > 0;
    } catch {
      return null;
    }
  }

  private async maintain<T>(work: (session: PsqlSession) => Promise<T>): Promise<T> {
    let failure: unknown;
    for (const database of MAINTENANCE_DATABASES) {
      let session: PsqlSession;
      try {
        session = await this.control(database).open();
      } catch (error) {
        failure ??= error;
        continue;
      }
      try {
        return await work(session);
      } finally {
        await session.close();
      }
    }
    throw failure;
  }
}
