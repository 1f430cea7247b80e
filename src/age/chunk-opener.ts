import { openChunk, SEALED_CHUNK_BYTES, type PayloadShape } from './payload.js';

/** Opens chunks that follow each other, from pieces as a network brings them. */
export class ChunkOpener {
  private held: Buffer[] = [];
  private heldBytes = 0;

  /** `index`: the number of the first chunk that comes. */
  constructor(
    private readonly key: Buffer,
    private readonly shape: PayloadShape,
    private index: number,
  ) {}

  /** What is in the chunks that are complete by now, in order; null for one that is not what was sealed. Then no more is pushed. */
  push(piece: Buffer): (Buffer | null)[] {
    const opened: (Buffer | null)[] = [];
    for (let rest = piece; rest.length > 0;) {
      const taken = rest.subarray(0, this.chunkBytes() - this.heldBytes);
      this.held.push(taken);
      this.heldBytes += taken.length;
      rest = rest.subarray(taken.length);
      if (this.heldBytes === this.chunkBytes()) opened.push(this.open());
    }
    return opened;
  }

  private open(): Buffer | null {
    const [first] = this.held;
    const sealed = this.held.length === 1 && first !== undefined ? first : Buffer.concat(this.held);
    const opened = openChunk(this.key, this.index, this.isLast(), sealed);
    this.held = [];
    this.heldBytes = 0;
    this.index += 1;
    return opened;
  }

  private isLast(): boolean {
    return this.index === this.shape.chunks - 1;
  }

  private chunkBytes(): number {
    return this.isLast() ? this.shape.sealedBytes - this.index * SEALED_CHUNK_BYTES : SEALED_CHUNK_BYTES;
  }
}
