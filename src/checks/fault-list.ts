import { PhaseliftError } from '../foundation/errors.js';
import { input, joined, phrase, type Text } from '../foundation/text.js';

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

  get isEmpty(): boolean {
    return this.faults.length === 0;
  }

  /** Throws the only fault as it is, or one CHECKS error that lists them all. */
  throwIfAny(): void {
    const [first, second] = this.faults;
    if (first === undefined) return;
    if (second === undefined) throw first;
    const skippable = this.faults.some(({ code }) => code === 'CHECKS');
    throw new PhaseliftError(
      'CHECKS',
      phrase`${this.faults.length} checks failed, nothing was done:\n${joined(this.faults.map(asItem), '\n')}`,
      {
        hint: skippable
          ? phrase`Correct these and run again. ${input('skip-checks', true)} goes on without checking what the roles may do and what the target holds.`
          : 'Correct these and run again.',
      },
    );
  }
}

/** One item of a list; the further lines of a message or of what to do stand below its first. */
function asItem({ message, messageText, hintText }: PhaseliftError): Text {
  const separator = message.includes('\n') ? '\n' : '. ';
  const item = joined(hintText === undefined ? [messageText] : [messageText, hintText], separator);
  return phrase`- ${item.map((words) => words.replaceAll('\n', '\n  '))}`;
}
