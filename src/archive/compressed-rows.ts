import * as zlib from 'node:zlib';
import { damagedError } from './archive-errors.js';
import { CopyTail, TERMINATOR_NEWLINES } from './copy-tail.js';
import { NewlineCounter } from './newlines.js';
import type { CompressionAlgorithm } from './types.js';

type Inflater = zlib.Inflate | zlib.ZstdDecompress;
type Algorithm = 'gzip' | 'zstd';

const OPTIONS = { chunkSize: 64 * 1024 };

/** A block that is decompressed at once, without a stream, may become this large, bytes. */
const SMALL_OPTIONS = { maxOutputLength: 1024 * 1024, chunkSize: 16 * 1024, info: true } as const;

/**
 * Counts the rows of one compressed block by decompressing it.
 *
 * Buffering: write() collects, flush() hands what was collected to a decompressor stream in one piece, and waits while that
 * has more than it can take; the rows themselves are dropped as soon as they are counted. A block that ends before the
 * first flush() is small and is decompressed at once: a stream for each of many tiny tables costs time and memory.
 */
export class CompressedRows {
  private readonly newlines = new NewlineCounter();
  private readonly tail = new CopyTail();
  private inflater: Inflater | null = null;
  private finished: Promise<void> = Promise.resolve();
  private collected: Buffer[] = [];
  private compressedBytes = 0;
  private count = 0;
  private failure: Error | null = null;
  private wake: (() => void) | null = null;

  /** Null where the contents cannot be read: lz4, and zstd before Node 22.15. `name` is said in errors. */
  static open(algorithm: CompressionAlgorithm, name: string): CompressedRows | null {
    const readable = algorithm === 'gzip' || (algorithm === 'zstd' && 'createZstdDecompress' in zlib);
    return readable ? new CompressedRows(algorithm, name) : null;
  }

  private constructor(
    private readonly algorithm: Algorithm,
    private readonly name: string,
  ) {}

  /** Newlines seen so far. */
  get rowsSeen(): number {
    return this.count;
  }

  /** Compressed bytes; they must stay as they are until flush() or end() is called. */
  write(bytes: Buffer): void {
    this.collected.push(bytes);
    this.compressedBytes += bytes.length;
  }

  /** Throws ARCHIVE_DAMAGED. */
  async flush(): Promise<void> {
    this.throwFailure();
    const piece = this.takeCollected();
    if (piece.length === 0) return;
    this.inflater ??= this.openInflater();
    if (this.inflater.write(piece)) return;
    await new Promise<void>((resolve) => {
      this.wake = resolve;
    });
    this.wake = null;
    this.throwFailure();
  }

  /** The rows of the block; null when it is not complete COPY text. Throws ARCHIVE_DAMAGED. */
  async end(): Promise<number | null> {
    if (this.inflater !== null || !this.inflateAtOnce()) {
      await this.flush();
      this.inflater ??= this.openInflater();
      this.inflater.end();
      await this.finished;
      this.throwFailure();
      if (this.inflater.bytesWritten !== this.compressedBytes) throw damagedError(this.name, 'go on behind their end');
    }
    return this.tail.terminated() ? this.count - TERMINATOR_NEWLINES : null;
  }

  /** False, and nothing counted, when the contents are too large for that or damaged: the stream says what is wrong. */
  private inflateAtOnce(): boolean {
    const piece = this.takeCollected();
    const text = inflateSmall(this.algorithm, piece);
    if (text === null) this.collected = [piece];
    else this.add(text);
    return text !== null;
  }

  private openInflater(): Inflater {
    const inflater = this.algorithm === 'gzip' ? zlib.createInflate(OPTIONS) : zlib.createZstdDecompress(OPTIONS);
    inflater.on('data', (text: Buffer) => {
      this.add(text);
    });
    inflater.on('drain', () => this.wake?.());
    this.finished = new Promise((resolve) => {
      inflater.once('end', resolve);
      inflater.on('error', (error) => {
        this.failure = damagedError(this.name, `cannot be decompressed (${error.message})`, error);
        resolve();
        this.wake?.();
      });
    });
    return inflater;
  }

  private add(text: Buffer): void {
    this.newlines.attach(text);
    this.count += this.newlines.count(0, text.length);
    this.tail.push(text, 0, text.length);
  }

  private takeCollected(): Buffer {
    const piece = Buffer.concat(this.collected);
    this.collected = [];
    return piece;
  }

  private throwFailure(): void {
    if (this.failure !== null) throw this.failure;
  }
}

/** The contents of a small block; null when they are too large, damaged, or followed by something else. */
function inflateSmall(algorithm: Algorithm, piece: Buffer): Buffer | null {
  const inflate = algorithm === 'gzip' ? zlib.inflateSync : zlib.zstdDecompressSync;
  try {
    const result: unknown = inflate(piece, SMALL_OPTIONS);
    return isWithEngine(result) && result.engine.bytesWritten === piece.length ? result.buffer : null;
  } catch {
    return null;
  }
}

/** What zlib's `info` option makes of a result. */
function isWithEngine(result: unknown): result is { buffer: Buffer; engine: { bytesWritten: number } } {
  return typeof result === 'object' && result !== null && 'buffer' in result && 'engine' in result;
}
