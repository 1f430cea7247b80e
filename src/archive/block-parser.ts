import { PhaseliftError } from '../foundation/errors.js';
import { formatError, truncatedError } from './archive-errors.js';
import { LARGE_OBJECTS_BLOCK, TABLE_BLOCK } from './block-header.js';
import type { CompressedRows } from './compressed-rows.js';
import { entryName } from './entry-title.js';
import { IntegerAssembler, MAX_INT, shownInt } from './integers.js';
import type { MapperOptions } from './mapper-options.js';
import { NewlineCounter } from './newlines.js';
import { openBlock, rowsOf, takeContents, type OpenBlock } from './open-block.js';
import type { SegmentContents } from './segmenter.js';
import type { ToldRows, ToldRun } from './told-rows.js';
import type { ArchiveHead, BlockMap, TocEntry } from './types.js';

const NO_BYTES = Buffer.alloc(0);

/** What the next bytes are. */
type State = 'block type' | 'dump id' | 'object oid' | 'chunk length' | 'chunk';

/**
 * Maps the data blocks behind the head. Source: pg_backup_custom.c.
 *
 * Buffering: none but an integer that is cut by the end of a chunk. Contents of blocks are counted and hashed where they
 * lie; only compressed ones are handed on, to a decompressor, and then push() waits as long as that is full.
 */
export class BlockParser {
  readonly blocks: BlockMap[] = [];
  private readonly expected = new Map<number, TocEntry>();
  private readonly newlines = new NewlineCounter();
  private readonly int: IntegerAssembler;
  private state: State = 'block type';
  private blockKind: BlockMap['kind'] = 'table';
  private blockAt = 0;
  private block: OpenBlock | null = null;
  private chunkLeft = 0;
  private objects = 0;
  private objectsBefore = 0;
  private rowsOfBlocks = 0;
  /** Where in the archive the current chunk begins. */
  private base: number;
  private waiting: Promise<void> | null = null;

  constructor(
    private readonly head: ArchiveHead,
    private readonly options: Readonly<Required<MapperOptions>>,
  ) {
    this.int = new IntegerAssembler(head.header.intSize);
    this.base = head.bytes.length;
    for (const entry of head.entries) if (entry.hasData) this.expected.set(entry.dumpId, entry);
  }

  /** Rows of tables so far, as far as they can be counted. */
  get rowsSeen(): number {
    const { plain, compressed, told } = this.block ?? {};
    return this.rowsOfBlocks + (plain?.rowsSeen ?? compressed?.rowsSeen ?? told?.rowsSeen ?? 0);
  }

  /** See ArchiveMapper.tell. */
  tell(run: ToldRun): void {
    this.toldBlock().told.add(run);
  }

  /** See ArchiveMapper.endSegment. */
  endSegment(): void {
    const { told, segmenter } = this.toldBlock();
    segmenter.cut(NO_BYTES, 0, this.base, told.cut(), 0);
  }

  private toldBlock(): OpenBlock & { told: ToldRows } {
    const { block } = this;
    if (block?.told === undefined || block.told === null || this.state !== 'chunk length' || this.int.started) {
      throw new PhaseliftError('INTERNAL', `nothing can be told of a compressed table at byte ${this.base}`);
    }
    return { ...block, told: block.told };
  }

  /** Takes the next bytes; null when there is nothing to wait for. */
  push(chunk: Buffer): Promise<void> | null {
    this.newlines.attach(chunk);
    return this.goOn(chunk, this.consume(chunk, 0));
  }

  /** The chunk has been gone through up to `at`. */
  private goOn(chunk: Buffer, at: number): Promise<void> | null {
    if (this.waiting !== null) return this.wait(chunk, at, this.waiting);
    this.block?.segmenter.suspend(chunk);
    this.block?.plain?.settle();
    this.base += chunk.length;
    return this.block?.compressed?.flush() ?? null;
  }

  private async wait(chunk: Buffer, at: number, waiting: Promise<void>): Promise<void> {
    await waiting;
    this.waiting = null;
    await this.goOn(chunk, this.consume(chunk, at));
  }

  /** The blocks, when the archive may end here. Throws ARCHIVE_TRUNCATED naming where it ends and what is missing. */
  end(): BlockMap[] {
    const missing = [...this.expected.values()];
    const first = missing[0];
    if (this.block !== null) {
      const name = entryName(this.block.entry);
      throw truncatedError(
        this.base,
        `in the ${this.state} of ${name}, whose data begins at byte ${this.block.offset}`,
        name,
      );
    }
    if (this.state !== 'block type')
      throw truncatedError(this.base, `in the header of the data block at byte ${this.blockAt}`);
    if (first !== undefined) {
      const more = missing.length > 1 ? ` and of ${missing.length - 1} more entries` : '';
      throw truncatedError(this.base, `without the data of ${entryName(first)}${more}`, entryName(first));
    }
    return this.blocks;
  }

