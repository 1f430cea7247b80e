import { PhaseliftError } from '../errors.js';

/** Collects the faults that the checks find, so that all of them are reported at once, before any work. */
export class FaultList {
  private readonly faults: PhaseliftError[] = [];

  /** Runs a check; what it throws becomes a fault. Returns its result, or null. */
  async check<T>(work: () => Promise<T>): Promise<T | null> {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof PhaseliftError) || error.code === 'CANCELLED') throw error;
      this.faults.push(error);
      return null;
    }
  }

  add(fault: PhaseliftError): void {
    this.faults.push(fault);
  }

  /** Throws the only fault as it is, or one CHECKS error that lists them all. */
  throwIfAny(): void {
    const [first, second] = this.faults;
    if (first === undefined) return;
    if (second === undefined) throw first;
    const lines = this.faults.map(({ message, hint }) => `- ${message}${hint === undefined ? '' : `. ${hint}`}`);
    throw new PhaseliftError('CHECKS', `${this.faults.length} checks failed, nothing was done:\n${lines.join('\n')}`, {
      hint: 'Mend these and run again; `skip-checks: true` skips the checks.',
    });
  }
}
