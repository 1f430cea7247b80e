const MAX_BYTES = 64 * 1024;

/** Keeps the end of what a process wrote to stderr, in constant memory: its last lines, at most 64 KiB. */
export class StderrTail {
  #chunks: Buffer[] = [];
  #sizeBytes = 0;
  #cut = false;

  add(chunk: Buffer): void {
    this.#chunks.push(chunk);
    this.#sizeBytes += chunk.length;
    // Joined only now and then, so that many small writes stay cheap.
    if (this.#sizeBytes > 2 * MAX_BYTES) this.#trim();
  }

  /** Complete lines only when something was cut off, so that no line and no character begins in its middle. */
  text(): string {
    this.#trim();
    const text = Buffer.concat(this.#chunks);
    if (!this.#cut) return text.toString('utf8');
    const firstLineEnd = text.indexOf(0x0a);
    return text.subarray(firstLineEnd + 1).toString('utf8');
  }

  #trim(): void {
    if (this.#sizeBytes <= MAX_BYTES) return;
    // A copy, so that the larger buffer behind it can be freed.
    const kept = Buffer.from(Buffer.concat(this.#chunks).subarray(-MAX_BYTES));
    this.#chunks = [kept];
    this.#sizeBytes = kept.length;
    this.#cut = true;
  }
}
