import type { TocEntry } from '../archive/types.js';
import { PhaseliftError } from '../errors.js';
import type { RestoreSettings } from '../inputs/settings.js';
import type { SelectionOptions } from '../plan/selection.js';
import type { Connection } from '../postgres/connection.js';
import { createDatabaseSql } from '../postgres/create-database.js';
import { readServerFacts, type ServerFacts } from '../postgres/server-facts.js';
import type { PsqlSession } from '../postgres/session.js';
import { Sessions } from '../postgres/sessions.js';
import { identifier, literal } from '../postgres/sql.js';
import type { Toolbox } from '../postgres/toolbox.js';
import { exitError } from '../process/exit-message.js';

/** Databases that are there on nearly every server, to ask for others from. */
const MAINTENANCE_DATABASES = ['postgres', 'template1'];
const APPLICATION_NAME_BYTES = 63;

/** The database to restore into, with the control session, which lives as long as the restore. */
export interface Target {
  session: PsqlSession;
  facts: ServerFacts;
  /** True when this run made the database. */
  created: boolean;
}

/** Opens and, where it is missing, creates the target. */
export class TargetDatabase {
  /** Every session that works for the restore carries this name, so that a later run finds those of a dead one. */
  readonly applicationName: string;
  private readonly connection: Connection;

  constructor(
    private readonly settings: RestoreSettings,
    private toolbox: Toolbox,
  ) {
    this.connection = settings.target;
    this.applicationName = cut(`phaselift restore ${settings.database}`, APPLICATION_NAME_BYTES);
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
    return this.sessionsOf(this.connection.database, this.applicationName);
  }

  private sessionsOf(database: string, applicationName: string): Sessions {
    return new Sessions(this.toolbox, {
      connection: { ...this.connection, database },
      applicationName,
      pgOptions: this.settings.pgOptions,
      errorFrom: (exit) => exitError({ tool: 'psql', ...exit, side: 'target' }),
    });
  }

  /** null when the server is there and the database is not. Throws CONNECTION for everything else. */
  async open(): Promise<Target | null> {
    try {
      return await this.connect(false);
    } catch (error) {
      if (await this.isMissing()) return null;
      throw error;
    }
  }

  /** What the server lets us do, for a database that is still to be made. Throws when the role may not make it. */
  async checkMayBeCreated(): Promise<void> {
    const facts = await this.maintain((session) => readServerFacts(session));
    if (facts.canCreateDatabases) return;
    throw new PhaseliftError(
      'CHECKS',
      `the target database ${this.connection.database} does not exist, and the role ${facts.role} may not create databases`,
      {
        object: this.connection.database,
        hint: 'Create it from template0, or give the role CREATEDB, then run again.',
      },
    );
  }

  async create(entries: readonly TocEntry[]): Promise<Target> {
    await this.maintain(async (session) => {
      const facts = await readServerFacts(session);
      try {
        await session.run(createDatabaseSql(entries, this.connection.database, facts.major));
      } catch (error) {
        throw error instanceof PhaseliftError ? this.notCreated(error) : error;
      }
    });
    return this.connect(true);
  }

  /** Takes back `create`, when checks say that nothing should be done. */
  async drop(target: Target): Promise<void> {
    await target.session.close();
    await this.maintain((session) => session.run(`DROP DATABASE ${identifier(this.connection.database)};`));
  }

  private notCreated(cause: PhaseliftError): PhaseliftError {
    const { database } = this.connection;
    const reason = cause.message.replace(/^psql failed \(exit 3\): /, '');
    return new PhaseliftError(cause.code, `the target database ${database} could not be created: ${reason}`, {
      object: database,
      sqlState: cause.sqlState,
      hint:
        cause.hint ??
        'Run again if another run has made it meanwhile; else create it yourself, from template0, with an encoding and a locale that the server has; then run again.',
      cause,
    });
  }

  private async connect(created: boolean): Promise<Target> {
    const session = await this.control(this.connection.database).open();
    try {
      return { session, facts: await readServerFacts(session), created };
    } catch (error) {
      await session.kill();
      throw error;
    }
  }

  private control(database: string): Sessions {
    return this.sessionsOf(database, cut(`phaselift control ${this.settings.database}`, APPLICATION_NAME_BYTES));
  }

  private async isMissing(): Promise<boolean> {
    try {
      const rows = await this.maintain((session) =>
        session.query(`SELECT 1 FROM pg_catalog.pg_database WHERE datname = ${literal(this.connection.database)}`),
      );
      return rows.length === 0;
    } catch {
      return false; // The first error says more.
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

/** What of an archive is restored, as far as settings and target decide it. */
export function selectionOptions(settings: RestoreSettings, facts: ServerFacts): SelectionOptions {
  return {
    skipEntries: settings.skipEntries,
    keepSubscriptions: settings.keepSubscriptions,
    keepPrivileges: settings.keepPrivileges,
    targetIsSuperuser: facts.isSuperuser,
    targetMajor: facts.major,
    installedExtensions: new Set(facts.extensions.map((extension) => extension.name)),
  };
}

function cut(text: string, bytes: number): string {
  let short = text;
  while (Buffer.byteLength(short) > bytes) short = short.slice(0, -1);
  return short;
}
