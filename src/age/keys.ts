/**
 * The keys of age, as people write them. What is good is the library's to say: bech32 with its checksum, the kinds of keys.
 * https://age-encryption.org/v1
 */
import { Decrypter, Encrypter } from 'age-encryption';

/** Who may read what is written, and who reads. */
export interface AgeKeys {
  /** Public keys, `age1…`; none: it is written in the clear. */
  recipients: readonly string[];
  /** Secret keys, `AGE-SECRET-KEY-1…`. */
  identities: readonly string[];
}

export const NO_KEYS: AgeKeys = { recipients: [], identities: [] };

/** Whether a text is the public key of somebody to encrypt to: `age1…`. */
export function isRecipient(text: string): boolean {
  return isTaken(() => {
    new Encrypter().addRecipient(text);
  });
}

/** Whether a text is a secret key to decrypt with: `AGE-SECRET-KEY-1…`. */
export function isIdentity(text: string): boolean {
  return isTaken(() => {
    new Decrypter().addIdentity(text);
  });
}

/** The lines of a file of keys without its comments and blank lines. */
export function keyLines(text: string): string[] {
  return text
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'));
}

function isTaken(take: () => void): boolean {
  try {
    take();
    return true;
  } catch {
    return false;
  }
}
