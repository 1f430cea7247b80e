import type { Block, BlockPool } from './block-pool.js';

/** A block with less room than this is not read into any more: reads would become small. */
const LEAST_ROOM_BYTES = 64 * 1024;
const NEWLINE = 10;

/** What is done with the rows. */
export interface RowReceiver {
  /** The next bytes of the section. `block` is to be released once they are used. */
  rows(bytes: Buffer, block: Block): void;
  /** The section has ended, with a whole row; `ending` is the letter that stands behind its marker. */
  sectionEnd(ending: string): void;
}

/** Behind each marker: a letter, and the end of the line. */
const ENDING_BYTES = 2;

/**
 * Cuts what psql writes into sections, each of which ends in a line that is the marker and a letter, and their bytes into stretches
 * as long as blocks allow. Nothing is copied but what may be the beginning of a marker, where the end of a block cuts it; with
 * `wholeRows` the beginning of a row that it cuts, so that a stretch ends inside of a row only where that is longer than a block.
 */
export class RowCutter {
  private block: Block;
  private spare: Block | null;
  /** Where in the block what has not been handed on begins, and where it ends. */
  private start = 0;
  private used = 0;

  constructor(
    private readonly pool: BlockPool,
    private readonly marker: Buffer,
    private readonly wholeRows: boolean,
    private readonly receiver: RowReceiver,
    blocks: readonly [Block, Block],
  ) {
    [this.block, this.spare] = blocks;
  }

  /** Where the next bytes go. */
  room(): Buffer {
    return this.block.buffer.subarray(this.used);
  }

  /** The first `length` bytes of the room have been filled. */
  filled(length: number): void {
    const { buffer } = this.block;
    const searched = Math.max(this.start, this.used - this.endBytes + 1);
    this.used += length;
    const text = buffer.subarray(0, this.used);
    for (let from = searched; ;) {
      const at = text.indexOf(this.marker, from);
      // The rest of the line may be still to come.
      if (at === -1 || at + this.endBytes > this.used) break;
      this.hand(at);
      this.start = at + this.endBytes;
      this.receiver.sectionEnd(text.toString('latin1', at + this.marker.length, this.start - 1));
      from = this.start;
    }
    if (buffer.length - this.used < LEAST_ROOM_BYTES) this.turn();
  }

  /** False: there is no block to go on with when this one is full; reading has to wait for `lend`. */
  get hasSpare(): boolean {
    this.spare ??= this.pool.tryTake();
    return this.spare !== null;
  }

  lend(block: Block): void {
    if (this.spare === null) this.spare = block;
    else this.pool.release(block);
  }

  private get endBytes(): number {
    return this.marker.length + ENDING_BYTES;
  }

  /** Goes on in the next block. */
  private turn(): void {
    const { spare, block } = this;
    if (spare === null) return;
    const cut = this.cutAt();
    this.hand(cut);
    const carried = block.buffer.copy(spare.buffer, 0, cut, this.used);
    this.pool.release(block);
    this.block = spare;
    this.spare = null;
    this.start = 0;
    this.used = carried;
  }

  /** At the end, behind the last whole row, or where a marker may begin that is not all here. */
  private cutAt(): number {
    const text = this.block.buffer.subarray(this.start, this.used);
    const behindRow = text.lastIndexOf(NEWLINE) + 1;
    const rest = text.subarray(behindRow);
    const begun = rest.subarray(0, this.marker.length);
    const mayBeMarker = rest.length < this.endBytes && this.marker.subarray(0, begun.length).equals(begun);
    const isCut = mayBeMarker || (this.wholeRows && behindRow > 0);
    return isCut ? this.start + behindRow : this.used;
  }

  private hand(end: number): void {
    if (end === this.start) return;
    this.block.users += 1;
    this.receiver.rows(this.block.buffer.subarray(this.start, end), this.block);
    this.start = end;
  }
}
