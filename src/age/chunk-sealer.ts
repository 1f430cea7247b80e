import { CHUNK_BYTES, sealChunk } from './payload.js';

/**
 * Cuts bytes into chunks and seals them. The last one is sealed otherwise than all before it, so a full chunk is held until
 * something follows it.
 */
export class ChunkSealer {
  private readonly held = Buffer.allocUnsafeSlow(CHUNK_BYTES);
  private filled = 0;
  private index = 0;

  constructor(private readonly key: Buffer) {}

  /** The pieces of the chunks that are complete by now, in order. `bytes` may be used again afterwards. */
  push(bytes: Uint8Array): Buffer[] {
    const pieces: Buffer[] = [];
    for (let rest = bytes; rest.length > 0;) {
      if (this.filled === CHUNK_BYTES) {
        pieces.push(...this.seal(this.held, false));
        this.filled = 0;
      }
      if (this.filled === 0 && rest.length > CHUNK_BYTES) {
        pieces.push(...this.seal(rest.subarray(0, CHUNK_BYTES), false));
        rest = rest.subarray(CHUNK_BYTES);
        continue;
      }
      const taken = rest.subarray(0, CHUNK_BYTES - this.filled);
      this.held.set(taken, this.filled);
      this.filled += taken.length;
      rest = rest.subarray(taken.length);
    }
    return pieces;
  }

  /** The pieces of the last chunk. Nothing is pushed after that. */
  end(): Buffer[] {
    return this.seal(this.held.subarray(0, this.filled), true);
  }

  private seal(bytes: Uint8Array, isLast: boolean): Buffer[] {
    const pieces = sealChunk(this.key, this.index, isLast, bytes);
    this.index += 1;
    return pieces;
  }
}
