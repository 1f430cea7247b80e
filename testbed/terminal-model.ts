/**
 * What a terminal makes of the text that is written to it: the part of it that prompts and bars use. An unknown sequence is
 * an error, so that no test passes by overlooking one.
 */
export class TerminalModel {
  private readonly rows: string[][] = [[]];
  private row = 0;
  private column = 0;
  private pending = '';

  constructor(private columns: number) {}

  /** Later lines break at another width; what is there stays, as in xterm. */
  resize(columns: number): void {
    this.columns = columns;
  }

  /** All lines from the first one on, without spaces at their ends. */
  lines(): string[] {
    const lines = this.rows.map((row) =>
      Array.from(row, (character) => character || ' ')
        .join('')
        .trimEnd(),
    );
    while (lines.length > 0 && lines.at(-1) === '') lines.pop();
    return lines;
  }

  write(text: string): void {
    let rest = this.pending + text;
    this.pending = '';
    while (rest !== '') {
      if (rest.startsWith('\x1b')) {
        const sequence = /^\x1b(?:\[([?\d;]*)([A-Za-z])|[78=>])/.exec(rest); // eslint-disable-line no-control-regex
        if (sequence === null) {
          if (rest.length > 32) throw new Error(`unknown terminal sequence ${JSON.stringify(rest.slice(0, 32))}`);
          this.pending = rest;
          return;
        }
        this.control(sequence[1] ?? '', sequence[2] ?? '', sequence[0]);
        rest = rest.slice(sequence[0].length);
      } else {
        const character = String.fromCodePoint(rest.codePointAt(0) ?? 0);
        this.put(character);
        rest = rest.slice(character.length);
      }
    }
  }

  private put(character: string): void {
    switch (character) {
      case '\r':
        this.column = 0;
        return;
      case '\n':
        this.down(1);
        return;
      case '\b':
        this.column = Math.max(0, this.column - 1);
        return;
      case '\x07':
        return;
    }
    if (this.column >= this.columns) {
      this.column = 0;
      this.down(1);
    }
    this.current[this.column++] = character;
  }

  private get current(): string[] {
    return (this.rows[this.row] ??= []);
  }

  private down(count: number): void {
    this.row += count;
    for (let row = 0; row <= this.row; row++) this.rows[row] ??= [];
  }

  private control(parameters: string, final: string, whole: string): void {
    const count = Number(parameters.split(';')[0] || '1');
    switch (final) {
      case 'm': // colours
      case 'h': // modes: cursor shown, bracketed paste …
      case 'l':
        return;
      case 'A':
        this.row = Math.max(0, this.row - count);
        return;
      case 'B':
        this.down(count);
        return;
      case 'C':
        this.column += count;
        return;
      case 'D':
        this.column = Math.max(0, this.column - count);
        return;
      case 'G':
        this.column = count - 1;
        return;
      case 'K':
        this.erase(parameters);
        return;
      case 'J':
        this.current.length = Math.min(this.current.length, this.column);
        this.rows.length = this.row + 1;
        return;
      default:
        throw new Error(`unknown terminal sequence ${JSON.stringify(whole)}`);
    }
  }

  private erase(what: string): void {
    if (what === '' || what === '0') this.current.length = Math.min(this.current.length, this.column);
    else if (what === '2') this.current.length = 0;
    else for (let column = 0; column <= this.column; column++) this.current[column] = ' ';
  }
}
