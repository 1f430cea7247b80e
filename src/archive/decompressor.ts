import * as zlib from 'node:zlib';
import { damagedError } from './archive-errors.js';
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

/** True where Node can read what this algorithm has made: not lz4, and zstd from Node 22.15 on. */
export function isReadable(algorithm: CompressionAlgorithm): algorithm is Algorithm {
  return algorithm === 'gzip' || (algorithm === 'zstd' && 'createZstdDecompress' in zlib);
}

/**
 * Decompresses the contents of one block, which in zstd may be many frames, one behind the other.
 *
 * Buffering: write() collects, flush() hands what was collected to a decompressor stream in one piece, and waits until that
 * has used it up; what comes out is handed on at once. A block that ends before the
 * first flush() is small and is decompressed at once: a stream for each of many tiny tables costs time and memory.
 */
export class Decompressor {
  private inflater: Inflater | null = null;
  private finished: Promise<void> = Promise.resolve();
  private collected: Buffer[] = [];
  private collectedBytes = 0;
  /** Where in what was collected chunks of the archive end. */
  private chunkEnds = new Set<number>();
  private failure: Error | null = null;

  /** `name` is said in errors. */
  constructor(
    private readonly algorithm: Algorithm,
    private readonly name: string,
    private readonly onText: (text: Buffer) => void,
  ) {}

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

  /** All has been written. Throws ARCHIVE_DAMAGED. */
  async end(): Promise<void> {
    this.throwFailure();
    const collected = this.takeCollected();
    if (this.inflater !== null || !this.inflateAtOnce(collected)) {
      await this.inflateAll(collected);
      this.inflater ??= this.openInflater();
      this.inflater.end();
      await this.endInflater();
    }
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
    if (text !== null) this.onText(text);
    return text !== null;
  }

  private openInflater(): Inflater {
    const inflater = this.algorithm === 'gzip' ? zlib.createInflate(OPTIONS) : zlib.createZstdDecompress(OPTIONS);
    inflater.on('data', (text: Buffer) => {
      this.onText(text);
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
