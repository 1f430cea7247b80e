import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { PhaseliftError } from '../foundation/errors.js';
import type { Halves } from '../plan/halves.js';
import type { IndexStrategy } from '../plan/index-strategy.js';
import type { Unit } from '../plan/unit.js';
import { settingStatements } from '../plan/unit-settings.js';
import { exitError } from '../postgres/exit-message.js';
import { writesFence } from '../postgres/restore-args.js';
import type { PsqlSession } from '../postgres/session.js';
import type { RunningTool, Toolbox } from '../postgres/toolbox.js';
import { beginUnit, divideUnit, finishedUnit, recordUnit } from './journal.js';
import type { FinishedUnit } from './journal-format.js';
import type { OpenArchive } from './open-archive.js';
import { checkRows } from './row-check.js';
import { unitArchive } from './unit-archive.js';
import { unitSqlError } from './unit-error.js';
import { goesAsRows, unitRows } from './unit-rows.js';
import { UnitText } from './unit-text.js';

export interface UnitRunnerOptions {
  toolbox: Toolbox;
  archive: OpenArchive;
  /** Arguments of pg_restore besides `--file=-`. */
  restoreArgs: readonly string[];
  serverMajor: number;
  /** Throws when, in the server, the restore does not hold its lock any more. */
  proveLock: (session: PsqlSession) => Promise<void>;
  /** What the plan was made by, for the advice when a statement fails. */
  indexStrategy: IndexStrategy;
  signal: AbortSignal;
  /** Less than 0 for what comes again. */
  onBytes: OnBytes;
}

type OnBytes = (bytes: number) => void;

interface Applied {
  bytes: number;
  /** What psql wrote: command tags, COPY's among them. */
  lines: string[];
}

/** Applies one unit in one transaction, together with its row in the journal. */
export class UnitRunner {
  constructor(private readonly options: UnitRunnerOptions) {}

  /**
   * What was done, now or by an attempt of which only the server knows that it came to its end; null when the journal has nothing
   * of that. A session in which this throws is over.
   */
  async run(unit: Unit, session: PsqlSession): Promise<FinishedUnit | null> {
    const startedAt = performance.now();
    let seen = 0;
    const onBytes = (bytes: number): void => {
      seen += bytes;
      this.options.onBytes(bytes);
    };
    try {
      if (!(await beginUnit(session, unit))) return await finishedUnit(session, unit);
      const { bytes, lines } = await this.apply(unit, session, onBytes);
      const result = {
        rows: checkRows(unit, lines, this.options.archive),
        bytes,
        seconds: (performance.now() - startedAt) / 1000,
      };
      await recordUnit(session, unit, result);
      await this.commit(session);
      return { unit: unit.id, ...result };
    } catch (error) {
      // They come again with the next attempt.
      this.options.onBytes(-seen);
      if (isEndOf(session, error))
        throw await unitSqlError(unit, session, () => null, error, this.options.indexStrategy);
      await session.kill();
      throw error;
    }
  }

  /** Puts halves into the plan in a unit's place; false when the unit is finished after all. A session in which this throws is over. */
  async divide(halves: Halves, session: PsqlSession): Promise<boolean> {
    try {
      if (!(await divideUnit(session, halves))) return false;
      await this.commit(session);
      return true;
    } catch (error) {
      await session.kill();
      throw error;
    }
  }

  /** Ends the transaction that is open in a session, if the restore is still the one that may. */
  async commit(session: PsqlSession): Promise<void> {
    await this.options.proveLock(session);
    await session.run('COMMIT;');
  }

  /**
   * Sends a unit's SQL to psql, inside the transaction that is open there, and waits until psql has worked through it.
   * Nothing is committed: bytes that differ from their digest, or a pg_restore that failed, throw before that.
   */
  async apply(unit: Unit, session: PsqlSession, onBytes = this.options.onBytes): Promise<Applied> {
    if (unit.settings !== undefined) await session.run(settingStatements(unit.settings));
    const isRows = goesAsRows(this.options.archive, unit);
    return isRows ? this.copyRows(unit, session, onBytes) : this.applySql(unit, session, onBytes);
  }

