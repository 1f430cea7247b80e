import * as z from 'zod';
import type { TocEntry } from '../archive/types.js';
import { messageOf, PhaseliftError } from '../foundation/errors.js';
import { input, phrase } from '../foundation/text.js';
import type { PsqlSession } from '../postgres/session.js';
import type { Sessions } from '../postgres/sessions.js';
import type { Assignment, Piece } from './pieces.js';
import { copySettings, holderStatements } from './reading-session.js';
import type { RowOptions } from './row-options.js';
import { copyQuery, lockTables, type SourceTable, type TableSize } from './source-tables.js';

/**
 * The session whose snapshot all others see, and which holds the locks. It stays to the end: when it ends early, a table may
 * be truncated while it is read, and would read as empty without an error. So then the backup fails.
 */
export class SnapshotHolder {
  /** Of a statement of this session, which has ended it. */
  private ownFailure: unknown = null;

  private constructor(
    private readonly session: PsqlSession,
    private readonly options: RowOptions,
    /** As `SET TRANSACTION SNAPSHOT` and pg_dump's `--snapshot` take it. */
    readonly snapshot: string,
    private readonly serverMajor: number,
    /** When the transaction began, by the server's clock: no other one has the same. */
    private readonly begunAt: string,
  ) {}

  /** Throws what psql says of the connection; TOOL_FAILED when the server gives no snapshot. */
  static async open(sessions: Sessions, options: RowOptions, signal: AbortSignal): Promise<SnapshotHolder> {
    const session = await sessions.open();
    try {
      await endedBy(signal, session, () => session.run(holderStatements(options)));
      const exported = endedBy(signal, session, () =>
        session.query(
          'SELECT pg_catalog.pg_export_snapshot() AS snapshot, pg_catalog.now() AS "begunAt", ' +
            "pg_catalog.current_setting('server_version_num')::pg_catalog.int4 / 10000 AS major",
          z.object({ snapshot: z.string(), begunAt: z.string(), major: z.int() }),
        ),
      );
      const [row] = await exported;
      if (row === undefined) throw new PhaseliftError('INTERNAL', 'the server exported no snapshot');
      return new SnapshotHolder(session, options, row.snapshot, row.major, row.begunAt);
    } catch (error) {
      await session.kill();
      throw noSnapshot(error);
    }
  }

  /**
   * The tables of these entries, locked. Somebody may hold such a lock for long; the signal ends the wait. `sizes` by oid: what is
   * known of a table without opening its files.
   */
  async lock(
    entries: readonly TocEntry[],
    sizes: ReadonlyMap<string, TableSize>,
    signal: AbortSignal,
  ): Promise<Map<string, SourceTable>> {
    const { session, options, serverMajor } = this;
    try {
      return await endedBy(signal, session, () => lockTables(session, entries, sizes, options, serverMajor));
    } catch (error) {
      signal.throwIfAborted();
      this.ownFailure = lockFailure(error);
      throw this.ownFailure;
    }
  }

  /**
   * Reads tables whose locks only this session can have, since somebody waits to lock them for himself. Rows go to `hand`, and
   * `ended` is told of each piece that has ended.
   */
  async read(
    pieces: Assignment,
    encoding: string,
    hand: (rows: Buffer) => Promise<void>,
    ended: (piece: Piece) => void,
  ): Promise<void> {
    await this.session.run(`\\set QUIET 1\n${copySettings(encoding, this.options)}`);
    for (const piece of pieces) {
      await this.session.copyOut(`${copyQuery([piece], null)} \\gexec`, hand);
      ended(piece);
    }
  }

  /** Rejects when the session ends; it must be listened to. */
  get lost(): Promise<never> {
    return this.session.ended.then(({ error }) => {
      throw lostLocks(error);
    });
  }

  /** Throws when the transaction is not there any more, and with it the locks. */
  async check(): Promise<void> {
    const answer = this.session.query('SELECT pg_catalog.now() AS "begunAt"', z.object({ begunAt: z.string() }));
    const [row] = await answer.catch((error: unknown) => {
      throw lostLocks(error);
    });
    if (row?.begunAt !== this.begunAt) throw lostLocks(new Error('another transaction is there in its place'));
  }

  /** The loss of this session, when there is one: whatever failed then is a consequence of it. Else the failure itself. */
  async causeOf(failure: unknown): Promise<unknown> {
    if (failure === this.ownFailure) return failure;
    return this.check().then(
      () => failure,
      (lost: unknown) => lost,
    );
  }

  async close(): Promise<void> {
    await this.session.close();
  }

  async kill(): Promise<void> {
    await this.session.kill();
  }
}

/** Does the work; when the signal aborts the session ends, and with it the wait, and the signal's reason is thrown. */
async function endedBy<T>(signal: AbortSignal, session: PsqlSession, work: () => Promise<T>): Promise<T> {
  const end = (): void => void session.kill();
  signal.throwIfAborted();
  signal.addEventListener('abort', end);
  try {
    return await work();
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  } finally {
    signal.removeEventListener('abort', end);
  }
}

/** SQLSTATE of a table, or its schema, that is not there any more. */
const GONE: ReadonlySet<string> = new Set(['42P01', '3F000']);

function lockFailure(error: unknown): unknown {
  if (!(error instanceof PhaseliftError) || error.sqlState === undefined) return error;
  const details = { sqlState: error.sqlState, object: error.object, cause: error };
  const message = `the tables could not be locked for the backup: ${error.reason}`;
  const hint = GONE.has(error.sqlState)
    ? 'A table was dropped just after the backup had begun: run it again.'
    : error.hintText;
  return new PhaseliftError(error.code, message, { ...details, hint });
}

function lostLocks(error: unknown): PhaseliftError {
  const own = error instanceof PhaseliftError ? error : null;
  const reason = own === null ? messageOf(error) : own.reason;
  return new PhaseliftError(
    own?.code ?? 'TOOL_FAILED',
    `the session that holds the backup's snapshot and its locks has ended: ${reason}`,
    {
      hint: 'Without the locks tables could change while they are read: run the backup again.',
      sqlState: own?.sqlState,
      cause: error,
    },
  );
}

/** SQLSTATEs of servers that give no snapshot to others: a feature that is not there, or not allowed. */
const REFUSALS: ReadonlySet<string> = new Set(['0A000', '25001', '55000', '22023', '42704', '42883', '42501']);

/** What a pooler between us and the server makes of a snapshot is an error of the snapshot. */
export function noSnapshot(error: unknown): unknown {
  if (!(error instanceof PhaseliftError) || error.sqlState === undefined || !REFUSALS.has(error.sqlState)) return error;
  return new PhaseliftError(
    'CONNECTION',
    `the server does not let several sessions share a snapshot: ${error.reason}`,
    {
      sqlState: error.sqlState,
      cause: error,
      hint: phrase`Connect to the server itself and not through a pooler, or read with one reader: ${input('dump-jobs', 1)}.`,
    },
  );
}
