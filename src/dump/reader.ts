import { randomBytes } from 'node:crypto';
import type { RunCodec } from '../archive/compress-run.js';
import type { PhaseliftError } from '../foundation/errors.js';
import type { RunningTool, ToolExit } from '../postgres/toolbox.js';
import { readInBulk, type BulkReading } from '../process/bulk-reader.js';
import type { Block, BlockPool } from './block-pool.js';
import type { Handover } from './handover.js';
import type { Assignment, Piece } from './pieces.js';
import { RowCutter, type RowReceiver } from './row-cutter.js';
import { RowPacker } from './row-packer.js';
import { copyQuery, lockQuery } from './source-tables.js';

/** What stands behind the marker that ends a section of psql's output: what comes next are rows, or something else. */
const ROWS = 'r';
const DONE = 'd';
const HELD = 'h';

/** What all readers of a backup share. */
export interface ReaderKit {
  /** Starts a psql that reads statements from its stdin. */
  start: () => RunningTool;
  /** What the session begins with, up to its first statement that reads. */
  opening: string;
  pool: BlockPool;
  /** null: rows are handed on as they are. */
  codec: RunCodec | null;
  /** Why psql ended, while it read this piece, or before it read any. */
  errorFrom: (exit: ToolExit, piece: Piece | null) => PhaseliftError;
}

interface Reading {
  pieces: Assignment;
  order: number;
  handover: Handover;
  /** Of the piece whose rows come now. */
  at: number;
  startedAtMs: number;
  done: (isRead: boolean) => void;
}

/**
 * A session of psql that reads one assignment after the other, and hands their rows on while they come. It goes on as long as
 * there are blocks: then it waits, and psql and the server with it.
 */
export class Reader implements RowReceiver {
  /** Rejects when psql ends, or writes what it should not; never fulfilled before `close`. */
  readonly failed: Promise<never>;
  /** Of rows, as COPY text. */
  bytesRead = 0;
  private readonly tool: RunningTool;
  private readonly cutter: RowCutter;
  private readonly packer: RowPacker;
  private readonly bulk: BulkReading;
  /** The beginning of a comment of SQL's. */
  private readonly marker = `--phaselift-${randomBytes(16).toString('hex')}-`;
  private reading: Reading | null = null;
  private isOpen = false;
  /** What comes now are rows, and not the statement that psql echoes before it. */
  private isInRows = false;
  private isClosing = false;
  private opened: () => void = () => undefined;

  constructor(
    private readonly kit: ReaderKit,
    blocks: readonly [Block, Block],
  ) {
    this.tool = kit.start();
    this.cutter = new RowCutter(kit.pool, Buffer.from(this.marker), kit.codec !== null, this, blocks);
    this.packer = new RowPacker(kit.codec);
    this.bulk = readInBulk(this.tool.stdout, {
      room: () => this.cutter.room(),
      take: (length) => {
        this.cutter.filled(length);
        return this.canGoOn();
      },
    });
    this.failed = this.watch();
    // Whoever waits for it hears it; nobody has to.
    this.failed.catch(() => undefined);
  }

  /** Connects, and begins the transaction. */
  async open(): Promise<void> {
    const opened = new Promise<void>((resolve) => {
      this.opened = resolve;
    });
    this.tool.stdin.write(`${this.kit.opening}\n\\set QUIET 1\n${this.echo(DONE)}`);
    await Promise.race([opened, this.failed]);
  }

  /**
   * Reads the pieces one after the other; true once their rows have been handed over. False when somebody waits to lock one of
   * the tables for himself: he waits for the holder of the locks, and whoever comes later would wait for him. Then nothing was read.
   */
  async read(pieces: Assignment, order: number, handover: Handover): Promise<boolean> {
    const finished = new Promise<boolean>((done) => {
      this.reading = { pieces, order, handover, at: 0, startedAtMs: Date.now(), done };
    });
    this.tool.stdin.write(this.script(pieces));
    const isRead = await Promise.race([finished, this.failed]);
    this.reading = null;
    if (isRead) handover.close();
    return isRead;
  }

  /**
   * psql echoes each COPY statement before its rows, and its comments with it: so nobody has to be asked for what stands between the
   * rows of two tables. The locks of tables that have been read are given back: those of the holder are enough, and the server has
   * room for so many only. A statement that fails would end psql; the one that must not wait for its lock may fail.
   */
  private script(pieces: Assignment): string {
    const comments = { before: `${this.marker}${DONE}`, behind: `${this.marker}${ROWS}` };
    return [
      'SAVEPOINT phaselift;\n\\set ON_ERROR_STOP 0\n',
      `${lockQuery([...new Set(pieces.map(({ table }) => table.oid))], true)} \\gexec\n`,
      `\\set ON_ERROR_STOP 1\n\\if :ERROR\nROLLBACK TO SAVEPOINT phaselift;\n${this.echo(HELD)}\\else\n`,
      `\\set ECHO queries\n${copyQuery(pieces, comments)} \\gexec\n\\set ECHO none\n${this.echo(DONE)}`,
      'ROLLBACK TO SAVEPOINT phaselift;\n\\endif\nRELEASE SAVEPOINT phaselift;\n',
    ].join('');
  }

  private echo(ending: string): string {
    return `\\echo ${this.marker}${ending}\n`;
  }

  /** Ends the session, which has done its work. */
  async close(): Promise<void> {
    this.isClosing = true;
    this.tool.stdin.end();
    await this.tool.exited;
  }

  /** Ends it at once. */
  async kill(): Promise<void> {
    this.isClosing = true;
    await this.tool.stop();
  }

  rows(bytes: Buffer, block: Block): void {
    const release = (): void => {
      this.kit.pool.release(block);
    };
    // What statements of the opening say, and the echoes, are for nobody.
    if (this.reading === null || !this.isInRows) {
      release();
      return;
    }
    this.bytesRead += bytes.length;
    this.reading.handover.push(this.packer.pack(bytes, release));
  }

  sectionEnd(ending: string): void {
    const { reading } = this;
    if (!this.isOpen) {
      this.isOpen = true;
      this.opened();
      return;
    }
    const wasInRows = this.isInRows;
    this.isInRows = ending === ROWS;
    const piece = reading?.pieces[reading.at];
    if (reading === null || piece === undefined) return;
    if (ending === HELD) {
      reading.done(false);
      return;
    }
    if (!wasInRows) return;
    const endedAtMs = Date.now();
    reading.handover.push({ kind: 'end', piece, startedAtMs: reading.startedAtMs, endedAtMs });
    reading.startedAtMs = endedAtMs;
    reading.at += 1;
    if (reading.at === reading.pieces.length) reading.done(true);
  }

  private canGoOn(): boolean {
    if (this.cutter.hasSpare) return true;
    this.kit.pool.take(this.reading?.order ?? 0, (block) => {
      this.cutter.lend(block);
      this.bulk.resume();
    });
    return false;
  }

  private async watch(): Promise<never> {
    const exit = await Promise.race([
      this.tool.exited,
      this.bulk.ended.then(
        () => this.tool.exited,
        async (error: unknown) => {
          await this.tool.stop();
          throw error;
        },
      ),
    ]);
    if (this.isClosing) return new Promise<never>(() => undefined);
    throw this.kit.errorFrom(exit, this.reading?.pieces[this.reading.at] ?? null);
  }
}
