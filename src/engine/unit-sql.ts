import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { PhaseliftError } from '../foundation/errors.js';
import type { Unit } from '../plan/unit.js';
import { exitError } from '../postgres/exit-message.js';
import type { PsqlSession } from '../postgres/session.js';
import type { RunningTool, Toolbox } from '../postgres/toolbox.js';
import type { OpenArchive } from './open-archive.js';
import { unitArchive } from './unit-archive.js';
import { UnitText } from './unit-text.js';

export interface UnitSqlOptions {
  toolbox: Toolbox;
  archive: OpenArchive;
  /** Arguments of pg_restore besides `--file=-`. */
  restoreArgs: readonly string[];
  serverMajor: number;
  signal: AbortSignal;
}

/**
 * The SQL of a unit, made by a pg_restore that starts at once: mini archive -> pg_restore -> psql. As long as nobody wants the
 * SQL, pg_restore has ended, or stands still: at most 1 MiB is kept.
 */
export class UnitSql {
  private readonly text: UnitText;
  private readonly restore: RunningTool;
  private readonly stopping = new AbortController();
  private readonly feeding: Promise<void>;
  private readonly passing: Promise<void>;
  private bytes = 0;

  constructor(
    private readonly options: UnitSqlOptions,
    private readonly unit: Unit,
    onBytes: (bytes: number) => void,
  ) {
    const { toolbox, archive, restoreArgs, serverMajor } = options;
    const signal = AbortSignal.any([options.signal, this.stopping.signal]);
    this.text = new UnitText({ kind: unit.kind, stage: unit.stage, serverMajor, decodeText: archive.decodeText });
    this.restore = toolbox.start('pg_restore', { args: [...restoreArgs, '--file=-'], env: {}, input: 'pipe' });
    const mini = unitArchive(archive, unit, signal, (read) => {
      this.bytes += read;
      onBytes(read);
    });
    this.feeding = pipeline(Readable.from(mini, { objectMode: false }), this.restore.stdin, { signal });
    // Node lets a stream that nobody reads run dry when its process ends: so this does not wait for whoever sends the SQL.
    this.passing = pipeline(this.restore.stdout, this.text, { signal });
    // Whoever sends the SQL hears of it.
    for (const work of [this.feeding, this.passing]) work.catch(() => undefined);
  }

  /** Lines that were sent. */
  get lines(): number {
    return this.text.lines;
  }

  /** The object whose statements stand at or before a line of what was sent; 1 is the first. */
  objectAt(line: number): string | null {
    return this.text.objectAt(line);
  }

  /** To be called once. The bytes of the archive that were read. Throws what went wrong first: the archive, pg_restore, or psql (then anything). */
  async sendTo(session: PsqlSession): Promise<number> {
    const { restore, unit } = this;
    const work = [this.feeding, this.passing, sendAll(this.text, session)];
    // Whoever fails first ends the others; psql may also end while nothing is being written to it.
    const psqlEnds = session.ended.then(() => {
      throw new PsqlEnded();
    });
    try {
      await Promise.race([Promise.all(work), psqlEnds]);
    } catch (error) {
      const psqlEnded = session.state.kind === 'ended';
      this.stopping.abort();
      const [fed] = await Promise.allSettled(work);
      this.options.signal.throwIfAborted();
      if (fed?.status === 'rejected' && fed.reason instanceof PhaseliftError) throw fed.reason;
      if (psqlEnded) throw new PsqlEnded();
      const exit = await restore.exited; // Its pipes are closed: it ends, if it has not already.
      if (exit.code !== 0) throw restoreError(unit, exit);
      throw error;
    }
    const exit = await restore.exited;
    if (exit.code !== 0) throw restoreError(unit, exit);
    return this.bytes;
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    await this.restore.stop();
  }
}

/** Not `pipeline` up to psql's stdin: that would end the input, and leave its listeners behind with every unit. */
export async function sendAll(pieces: AsyncIterable<Buffer>, session: PsqlSession): Promise<void> {
  for await (const piece of pieces) await session.write(piece);
}

/** psql ended while something was sent to it; the session knows why. */
export class PsqlEnded extends Error {}

function restoreError(unit: Unit, exit: Awaited<RunningTool['exited']>): PhaseliftError {
  const cause = exitError({ tool: 'pg_restore', ...exit, side: null });
  return new PhaseliftError(cause.code, `${unit.title}: ${cause.message}`, {
    object: unit.title,
    hint: cause.hintText,
    cause,
  });
}
