import * as z from 'zod';
import { PhaseliftError } from '../foundation/errors.js';
import { LineSplitter } from '../process/line-splitter.js';
import type { RunningTool, ToolExit } from './toolbox.js';

/** Makes an error of how psql ended; knows the side (source or target) and keeps row values out of the message. */
export type SessionErrorFrom = (exit: ToolExit) => PhaseliftError;

/** How a session stands. What ended answers every call with `error`, which tells why psql ended. */
export type SessionState = { kind: 'open' } | SessionEnd;

/** A session whose psql is gone. */
export interface SessionEnd {
  kind: 'ended';
  exit: ToolExit;
  error: PhaseliftError;
}

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
  private current: SessionState = { kind: 'open' };
  private onRoom: () => void = () => undefined;
  /** Who gets what psql writes while it copies rows out. */
  private takeRaw: ((chunk: Buffer) => void) | null = null;
  private readonly nonce = `phaselift-${process.pid.toString(36)}-${Math.random().toString(36).slice(2)}`;

  /** Resolves when psql is gone. */
  readonly ended: Promise<SessionEnd>;

  constructor(
    private readonly tool: RunningTool,
    errorFrom: SessionErrorFrom,
  ) {
    const splitter = new LineSplitter();
    tool.stdout.on('data', (chunk: Buffer) => {
      if (this.takeRaw !== null) this.takeRaw(chunk);
      else for (const line of splitter.push(chunk)) this.take(line);
    });
    tool.stdin.on('drain', () => {
      this.onRoom();
    });
    this.ended = tool.exited.then((exit) => {
      const end: SessionEnd = { kind: 'ended', exit, error: errorFrom(exit) };
      this.current = end;
      this.onRoom();
      for (const waiter of this.waiters.splice(0)) waiter.reject(end.error);
      return end;
    });
  }

  /**
   * Sends a piece of text without waiting for psql to work through it; resolves when there is room for more. Its lines are
   * not counted in `linesSent`. Throws when psql has ended.
   */
  async write(piece: Buffer): Promise<void> {
    if (this.current.kind === 'ended') throw this.current.error;
    if (this.tool.stdin.write(piece)) return;
    await new Promise<void>((resolve) => {
      this.onRoom = resolve;
    });
  }

  /**
   * Runs one statement that writes rows (COPY TO STDOUT) and hands its bytes to `take`, which may let it wait. Slower than reading
   * in bulk, and as exact. Nothing else may be sent meanwhile. Throws when psql ends.
   */
  async copyOut(sql: string, take: (bytes: Buffer) => Promise<void>): Promise<void> {
    const marker = Buffer.from(`${this.nonce}-${++this.markers}\n`);
    if (this.current.kind === 'ended') throw this.current.error;
    const { stdout, stdin } = this.tool;
    let kept: Buffer = Buffer.alloc(0);
    const copied = new Promise<void>((resolve, reject) => {
      this.takeRaw = (chunk) => {
        const bytes = Buffer.concat([kept, chunk]);
        const at = bytes.indexOf(marker);
        // The beginning of the marker may be in it, and is no row.
        const end = at === -1 ? Math.max(0, bytes.length - marker.length + 1) : at;
        kept = bytes.subarray(end);
        stdout.pause();
        const taken = end === 0 ? Promise.resolve() : take(bytes.subarray(0, end));
        taken.then(() => {
          if (at !== -1) {
            this.takeRaw = null;
            resolve();
          }
          stdout.resume();
        }, reject);
      };
    });
    const failed = this.ended.then(({ error }) => {
      throw error;
    });
    stdin.write(`${sql}\n\\echo ${marker.toString()}`);
    await Promise.race([copied, failed]);
  }

  /** Whether psql is still there, and if not, how it ended. */
  get state(): SessionState {
    return this.current;
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
    if (this.current.kind === 'ended') throw this.current.error;
    const answer = new Promise<string[]>((resolve, reject) => this.waiters.push({ marker, resolve, reject }));
    this.tool.stdin.write(text);
    return answer;
  }

  /**
   * The rows of one SELECT (without its semicolon) as objects, each parsed by `row`. No column may be of a user's type: it may
   * have a cast to json. Throws INTERNAL for a row of another form.
   */
  async query<Row>(select: string, row: z.ZodType<Row>): Promise<Row[]> {
    const lines = await this.run(
      `SELECT COALESCE(pg_catalog.json_agg(pg_catalog.row_to_json(q))::pg_catalog.text, '[]') FROM (${select}) AS q;`,
    );
    const parsed = z.array(row).safeParse(JSON.parse(lines.join('\n')));
    if (parsed.success) return parsed.data;
    throw new PhaseliftError('INTERNAL', `the server answered in another form: ${z.prettifyError(parsed.error)}`);
  }

  /** Lets psql end by itself. */
  async close(): Promise<void> {
    this.tool.stdin.end();
    const timer = setTimeout(() => void this.tool.stop(), 5000);
    await this.ended;
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
