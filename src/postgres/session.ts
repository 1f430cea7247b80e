import type { PhaseliftError } from '../foundation/errors.js';
import { LineSplitter } from '../process/line-splitter.js';
import type { RunningTool, ToolExit } from './toolbox.js';

/** Makes an error of how psql ended; knows the side (source or target) and keeps row values out of the message. */
export type SessionErrorFrom = (exit: ToolExit) => PhaseliftError;

interface Waiter {
  marker: string;
  resolve: (lines: string[]) => void;
  reject: (error: Error) => void;
}

/**
 * One psql at work. Statements go in by stdin, command tags and results come out by stdout; `\echo` of a marker tells
 * how far psql has got. With ON_ERROR_STOP psql ends at the first error, and its transaction with it, so a session that
 * failed once is over.
 */
export class PsqlSession {
  private readonly waiters: Waiter[] = [];
  private lines: string[] = [];
  private markers = 0;
  private linesWritten = 0;
  private ended: PhaseliftError | null = null;
  private onRoom: () => void = () => undefined;
  private readonly nonce = `phaselift-${process.pid.toString(36)}-${Math.random().toString(36).slice(2)}`;

  constructor(
    private readonly tool: RunningTool,
    errorFrom: SessionErrorFrom,
  ) {
    const splitter = new LineSplitter();
    tool.stdout.on('data', (chunk: Buffer) => {
      for (const line of splitter.push(chunk)) this.take(line);
    });
    tool.stdin.on('drain', () => {
      this.onRoom();
    });
    void tool.exited.then((exit) => {
      this.ended = errorFrom(exit);
      this.onRoom();
      for (const waiter of this.waiters.splice(0)) waiter.reject(this.ended);
    });
  }

  /**
   * Sends a piece of text without waiting for psql to work through it; resolves when there is room for more. Its lines are
   * not counted in `linesSent`. Throws when psql has ended.
   */
  async write(piece: Buffer): Promise<void> {
    if (this.ended !== null) throw this.ended;
    if (this.tool.stdin.write(piece)) return;
    await new Promise<void>((resolve) => {
      this.onRoom = resolve;
    });
  }

  /** How psql ended; resolves when it is gone. */
  get exited(): Promise<ToolExit> {
    return this.tool.exited;
  }

  get isOver(): boolean {
    return this.ended !== null;
  }

  /** What every call throws once psql has ended; null as long as it runs. */
  get failure(): PhaseliftError | null {
    return this.ended;
  }

  /** True for the error with which psql's end answered everything that still waited for it. */
  isItsEnd(error: unknown): boolean {
    return this.ended !== null && error === this.ended;
  }

  /** Lines written so far: psql counts the lines of its input in its error messages. */
  get linesSent(): number {
    return this.linesWritten;
  }

  countLines(lines: number): void {
    this.linesWritten += lines;
  }

  /** Sends text and waits until psql has worked through it; returns the lines that psql wrote. Throws when psql ends. */
  async run(sql: string): Promise<string[]> {
    const marker = `${this.nonce}-${++this.markers}`;
    const text = `${sql}\n\\echo ${marker}\n`;
    this.linesWritten += text.split('\n').length - 1;
    if (this.ended !== null) throw this.ended;
    const answer = new Promise<string[]>((resolve, reject) => this.waiters.push({ marker, resolve, reject }));
    this.tool.stdin.write(text);
    return answer;
  }

  /** The rows of one SELECT (without its semicolon) as objects. No column may be of a user's type: it may have a cast to json. */
  async query<Row>(select: string): Promise<Row[]> {
    const lines = await this.run(
      `SELECT COALESCE(pg_catalog.json_agg(pg_catalog.row_to_json(q))::pg_catalog.text, '[]') FROM (${select}) AS q;`,
    );
    return JSON.parse(lines.join('\n')) as Row[];
  }

  /** Lets psql end by itself. */
  async close(): Promise<void> {
    this.tool.stdin.end();
    const timer = setTimeout(() => void this.tool.stop(), 5000);
    await this.tool.exited;
    clearTimeout(timer);
  }

  /** Ends psql at once; an open transaction is rolled back by the server. */
  async kill(): Promise<void> {
    await this.tool.stop();
  }

  private take(line: string): void {
    const waiter = this.waiters[0];
    if (waiter !== undefined && line === waiter.marker) {
      this.waiters.shift();
      const lines = this.lines;
      this.lines = [];
      waiter.resolve(lines);
    } else {
      this.lines.push(line);
    }
  }
}
