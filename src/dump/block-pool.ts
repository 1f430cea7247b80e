/** A stretch of memory that rows are read into, in use by its reader and by whoever has still to write what is in it. */
export interface Block {
  readonly buffer: Buffer;
  /** How many still need it. */
  users: number;
}

interface Waiter {
  /** Whose turn comes first is served first. */
  order: number;
  taken: (block: Block) => void;
}

/**
 * So many blocks and no more, made when they are first needed. Freed ones go to whoever is waiting with the lowest order. So
 * the reader whose rows are written next always gets on: it has blocks that are being written, and is the first to get them back.
 */
export class BlockPool {
  private made = 0;
  private readonly free: Buffer[] = [];
  private readonly waiters: Waiter[] = [];

  constructor(
    private readonly count: number,
    private readonly blockBytes: number,
  ) {}

  /** A block, with one user; null when all are in use. */
  tryTake(): Block | null {
    if (this.waiters.length > 0) return null;
    return this.next();
  }

  /** Calls `taken` once there is a block: at once, or later. The order of those who wait is that of their numbers. */
  take(order: number, taken: (block: Block) => void): void {
    this.waiters.push({ order, taken });
    this.waiters.sort((a, b) => a.order - b.order);
    this.serve();
  }

  /** One user less; the last one frees the block. */
  release(block: Block): void {
    block.users -= 1;
    if (block.users > 0) return;
    this.free.push(block.buffer);
    this.serve();
  }

  private serve(): void {
    while (this.waiters.length > 0) {
      const block = this.next();
      if (block === null) return;
      this.waiters.shift()?.taken(block);
    }
  }

  private next(): Block | null {
    const buffer = this.free.pop();
    if (buffer !== undefined) return { buffer, users: 1 };
    if (this.made === this.count) return null;
    this.made += 1;
    return { buffer: Buffer.allocUnsafeSlow(this.blockBytes), users: 1 };
  }
}