  /** Goes through the chunk from `at`, until its end or until there is something to wait for; returns how far it came. */
  private consume(chunk: Buffer, from: number): number {
    let at = from;
    while (at < chunk.length && this.waiting === null) {
      if (this.state === 'chunk') {
        const to = Math.min(chunk.length, at + this.chunkLeft);
        this.chunkLeft -= to - at;
        if (this.block !== null) takeContents(this.block, chunk, at, to, this.base, this.chunkLeft);
        at = to;
        if (this.chunkLeft === 0) this.state = 'chunk length';
      } else if (this.state === 'block type') {
        this.blockType(chunk[at] ?? 0, this.base + at);
        at++;
      } else {
        at = this.int.feed(chunk, at);
        if (this.int.done) this.integer(this.int.value, chunk, at);
      }
    }
    return at;
  }

  private blockType(type: number, at: number): void {
    if (type !== TABLE_BLOCK && type !== LARGE_OBJECTS_BLOCK)
      throw formatError(at, 'the data blocks', `block type ${type}`);
    this.blockKind = type === TABLE_BLOCK ? 'table' : 'large-objects';
    this.blockAt = at;
    this.state = 'dump id';
  }

  /** An integer is complete; `at` is where the chunk goes on behind it. */
  private integer(value: number, chunk: Buffer, at: number): void {
    const { block } = this;
    if (block === null) this.beginBlock(value, at);
    else if (this.state === 'chunk length') this.chunkLength(block, value, chunk, at);
    else this.objectOid(block, value, chunk, at);
  }

  private beginBlock(dumpId: number, at: number): void {
    const entry = this.expected.get(dumpId);
    if (entry === undefined) {
      const repeated = this.blocks.some((block) => block.dumpId === dumpId);
      const what = repeated ? 'a second block of' : 'no entry with data has';
      throw this.impossible(null, at, `${what} dump id ${dumpId}`);
    }
    if ((entry.desc === 'BLOBS') !== (this.blockKind === 'large-objects')) {
      throw this.impossible(null, at, `a block of ${this.blockKind} for ${entryName(entry)}`);
    }
    this.expected.delete(dumpId);
    const where = { kind: this.blockKind, offset: this.blockAt, at };
    this.block = openBlock(entry, where, this.head.header, this.options, this.newlines);
    this.objects = 0;
    this.objectsBefore = 0;
    this.state = this.blockKind === 'table' ? 'chunk length' : 'object oid';
  }

  private chunkLength(block: OpenBlock, length: number, chunk: Buffer, at: number): void {
    if (length > 0 && length <= MAX_INT) {
      this.chunkLeft = length;
      this.state = 'chunk';
    } else if (length !== 0) {
      throw this.impossible(block, at, `a chunk length of ${shownInt(length)}`);
    } else if (block.kind === 'large-objects') {
      this.endObject(block, chunk, at);
    } else {
      this.endTable(block, chunk, at);
    }
  }

  private endObject(block: OpenBlock, chunk: Buffer, at: number): void {
    this.objects++;
    this.state = 'object oid';
    const end = this.base + at;
    if (end - block.segmenter.start < block.segmentBytes) return;
    block.segmenter.cut(chunk, at, end, { rows: this.objects - this.objectsBefore }, 0);
    this.objectsBefore = this.objects;
  }

  /** Zero ends the block; oids above 2147483647 come as negative numbers. */
  private objectOid(block: OpenBlock, oid: number, chunk: Buffer, at: number): void {
    if (Number.isNaN(oid)) throw this.impossible(block, at, 'an impossible oid');
    if (oid === 0) this.endBlock(block, chunk, at, this.objects, { rows: this.objects - this.objectsBefore });
    else this.state = 'chunk length';
  }

  private endTable(block: OpenBlock, chunk: Buffer, at: number): void {
    const { rows, last } = rowsOf(block);
    this.rowsOfBlocks += rows ?? 0;
    const map = this.endBlock(block, chunk, at, rows, last);
    if (block.compressed !== null) this.waiting = this.addRows(map, block.compressed);
  }

  private endBlock(
    block: OpenBlock,
    chunk: Buffer,
    at: number,
    rows: number | null,
    last: SegmentContents | null,
  ): BlockMap {
    const { entry, kind, offset, segmenter } = block;
    const end = this.base + at;
    const segments = segmenter.finish(chunk, at, end, last);
    const map: BlockMap = { dumpId: entry.dumpId, kind, offset, length: end - offset, rows, segments };
    this.blocks.push(map);
    this.block = null;
    this.state = 'block type';
    return map;
  }

  /** A compressed block has one segment. */
  private async addRows(map: BlockMap, compressed: CompressedRows): Promise<void> {
    map.rows = await compressed.end();
    for (const segment of map.segments) segment.rows = map.rows;
    this.rowsOfBlocks += map.rows ?? 0;
  }

  /** The integer before `at` makes no sense. */
  private impossible(block: OpenBlock | null, at: number, problem: string): Error {
    const reading = block === null ? `the data block at byte ${this.blockAt}` : `the data of ${entryName(block.entry)}`;
    return formatError(this.base + at - 1 - this.head.header.intSize, reading, problem);
  }
}
