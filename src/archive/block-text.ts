import { damagedError } from './archive-errors.js';
import { blockHeader } from './block-header.js';
import { Decompressor, isReadable } from './decompressor.js';
import { IntegerAssembler, MAX_INT } from './integers.js';
import { RowGatherer } from './row-gatherer.js';
import type { ArchiveHeader } from './types.js';

/** Whether Node can make COPY text of this archive's blocks. */
export function hasReadableText({ compression }: ArchiveHeader): boolean {
  return compression.algorithm === 'none' || isReadable(compression.algorithm);
}

/**
 * The rows of one complete table block (as frameSlice makes it) as COPY text, without the terminator. Throws ARCHIVE_DAMAGED,
 * with `name`, where the block is no such text: before anything is yielded that stands behind a line `\.`.
 */
export async function* blockText(
  header: ArchiveHeader,
  name: string,
  block: AsyncIterable<Buffer>,
): AsyncGenerator<Buffer> {
  const { algorithm } = header.compression;
  const rows = new RowGatherer();
  const texts: Buffer[] = [];
  const decompressor = isReadable(algorithm) ? new Decompressor(algorithm, name, (text) => texts.push(text)) : null;
  const chunks = new ChunkReader(header.intSize, name);
  for await (const bytes of block) {
    for (const { contents, endsChunk } of chunks.push(bytes)) {
      if (decompressor === null) yield* rows.push(contents);
      else decompressor.write(contents, endsChunk);
    }
    await decompressor?.flush();
    for (const text of texts.splice(0)) yield* rows.push(text);
  }
  chunks.end();
  await decompressor?.end();
  for (const text of texts.splice(0)) yield* rows.push(text);
  const last = rows.end();
  if (last === null) throw damagedError(name, 'are no complete rows of COPY');
  if (last.length > 0) yield last;
}

/** Takes the frames off a table's block. */
class ChunkReader {
  private readonly int: IntegerAssembler;
  /** Of the header. */
  private skipping: number;
  private left = 0;
  private ended = false;

  constructor(
    intSize: number,
    private readonly name: string,
  ) {
    this.int = new IntegerAssembler(intSize);
    this.skipping = blockHeader('table', 0, intSize).length;
  }

  *push(bytes: Buffer): Generator<{ contents: Buffer; endsChunk: boolean }> {
    for (let at = 0; at < bytes.length;) {
      if (this.ended) throw damagedError(this.name, 'go on behind their end');
      if (this.skipping > 0) {
        const skipped = Math.min(this.skipping, bytes.length - at);
        this.skipping -= skipped;
        at += skipped;
      } else if (this.left > 0) {
        const contents = bytes.subarray(at, at + this.left);
        this.left -= contents.length;
        at += contents.length;
        yield { contents, endsChunk: this.left === 0 };
      } else {
        at = this.int.feed(bytes, at);
        if (this.int.done) this.accept(this.int.value);
      }
    }
  }

  /** Throws when the block is not complete. */
  end(): void {
    if (!this.ended) throw damagedError(this.name, 'end too early');
  }

  private accept(length: number): void {
    if (!(length >= 0 && length <= MAX_INT)) throw damagedError(this.name, 'have a chunk of an impossible length');
    this.left = length;
    this.ended = length === 0;
  }
}
