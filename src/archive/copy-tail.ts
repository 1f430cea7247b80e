/** What pg_dump writes behind the last row: the line `\.` and two blank lines, which are no rows. */
export const TERMINATOR = Buffer.from('\\.\n\n\n', 'latin1');

/** Newlines of the terminator. */
export const TERMINATOR_NEWLINES = 3;

const TAIL_BYTES = 1 + TERMINATOR.length;
const NO_BYTES = Buffer.alloc(0);

/**
 * The last bytes of COPY text that comes in pieces, to tell the terminator from rows: a line `\.` is never a row, since
 * COPY writes a backslash as two.
 *
 * Buffering: of a piece that is long enough only its place is remembered; settle() copies the few bytes out before the
 * chunk goes away.
 */
export class CopyTail {
  /** The text begins as if behind a newline. */
  private tail: Buffer = Buffer.from('\n', 'latin1');
  private chunk: Buffer = NO_BYTES;
  private end = 0;

  /** The bytes [from, to) of the chunk are the next ones of the text. */
  push(chunk: Buffer, from: number, to: number): void {
    if (to - from >= TAIL_BYTES) {
      this.chunk = chunk;
      this.end = to;
      return;
    }
    this.settle();
    this.tail = Buffer.concat([this.tail, chunk.subarray(from, to)]).subarray(-TAIL_BYTES);
  }

  settle(): void {
    if (this.chunk === NO_BYTES) return;
    this.tail = Buffer.from(this.chunk.subarray(this.end - TAIL_BYTES, this.end));
    this.chunk = NO_BYTES;
  }

  /** True when the text so far ends inside of the terminator, behind one of its newlines. */
  insideTerminator(): boolean {
    const text = this.text();
    return text.endsWith('\n\\.\n') || text.endsWith('\n\\.\n\n') || text.endsWith('\n\\.\n\n\n');
  }

  /** True when the text so far ends with the whole terminator: it is complete COPY text. */
  terminated(): boolean {
    return this.text() === '\n\\.\n\n\n';
  }

  private text(): string {
    this.settle();
    return this.tail.toString('latin1');
  }
}
