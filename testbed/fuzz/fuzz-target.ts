/** Something that reads what others have written: bytes from a store, files and texts that people give. */
export interface FuzzTarget {
  /**
   * Reads one input. A documented refusal is as good as a result; everything else is a finding and is thrown: an error that is no
   * PhaseliftError, or what a reader gives that cannot be true of its input.
   */
  run(bytes: Buffer): Promise<void> | void;
  /** Texts that mean something to the reader, for the fuzzer's dictionary. */
  readonly tokens: readonly (string | Buffer)[];
}

/** Says what cannot be true, and ends the run of the target. */
export function finding(what: string): never {
  throw new Error(`finding: ${what}`);
}
