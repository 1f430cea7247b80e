import type { ComposedRun } from './archive-composer.js';
import type { Piece } from './pieces.js';

/** What a reader hands to the writer, in the order of the rows. */
export type Handed =
  | {
      kind: 'rows';
      bytes: Buffer;
      /** Gives the memory back; the bytes are not to be used after that. */
      release: () => void;
    }
  /** Rows that are being compressed. */
  | { kind: 'run'; run: Promise<ComposedRun>; release: () => void }
  /** No reader can lock the tables: the session that has the locks is to read them when their turn has come. */
  | { kind: 'held' }
  | { kind: 'end'; piece: Piece; startedAtMs: number; endedAtMs: number };

/** Between a reader and the writer: as long as memory lasts, the one does not wait for the other. */
export class Handover {
  private readonly items: Handed[] = [];
  private failure: { error: unknown } | null = null;
  private isClosed = false;
  private wake: (() => void) | null = null;
  private onTaken: (() => void) | null = null;

  push(item: Handed): void {
    this.items.push(item);
    this.wake?.();
  }

  /** Resolves when less than this many items wait to be taken; throws what the reading failed with. */
  async room(items: number): Promise<void> {
    while (this.items.length >= items && this.failure === null) {
      await new Promise<void>((resolve) => {
        this.onTaken = resolve;
      });
    }
    if (this.failure !== null) throw this.failure.error;
  }

  /** Nothing more comes. */
  close(): void {
    this.isClosed = true;
    this.wake?.();
  }

  /** The reader failed: the writer gets this instead of what has not been taken yet. */
  fail(error: unknown): void {
    this.failure ??= { error };
    this.wake?.();
    this.onTaken?.();
  }

  /** The next item; null at the end. Throws what the reader failed with. */
  async take(): Promise<Handed | null> {
    for (;;) {
      if (this.failure !== null) throw this.failure.error;
      const item = this.items.shift();
      if (item !== undefined) {
        this.onTaken?.();
        return item;
      }
      if (this.isClosed) return null;
      await new Promise<void>((resolve) => {
        this.wake = resolve;
      });
      this.wake = null;
    }
  }
}
