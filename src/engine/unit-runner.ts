import { PhaseliftError } from '../foundation/errors.js';
import type { Halves } from '../plan/halves.js';
import type { IndexStrategy } from '../plan/index-strategy.js';
import type { Unit } from '../plan/unit.js';
import { settingStatements } from '../plan/unit-settings.js';
import { writesFence } from '../postgres/restore-args.js';
import type { PsqlSession } from '../postgres/session.js';
import { beginUnit, divideUnit, finishedUnit, recordUnit } from './journal.js';
import type { FinishedUnit } from './journal-format.js';
import { checkRows } from './row-check.js';
import { unitSqlError } from './unit-error.js';
import { goesAsRows, unitRows } from './unit-rows.js';
import { PsqlEnded, sendAll, UnitSql, type UnitSqlOptions } from './unit-sql.js';

export interface UnitRunnerOptions extends UnitSqlOptions {
  /** Throws when, in the server, the restore does not hold its lock any more. */
  proveLock: (session: PsqlSession) => Promise<void>;
  /** What the plan was made by, for the advice when a statement fails. */
  indexStrategy: IndexStrategy;
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
  /** By the units' ids. */
  private readonly prepared = new Map<string, UnitSql>();

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
      if (isEndOf(session, error)) throw await unitSqlError(unit, session, () => null, error, this.options);
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
    const { toolbox, archive } = this.options;
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
      throw await unitSqlError(unit, session, () => null, error, this.options);
    }
  }

  /** Starts pg_restore for units that will probably be applied soon, so that nobody waits for their SQL then; of `atMost` at a time. */
  prepare(units: readonly Unit[], atMost: number): void {
    for (const unit of units) {
      if (this.prepared.size >= atMost) return;
      if (!this.prepared.has(unit.id)) this.prepared.set(unit.id, new UnitSql(this.options, unit, () => undefined));
    }
  }

  /** Ends what was prepared and has not been applied. */
  async dropPrepared(): Promise<void> {
    const left = [...this.prepared.values()];
    this.prepared.clear();
    await Promise.all(left.map((sql) => sql.stop()));
  }

  private takeSql(unit: Unit, onBytes: OnBytes): UnitSql {
    const prepared = this.prepared.get(unit.id);
    this.prepared.delete(unit.id);
    return prepared ?? new UnitSql(this.options, unit, onBytes);
  }

  private async applySql(unit: Unit, session: PsqlSession, onBytes: OnBytes): Promise<Applied> {
    const sql = this.takeSql(unit, onBytes);
    const firstLine = session.linesSent;
    try {
      const bytes = await sql.sendTo(session);
      session.countLines(sql.lines);
      return { bytes, lines: await session.run('') };
    } catch (error) {
      await sql.stop();
      // The session's own error tells why psql ended, but not in which of the unit's statements.
      if (isOwn(error) && !isEndOf(session, error)) throw error;
      throw await unitSqlError(unit, session, (line) => sql.objectAt(line - firstLine), error, this.options);
    }
  }
}

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
