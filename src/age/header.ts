/**
 * The header of an encrypted file: the file's key, wrapped for each recipient, and a MAC. The library makes and opens headers; the
 * payload, which has to be read at any place, is ours (payload.ts). https://c2sp.org/age
 */
import { hkdfSync, randomBytes } from 'node:crypto';
import { Decrypter, Encrypter } from 'age-encryption';

/** What every file of the format begins with. */
export const FIRST_LINE = 'age-encryption.org/v1';

/** Bytes at the start of a file that are certain to hold its header and nonce: twenty recipients of the largest kind have 34 KB. */
export const MOST_HEADER_BYTES = 64 * 1024;
/** So many fit, of whichever kind. */
export const MOST_RECIPIENTS = 20;

const NONCE_BYTES = 16;
const KEY_BYTES = 32;

/** The start of a file, and the key of the chunks that follow it. */
export interface AgeStart {
  /** Header and nonce. */
  bytes: Buffer;
  payloadKey: Buffer;
}

/** Makes the start of a new file to these recipients. Throws for one that is none. */
export async function newStart(recipients: readonly string[]): Promise<AgeStart> {
  const encrypter = new Encrypter();
  for (const recipient of recipients) encrypter.addRecipient(recipient);
  const seen: Uint8Array[] = [];
  encrypter.addRecipient({
    // Wraps it for nobody: it only tells the key.
    wrapFileKey(fileKey) {
      seen.push(Uint8Array.from(fileKey));
      return [];
    },
  });
  const empty = Buffer.from(await encrypter.encrypt(new Uint8Array(0)));
  const [fileKey] = seen;
  const end = headerEnd(empty);
  if (fileKey === undefined || end === null) throw new Error('the library made no header of age');
  // Its payload is thrown away; a nonce of its own makes another key of ours.
  const nonce = randomBytes(NONCE_BYTES);
  return { bytes: Buffer.concat([empty.subarray(0, end), nonce]), payloadKey: payloadKeyOf(fileKey, nonce) };
}

/** True for what begins as an encrypted file does. */
export function isEncrypted(start: Buffer): boolean {
  return start.toString('latin1', 0, FIRST_LINE.length + 1) === `${FIRST_LINE}\n`;
}

/**
 * Opens the start of a file, of which `start` has the first MOST_HEADER_BYTES, or all. `no identity`: none of these is one of its
 * recipients'. `damaged`: it is no header, or was changed.
 */
export async function openStart(
  start: Buffer,
  identities: readonly string[],
): Promise<AgeStart | 'no identity' | 'damaged'> {
  const end = headerEnd(start);
  if (end === null || start.length < end + NONCE_BYTES) return 'damaged';
  const decrypter = new Decrypter();
  for (const identity of identities) decrypter.addIdentity(identity);
  try {
    const fileKey = await decrypter.decryptHeader(start.subarray(0, end));
    const nonce = start.subarray(end, end + NONCE_BYTES);
    return { bytes: start.subarray(0, end + NONCE_BYTES), payloadKey: payloadKeyOf(fileKey, nonce) };
  } catch (error) {
    const isStranger = error instanceof Error && error.message.startsWith('no identity matched');
    return isStranger ? 'no identity' : 'damaged';
  }
}

/** Where the header ends: behind the line of its MAC. */
function headerEnd(start: Buffer): number | null {
  if (!isEncrypted(start)) return null;
  const mac = start.indexOf('\n---', 0, 'latin1');
  const end = mac === -1 ? -1 : start.indexOf('\n', mac + 1, 'latin1');
  return end === -1 ? null : end + 1;
}

function payloadKeyOf(fileKey: Uint8Array, nonce: Uint8Array): Buffer {
  return Buffer.from(hkdfSync('sha256', fileKey, nonce, 'payload', KEY_BYTES));
}
