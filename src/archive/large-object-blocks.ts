import { formatError } from './archive-errors.js';
import { blockHeader, LARGE_OBJECTS_BLOCK } from './block-header.js';
import { HeadParser } from './head.js';
import { IntegerAssembler, MAX_INT, shownInt } from './integers.js';
import type { TocEntry } from './types.js';

type State = 'block type' | 'dump id' | 'object oid' | 'chunk length' | 'chunk';

/**
 * Takes the blocks of large objects out of one archive to put them into another one of the same database, whose entries have
 * other dump ids: only those are written anew. Buffering: the head; an integer that the end of a chunk cuts.
 */
export class LargeObjectBlocks {
  private readonly head = new HeadParser();
  private int = new IntegerAssembler(4);
  private sources: readonly TocEntry[] | null = null;
  private state: State = 'block type';
  private chunkLeft = 0;
  private blocks = 0;

  /** `entries`: those of the other archive, in its order. */
  constructor(private readonly entries: readonly TocEntry[]) {}

  /** True once all blocks have come to their end. */
  get isComplete(): boolean {
    return this.blocks === this.entries.length && this.state === 'block type';
  }

  /** Takes the archive's next bytes; yields those of its blocks. Throws ARCHIVE_FORMAT when it has other blocks than are wanted. */
  *push(bytes: Buffer): Generator<Buffer> {
    if (this.sources !== null) {
      yield* this.blocksIn(bytes);
      return;
    }
    const head = this.head.push(bytes);
    if (head === null) return;
    this.int = new IntegerAssembler(head.header.intSize);
    this.sources = head.entries.filter(({ hasData }) => hasData);
    const isSame =
      this.sources.length === this.entries.length &&
      this.sources.every(({ desc, tag }, index) => desc === 'BLOBS' && tag === this.entries[index]?.tag);
    if (!isSame) throw formatError(head.bytes.length, 'the large objects', 'other entries than in the first dump');
    yield* this.blocksIn(this.head.rest);
  }

  private *blocksIn(bytes: Buffer): Generator<Buffer> {
    let from = 0;
    for (let at = 0; at < bytes.length;) {
      if (this.state === 'chunk') {
        const taken = Math.min(this.chunkLeft, bytes.length - at);
        at += taken;
        this.chunkLeft -= taken;
        if (this.chunkLeft === 0) this.state = 'chunk length';
      } else if (this.state === 'block type') {
        if (at > from) yield bytes.subarray(from, at);
        this.blockType(bytes[at] ?? 0);
        at += 1;
        from = at;
      } else {
        const begunAt = at;
        at = this.int.feed(bytes, at);
        if (this.state === 'dump id') from = at;
        if (!this.int.done) continue;
        if (this.state === 'dump id') yield this.newHeader();
        else this.integer(this.int.value, begunAt);
      }
    }
    if (from < bytes.length) yield bytes.subarray(from);
  }

  private blockType(type: number): void {
    if (type !== LARGE_OBJECTS_BLOCK || this.blocks === this.entries.length)
      throw this.impossible(`block type ${type}`);
    this.state = 'dump id';
  }

  /** The dump id is complete: that of our own entry takes its place. */
  private newHeader(): Buffer {
    const entry = this.entries[this.blocks];
    if (entry === undefined || this.int.value !== this.sources?.[this.blocks]?.dumpId) {
      throw this.impossible(`dump id ${shownInt(this.int.value)}`);
    }
    this.state = 'object oid';
    return blockHeader('large-objects', entry.dumpId, this.head.head?.header.intSize ?? 4);
  }

  private integer(value: number, at: number): void {
    if (Number.isNaN(value)) throw this.impossible(`no integer at byte ${at} of what pg_dump wrote`);
    if (this.state === 'object oid') {
      this.state = value === 0 ? 'block type' : 'chunk length';
      if (value === 0) this.blocks += 1;
      return;
    }
    if (value < 0 || value > MAX_INT) throw this.impossible(`a chunk length of ${shownInt(value)}`);
    this.chunkLeft = value;
    this.state = value === 0 ? 'object oid' : 'chunk';
  }

  private impossible(problem: string): Error {
    return formatError(0, 'the large objects', problem);
  }
}
