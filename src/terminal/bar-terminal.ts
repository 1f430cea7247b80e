import type { Screen } from './screen.js';

const CLEAR_TO_RIGHT = '\x1B[K';

/**
 * What the library's bar does to the terminal: it draws at the start of the line and clears what is right of it. Its own
 * terminal also saves the cursor's place and goes back there at the end, which by then has scrolled away.
 */
export class BarTerminal {
  constructor(private readonly screen: Screen) {}

  isTTY(): boolean {
    return true;
  }

  getWidth(): number {
    return this.screen.stderr.columns || 80;
  }

  cursorTo(): void {
    this.screen.draw('\r');
  }

  write(text: string): void {
    this.screen.draw(text);
  }

  clearRight(): void {
    this.screen.draw(CLEAR_TO_RIGHT);
  }

  clearLine(): void {
    this.screen.draw(CLEAR_TO_RIGHT);
  }

  /** Removes the bar, for a line that is to stand in its place. */
  clearWhole(): void {
    this.screen.draw(`\r${CLEAR_TO_RIGHT}`);
  }

  newline(): void {
    this.screen.draw('\n');
  }

  cursorSave(): void {
    // see above
  }

  cursorRestore(): void {
    // see above
  }

  cursor(): void {
    // Stays visible, so that a kill leaves a usable terminal.
  }

  lineWrapping(): void {
    // Frames are cut to the width, so nothing has to be switched off, and nothing on again.
  }
}
