import { joinedText, NO_TEXT } from './run-framing.js';
import type { SegmentContents } from './segmenter.js';
import type { RunText } from './types.js';

/** Rows that were compressed, as whoever has compressed them tells. */
export interface ToldRun {
  /** Rows that end in it; of the terminator 0. */
  rows: number;
  text: RunText;
}

/** Counts the rows of a compressed block without reading them: whoever writes the archive tells them. */
export class ToldRows {
  private rowsAhead = 0;
  private rows = 0;
  private text: RunText = NO_TEXT;

  /** `keepsText`: what is cut out of the block needs to know the text. */
  constructor(private readonly keepsText: boolean) {}

  get rowsSeen(): number {
    return this.rowsAhead + this.rows;
  }

  /** The run belongs to the segment that is open. */
  add({ rows, text }: ToldRun): void {
    this.rows += rows;
    this.text = joinedText(this.text, text);
  }

  /** The segment ends; the next one begins. */
  cut(): SegmentContents {
    const contents = { rows: this.rows, ...(this.keepsText ? { text: this.text } : {}) };
    this.rowsAhead += this.rows;
    this.rows = 0;
    this.text = NO_TEXT;
    return contents;
  }
}
