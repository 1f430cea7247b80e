const NEWLINE = 0x0a;

/**
 * Cuts the output of a tool into lines: at the byte `\n` and nowhere else. Names in a database may hold a carriage return, a
 * vertical tab, U+0085, U+2028 and U+2029, at which others (node:readline, `$` of a regular expression) cut as well.
 */
export class LineSplitter {
  #begun: Buffer[] = [];

  /** The lines that end in this chunk, without their ends. A line may begin in earlier chunks, and a character too. */
  push(chunk: Buffer): string[] {
    const lines: string[] = [];
    let at = 0;
    for (let end = chunk.indexOf(NEWLINE); end !== -1; end = chunk.indexOf(NEWLINE, at)) {
      lines.push(Buffer.concat([...this.#begun, chunk.subarray(at, end)]).toString('utf8'));
      this.#begun = [];
      at = end + 1;
    }
    if (at < chunk.length) this.#begun.push(chunk.subarray(at));
    return lines;
  }
}
