import { styleText } from 'node:util';
import { messageOf } from '../foundation/errors.js';
import { safeLine, truncate } from '../report/escape.js';
import type { Masker } from './masker.js';

/** Longest line, in characters, as in the action's log. */
const LINE_LIMIT = 8000;

/** How a piece of text stands out on a terminal. */
export type Colour = 'bold' | 'red' | 'yellow' | 'dim';

/** What is used of process.stdout and process.stderr. */
export interface Output {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
  on(event: 'error', listener: (error: Error) => void): unknown;
}

/** Something that stays at the bottom of the terminal while lines go by above it. */
export interface Pinned {
  clear(): void;
  draw(): void;
  /** Stops drawing, and leaves what is to stay. */
  end(): void;
}

/**
 * The two streams that people and scripts read: results on stdout, all else on stderr. Every line is masked and made safe
 * on its way: no secret, no terminal sequence from outside, and no `::command` when a workflow runs us.
 */
export class Screen {
  /** stderr is a terminal that can move its cursor. */
  readonly canRedraw: boolean;
  private readonly coloured: boolean;
  private readonly gone = new Set<Output>();
  private pinned: Pinned | null = null;
  /** Why results could not be written; null also when their reader closed the pipe (`| head`). */
  private resultsFault: string | null = null;

  constructor(
    private readonly stdout: Output,
    readonly stderr: Output,
    env: NodeJS.ProcessEnv,
    private mask: Masker,
  ) {
    this.canRedraw = stderr.isTTY === true && env['TERM'] !== 'dumb';
    // https://no-color.org: any text but an empty one
    this.coloured = this.canRedraw && (env['NO_COLOR'] ?? '') === '';
    for (const output of [stdout, stderr]) {
      output.on('error', (error: Error) => {
        this.gone.add(output);
        if (output === stdout && !('code' in error && error.code === 'EPIPE')) this.resultsFault = messageOf(error);
      });
    }
  }

  /** From now on these secrets are masked as well. */
  hide(mask: Masker): void {
    this.mask = mask;
  }

  /** The same, beside all that is masked already. */
  hideToo(mask: Masker): void {
    const others = this.mask;
    this.mask = (text) => mask(others(text));
  }

  /** One line of the log. */
  log(text: string, colour?: Colour): void {
    this.above(this.coloured && colour !== undefined ? this.paint(this.safe(text), colour) : this.safe(text));
  }

  /** One line of what was asked for. */
  result(text: string): void {
    this.pinned?.clear();
    this.write(this.stdout, `${this.safe(text)}\n`);
    this.pinned?.draw();
  }

  /** A value as one line of JSON, its texts masked. */
  json(value: unknown): void {
    const text = JSON.stringify(value, (_key, part: unknown) => (typeof part === 'string' ? this.mask(part) : part));
    this.write(this.stdout, `${text}\n`);
  }

  /** Text of our own, of several lines, as it is. */
  page(text: string): void {
    this.write(this.stdout, text);
  }

  /** Draws on stderr without a line end; for what is pinned. */
  draw(text: string): void {
    this.write(this.stderr, text);
  }

  pin(pinned: Pinned | null): void {
    this.pinned = pinned;
  }

  /** Ends what is pinned, where the work it belongs to broke off. */
  unpin(): void {
    this.pinned?.end();
    this.pinned = null;
  }

  /** One line, masked and harmless. */
  safe(text: string): string {
    return truncate(this.mask(safeLine(this.mask(text))), LINE_LIMIT);
  }

  /** Masks a text of several lines before somebody cuts it. */
  masked(text: string): string {
    return this.mask(text);
  }

  /** Why results did not arrive; null when they did, or when their reader closed the pipe (`| head`). */
  async faultOfResults(): Promise<string | null> {
    // What the last write met is told after it.
    await new Promise((resolve) => setImmediate(resolve));
    return this.resultsFault;
  }

  private above(line: string): void {
    this.pinned?.clear();
    this.write(this.stderr, `${line}\n`);
    this.pinned?.draw();
  }

  private paint(text: string, colour: Colour): string {
    return styleText(colour, text, { validateStream: false });
  }

  private write(output: Output, text: string): void {
    if (!this.gone.has(output)) output.write(text);
  }
}
