/** What is thrown when a signal ends something. */
import { PhaseliftError } from '../../foundation/errors.js';

/** The signal's own reason when that is for people, else CANCELLED. */
export function cancellation(signal: AbortSignal, doing: string): PhaseliftError {
  const reason: unknown = signal.reason;
  if (reason instanceof PhaseliftError) return reason;
  return new PhaseliftError('CANCELLED', `Cancelled while ${doing}`, { cause: reason });
}
