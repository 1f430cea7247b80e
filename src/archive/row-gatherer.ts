import { TERMINATOR } from './copy-tail.js';

/** So much is handed on at a time. */
const GATHERED_BYTES = 256 * 1024;
const NEWLINE = 10;
/** The line that ends COPY data for psql. */
const END_LINE = Buffer.from('\n\\.\n', 'latin1');
/** What stands at the end, with the end of the line before it: it is never handed on. */
const END = Buffer.concat([Buffer.from([NEWLINE]), TERMINATOR]);

/**
 * Gathers the rows of a block, which may come in pieces of a few bytes, takes the terminator off their end, and finds the line `\.` anywhere
 * else: psql would take it for the end of the rows, and what follows for SQL.
 *
 * Buffering: each byte is copied once, into a buffer that belongs to whoever gets it.
 */
export class RowGatherer {
  private buffer = Buffer.allocUnsafeSlow(GATHERED_BYTES);
  /** As if the text began behind a newline, which is not handed on. */
  private used = 1;
  private handed = 1;
  private broken = false;

  constructor() {
    this.buffer[0] = NEWLINE;
  }

  /** Takes the next bytes; yields rows. Throws nothing: see `end`. */
  *push(bytes: Buffer): Generator<Buffer> {
    for (let at = 0; at < bytes.length && !this.broken;) {
      const copied = bytes.copy(this.buffer, this.used, at);
      at += copied;
      this.used += copied;
      if (this.used === this.buffer.length) yield* this.turn();
    }
  }

  /** The last rows; null when the text does not end with the terminator, or has it anywhere else. Then nothing behind that was handed on. */
  end(): Buffer | null {
    const text = this.buffer.subarray(0, this.used);
    if (this.broken || text.indexOf(END_LINE) !== text.length - END.length) return null;
    if (!text.subarray(-END.length).equals(END)) return null;
    return text.subarray(this.handed, Math.max(this.handed, text.length - TERMINATOR.length));
  }

  /** Hands on what is surely rows, and goes on in another buffer. */
  private *turn(): Generator<Buffer> {
    const { buffer, used } = this;
    const keptFrom = used - END.length;
    const found = buffer.indexOf(END_LINE);
    if (found !== -1 && found < keptFrom) {
      this.broken = true;
      return;
    }
    const rows = buffer.subarray(this.handed, keptFrom);
    this.buffer = Buffer.allocUnsafeSlow(GATHERED_BYTES);
    buffer.copy(this.buffer, 0, keptFrom, used);
    this.handed = 0;
    this.used = END.length;
    if (rows.length > 0) yield rows;
  }
}
