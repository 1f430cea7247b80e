/** The exit code of a run that was interrupted, by whatever signal. */
export const INTERRUPTED = 130;

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * The first signal cancels: what is at work stops cleanly, what is begun is undone or can be continued. The second ends the
 * process at once. SIGHUP as well: a terminal that is closed must not leave half an upload.
 */
export class Interrupts {
  private readonly controller = new AbortController();

  /** `first` and `second` say so, with what is left. */
  constructor(private readonly words: { first: () => void; second: () => void }) {
    for (const signal of SIGNALS) process.on(signal, this.onSignal);
  }

  get signal(): AbortSignal {
    return this.controller.signal;
  }

  /** The same without a signal: Ctrl-C at a question is a key. */
  readonly cancel = (): void => {
    this.controller.abort();
  };

  dispose(): void {
    for (const signal of SIGNALS) process.off(signal, this.onSignal);
  }

  private readonly onSignal = (): void => {
    if (this.controller.signal.aborted) {
      this.words.second();
      process.exit(INTERRUPTED);
    }
    this.words.first();
    this.controller.abort();
  };
}
