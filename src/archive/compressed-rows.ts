import * as zlib from 'node:zlib';
import { damagedError } from './archive-errors.js';
import { CopyTail, TERMINATOR_NEWLINES } from './copy-tail.js';
import { NewlineCounter } from './newlines.js';
import type { CompressionAlgorithm } from './types.js';

type Inflater = zlib.Inflate | zlib.ZstdDecompress;
type Algorithm = 'gzip' | 'zstd';

/** Compressed bytes that have come together. */
interface Collected {
  bytes: Buffer;
  /** A frame may end at this byte, and another one begin: pg_restore leaves a chunk where a frame ends, and what follows would be lost. */
  mayEnd: (at: number) => boolean;
}

const OPTIONS = { chunkSize: 64 * 1024 };

/** A block that is decompressed at once, without a stream, may become this large, bytes. */
const SMALL_OPTIONS = { maxOutputLength: 1024 * 1024, chunkSize: 16 * 1024, info: true } as const;

/**
 * Counts the rows of one compressed block by decompressing it. Those of zstd may be many frames, one behind the other.
 *
 * Buffering: write() collects, flush() hands what was collected to a decompressor stream in one piece, and waits until that
 * has used it up; the rows themselves are dropped as soon as they are counted. A block that ends before the
 * first flush() is small and is decompressed at once: a stream for each of many tiny tables costs time and memory.
 */
export class CompressedRows {
  private readonly newlines = new NewlineCounter();
  private readonly tail = new CopyTail();
  private inflater: Inflater | null = null;
  private finished: Promise<void> = Promise.resolve();
  private collected: Buffer[] = [];
  private collectedBytes = 0;
  /** Where in what was collected chunks of the archive end. */
  private chunkEnds = new Set<number>();
  private count = 0;
  private failure: Error | null = null;

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

  /** Compressed bytes; they must stay as they are until flush() or end() is called. `endsChunk`: of the archive's chunks. */
  write(bytes: Buffer, endsChunk: boolean): void {
    this.collected.push(bytes);
    this.collectedBytes += bytes.length;
    if (endsChunk) this.chunkEnds.add(this.collectedBytes);
  }

  /** Throws ARCHIVE_DAMAGED. */
  async flush(): Promise<void> {
    this.throwFailure();
    await this.inflateAll(this.takeCollected());
  }

  private async inflateAll({ bytes, mayEnd }: Collected): Promise<void> {
    for (let at = 0; at < bytes.length;) {
      this.inflater ??= this.openInflater();
      at += await this.inflate(this.inflater, bytes.subarray(at));
      if (at === bytes.length) return;
      // A decompressor ends with the frame that it has begun.
      if (!mayEnd(at)) throw damagedError(this.name, 'go on behind their end');
      await this.endInflater();
    }
  }

  /** The rows of the block; null when it is not complete COPY text. Throws ARCHIVE_DAMAGED. */
  async end(): Promise<number | null> {
    this.throwFailure();
    const collected = this.takeCollected();
    if (this.inflater !== null || !this.inflateAtOnce(collected)) {
      await this.inflateAll(collected);
      this.inflater ??= this.openInflater();
      this.inflater.end();
      await this.endInflater();
    }
    return this.tail.terminated() ? this.count - TERMINATOR_NEWLINES : null;
  }

  /** How many bytes of the piece it took. */
  private async inflate(inflater: Inflater, piece: Buffer): Promise<number> {
    const before = inflater.bytesWritten;
    const written = new Promise<void>((resolve) => {
      inflater.write(piece, () => {
        resolve();
      });
    });
    // One that fails does not call back.
    await Promise.race([written, this.finished]);
    this.throwFailure();
    return inflater.bytesWritten - before;
  }

  /** It has come to its end, or comes to it. */
  private async endInflater(): Promise<void> {
    await this.finished;
    this.inflater = null;
    this.throwFailure();
  }

  /** False, and nothing counted, when the contents are too large for that or damaged: the stream says what is wrong. */
  private inflateAtOnce(collected: Collected): boolean {
    const text = inflateSmall(this.algorithm, collected);
    if (text !== null) this.add(text);
    return text !== null;
  }

  private openInflater(): Inflater {
    const inflater = this.algorithm === 'gzip' ? zlib.createInflate(OPTIONS) : zlib.createZstdDecompress(OPTIONS);
    inflater.on('data', (text: Buffer) => {
      this.add(text);
    });
    this.finished = new Promise((resolve) => {
      inflater.once('end', resolve);
      inflater.on('error', (error) => {
        this.failure = damagedError(this.name, `cannot be decompressed (${error.message})`, error);
        resolve();
      });
    });
    return inflater;
  }

  private add(text: Buffer): void {
    this.newlines.attach(text);
    this.count += this.newlines.count(0, text.length);
    this.tail.push(text, 0, text.length);
  }

  private takeCollected(): Collected {
    const { chunkEnds, algorithm } = this;
    const bytes = Buffer.concat(this.collected);
    this.collected = [];
    this.collectedBytes = 0;
    this.chunkEnds = new Set();
    return { bytes, mayEnd: (at) => algorithm === 'zstd' && chunkEnds.has(at) };
  }

  private throwFailure(): void {
    if (this.failure !== null) throw this.failure;
  }
}

/** The contents of a small block; null when they are too large, damaged, or followed by something else. */
function inflateSmall(algorithm: Algorithm, { bytes, mayEnd }: Collected): Buffer | null {
  const inflate = algorithm === 'gzip' ? zlib.inflateSync : zlib.zstdDecompressSync;
  const frames: Buffer[] = [];
  try {
    for (let at = 0; at < bytes.length || at === 0;) {
      const result: unknown = inflate(bytes.subarray(at), SMALL_OPTIONS);
      if (!isWithEngine(result) || result.engine.bytesWritten === 0) return null;
      at += result.engine.bytesWritten;
      if (at < bytes.length && !mayEnd(at)) return null;
      frames.push(result.buffer);
    }
    return Buffer.concat(frames);
  } catch {
    return null;
  }
}

/** What zlib's `info` option makes of a result. */
function isWithEngine(result: unknown): result is { buffer: Buffer; engine: { bytesWritten: number } } {
  return typeof result === 'object' && result !== null && 'buffer' in result && 'engine' in result;
}
