import { PhaseliftError } from '../foundation/errors.js';
import { phrase, plain } from '../foundation/text.js';

/** INPUT: there is no identity, or none that fits. `what`: the manifest, or the archive, with its place. */
export function notOpened(what: string, identities: readonly string[]): PhaseliftError {
  const why =
    identities.length === 0
      ? phrase`${what} is encrypted, and there is no identity to read it with (${plain('decrypt-with')})`
      : phrase`${what} is encrypted to others: no identity of ${plain('decrypt-with')} opens it`;
  return new PhaseliftError('INPUT', why, {
    object: 'decrypt-with',
    hint: phrase`Give ${plain('decrypt-with')} the identity (\`AGE-SECRET-KEY-1…\`) of one of those that it was encrypted to.`,
  });
}

/** Whether it is that, for those who can do without what is inside. */
export function isNotOpened({ code, object }: PhaseliftError): boolean {
  return code === 'INPUT' && object === 'decrypt-with';
}
