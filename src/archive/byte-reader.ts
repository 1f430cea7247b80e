import { formatError } from './archive-errors.js';
import { decodeInt, MAX_INT } from './integers.js';
import { decodeUtf8, type DecodeText } from './text-encoding.js';

/** Longest string of a TOC entry that is believed, bytes. */
export const MAX_STRING_BYTES = 64 * 1024 * 1024;

/** Largest header and TOC that are believed, bytes. */
export const MAX_HEAD_BYTES = 1024 * 1024 * 1024;

/**
 * Thrown when a field's bytes have not all come. Each reader has one and throws it again and again: when an archive comes in
 * small pieces that happens at every field, and to make an error each time would cost more than the reading.
 */
export class ShortRead extends Error {
  /** It is not worth trying again before this many bytes are there. */
  neededBytes = 0;
  /** The field that is short. */
  field = '';
}

/**
 * Reads the primitives of the head: bytes, integers, strings.
 *
 * Buffering: what is appended is copied into one store that doubles when it is full, so memory follows the bytes that
 * really came, never a length that the archive claims; what is there as a whole is adopted instead. Each read either succeeds and moves `position`, or throws and
 * leaves `position` where it was: ShortRead when bytes are missing, so that the caller can go on from the same field
 * later; ARCHIVE_FORMAT when the bytes make no sense.
 */
export class ByteReader {
  position = 0;
  /** Bytes of an integer without its sign byte; the header says. */
  intSize = 4;
  /** Said behind each field in errors, such as ` of TOC entry 3 of 53`. */
  context = '';
  /** How strings are written; the TOC says. */
  decodeText: DecodeText = decodeUtf8;
  private readonly short = new ShortRead('more bytes are needed');
  private store: Buffer = Buffer.alloc(0);
  private filled = 0;
  private isAdopted = false;

  /** Bytes appended so far. */
  get size(): number {
    return this.filled;
  }

  append(bytes: Buffer): void {
    const wanted = this.filled + bytes.length;
    if (wanted > this.store.length) {
      const larger = Buffer.allocUnsafe(Math.max(wanted, this.store.length * 2, 4096));
      this.store.copy(larger, 0, 0, this.filled);
      this.store = larger;
    }
    bytes.copy(this.store, this.filled);
    this.filled = wanted;
  }

  /** Reads these bytes where they are, instead of a copy; nothing can be appended, and nobody may change them any more. */
  adopt(bytes: Buffer): void {
    this.store = bytes;
    this.filled = bytes.length;
    this.isAdopted = true;
  }

  /** The bytes [start, end): a copy, but for bytes that were adopted. */
  take(start: number, end: number): Buffer {
    const bytes = this.store.subarray(start, Math.min(end, this.filled));
    return this.isAdopted ? bytes : Buffer.from(bytes);
  }

  /** The byte at `at`, which has been read already. */
  peek(at: number): number {
    return this.store[at] ?? 0;
  }

  /** Empties the store. */
  release(): void {
    this.store = Buffer.alloc(0);
    this.filled = 0;
    this.isAdopted = false;
  }

  byte(field: string): number {
    this.need(1, field);
    return this.store[this.position++] ?? 0;
  }

  skip(bytes: number, field: string): void {
    this.need(bytes, field);
    this.position += bytes;
  }

  /** An integer of at least `least` and at most 2147483647. */
  int(field: string, least: number): number {
    const value = this.peekInt(field, least);
    this.position += 1 + this.intSize;
    return value;
  }

  /** A string; null is an archive's length of -1. */
  string(field: string): string | null {
    const length = this.peekInt(field, -1);
    if (length > MAX_STRING_BYTES)
      throw this.refuse(field, `a string of ${length} bytes (at most ${MAX_STRING_BYTES})`);
    const size = 1 + this.intSize + Math.max(length, 0);
    this.need(size, field);
    const start = this.position + 1 + this.intSize;
    this.position += size;
    if (length === 0) return '';
    return length === -1 ? null : this.decodeText(this.store, start, this.position);
  }

  /** The error for a field that begins at `position`. */
  refuse(field: string, problem: string, at = this.position): Error {
    return formatError(at, field + this.context, problem);
  }

  private peekInt(field: string, least: number): number {
    this.need(1 + this.intSize, field);
    const value = decodeInt(this.store, this.position, this.intSize);
    if (value >= least && value <= MAX_INT) return value;
    throw this.refuse(field, Number.isNaN(value) ? 'an impossible integer' : `the number ${value}`);
  }

  private need(bytes: number, field: string): void {
    const end = this.position + bytes;
    if (end > MAX_HEAD_BYTES) throw this.refuse(field, `a header and TOC of more than ${MAX_HEAD_BYTES} bytes`);
    if (end <= this.filled) return;
    this.short.neededBytes = end;
    this.short.field = field + this.context;
    throw this.short;
  }
}