  /** The rows go from the archive to psql as they are. */
  private async copyRows(unit: Unit, session: PsqlSession, onBytes: OnBytes): Promise<Applied> {
    const { toolbox, archive, indexStrategy } = this.options;
    const stop = new AbortController();
    const signal = AbortSignal.any([this.options.signal, stop.signal]);
    let bytes = 0;
    const rows = unitRows(archive, unit, writesFence(toolbox.versions.psql), signal, (read) => {
      bytes += read;
      onBytes(read);
    });
    const sending = sendAll(rows, session);
    const psqlEnds = session.ended.then(() => {
      throw new PsqlEnded();
    });
    try {
      await Promise.race([sending, psqlEnds]);
      return { bytes, lines: await session.run('') };
    } catch (error) {
      const psqlEnded = session.state.kind === 'ended';
      stop.abort();
      const [sent] = await Promise.allSettled([sending]);
      this.options.signal.throwIfAborted();
      // What is wrong with the archive counts more than what psql made of half of its rows.
      if (sent.status === 'rejected' && isOwn(sent.reason) && !isEndOf(session, sent.reason) && !isAbort(sent.reason)) {
        throw sent.reason;
      }
      if (!psqlEnded) throw error;
      throw await unitSqlError(unit, session, () => null, error, indexStrategy);
    }
  }

  private async applySql(unit: Unit, session: PsqlSession, onBytes: OnBytes): Promise<Applied> {
    const { toolbox, archive, restoreArgs, serverMajor } = this.options;
    const text = new UnitText({ kind: unit.kind, stage: unit.stage, serverMajor, decodeText: archive.decodeText });
    const firstLine = session.linesSent;
    const restore = toolbox.start('pg_restore', { args: [...restoreArgs, '--file=-'], env: {}, input: 'pipe' });
    try {
      const bytes = await this.stream(unit, restore, text, session, onBytes);
      session.countLines(text.lines);
      return { bytes, lines: await session.run('') };
    } catch (error) {
      await restore.stop();
      // The session's own error tells why psql ended, but not in which of the unit's statements.
      if (isOwn(error) && !isEndOf(session, error)) throw error;
      throw await unitSqlError(
        unit,
        session,
        (line) => text.objectAt(line - firstLine),
        error,
        this.options.indexStrategy,
      );
    }
  }

  /** Mini archive -> pg_restore -> psql. Throws what went wrong first: the archive, pg_restore, or psql (then anything). */
  private async stream(
    unit: Unit,
    restore: RunningTool,
    text: UnitText,
    session: PsqlSession,
    onBytes: OnBytes,
  ): Promise<number> {
    const stop = new AbortController();
    const signal = AbortSignal.any([this.options.signal, stop.signal]);
    let bytes = 0;
    const archive = unitArchive(this.options.archive, unit, signal, (read) => {
      bytes += read;
      onBytes(read);
    });
    const feeding = pipeline(Readable.from(archive, { objectMode: false }), restore.stdin, { signal });
    const passing = pipeline(restore.stdout, text, (pieces: AsyncIterable<Buffer>) => sendAll(pieces, session), {
      signal,
    });
    // Whoever fails first ends the others; psql may also end while nothing is being written to it.
    const psqlEnds = session.ended.then(() => {
      throw new PsqlEnded();
    });
    try {
      await Promise.race([Promise.all([feeding, passing]), psqlEnds]);
    } catch (error) {
      const psqlEnded = session.state.kind === 'ended';
      stop.abort();
      const [fed] = await Promise.allSettled([feeding, passing]);
      this.options.signal.throwIfAborted();
      if (fed.status === 'rejected' && fed.reason instanceof PhaseliftError) throw fed.reason;
      if (psqlEnded) throw new PsqlEnded();
      const exit = await restore.exited; // Its pipes are closed: it ends, if it has not already.
      if (exit.code !== 0) throw restoreError(unit, exit);
      throw error;
    }
    const exit = await restore.exited;
    if (exit.code !== 0) throw restoreError(unit, exit);
    return bytes;
  }
}

/** Not `pipeline` up to psql's stdin: that would end the input, and leave its listeners behind with every unit. */
async function sendAll(pieces: AsyncIterable<Buffer>, session: PsqlSession): Promise<void> {
  for await (const piece of pieces) await session.write(piece);
}

class PsqlEnded extends Error {}

/** True for the error with which the end of psql answered everything that still waited for it. */
function isEndOf({ state }: PsqlSession, error: unknown): boolean {
  return state.kind === 'ended' && state.error === error;
}

function isOwn(error: unknown): boolean {
  return error instanceof PhaseliftError || isAbort(error);
}

function isAbort(error: unknown): boolean {
  return error instanceof Error && error.name === 'AbortError';
}

function restoreError(unit: Unit, exit: Awaited<RunningTool['exited']>): PhaseliftError {
  const cause = exitError({ tool: 'pg_restore', ...exit, side: null });
  return new PhaseliftError(cause.code, `${unit.title}: ${cause.message}`, {
    object: unit.title,
    hint: cause.hintText,
    cause,
  });
}
