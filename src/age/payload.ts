/**
 * The payload of an encrypted file: chunks of 64 KiB, each sealed by ChaCha20-Poly1305 under a nonce of its number and whether it
 * is the last one. So each can be opened alone, and none can be changed, moved, left out or cut off unseen. https://c2sp.org/age
 */
import { createCipheriv, createDecipheriv } from 'node:crypto';

/** Bytes of a chunk before it is sealed; the last one may have fewer. */
export const CHUNK_BYTES = 64 * 1024;
const TAG_BYTES = 16;
export const SEALED_CHUNK_BYTES = CHUNK_BYTES + TAG_BYTES;

const CIPHER = 'chacha20-poly1305';
const OPTIONS = { authTagLength: TAG_BYTES };

/** Where things are in a payload. */
export interface PayloadShape {
  /** Sealed, bytes. */
  sealedBytes: number;
  chunks: number;
  /** Of what is inside, bytes. */
  plainBytes: number;
}

/** The shape of a payload of so many bytes; null where none can have so many: it was cut off inside of a tag. */
export function shapeOf(sealedBytes: number): PayloadShape | null {
  const chunks = Math.ceil(sealedBytes / SEALED_CHUNK_BYTES);
  const last = sealedBytes - (chunks - 1) * SEALED_CHUNK_BYTES;
  // Only a payload of nothing has a chunk of nothing.
  if (chunks === 0 || last < TAG_BYTES || (last === TAG_BYTES && chunks > 1)) return null;
  return { sealedBytes, chunks, plainBytes: sealedBytes - chunks * TAG_BYTES };
}

/** One chunk, in two pieces: its bytes and its tag. */
export function sealChunk(key: Buffer, index: number, isLast: boolean, bytes: Uint8Array): [Buffer, Buffer] {
  const cipher = createCipheriv(CIPHER, key, nonceOf(index, isLast), OPTIONS);
  const sealed = cipher.update(bytes);
  cipher.final();
  return [sealed, cipher.getAuthTag()];
}

/** What is in a chunk; null when it is not this one of this file. */
export function openChunk(key: Buffer, index: number, isLast: boolean, sealed: Buffer): Buffer | null {
  const end = sealed.length - TAG_BYTES;
  const decipher = createDecipheriv(CIPHER, key, nonceOf(index, isLast), OPTIONS);
  decipher.setAuthTag(sealed.subarray(end));
  const plain = decipher.update(sealed.subarray(0, end));
  try {
    decipher.final();
  } catch {
    return null;
  }
  return plain;
}

/** Eleven bytes of its number, and one that says whether it is the last. */
function nonceOf(index: number, isLast: boolean): Buffer {
  const nonce = Buffer.alloc(12);
  nonce.writeUIntBE(index, 5, 6);
  nonce[11] = isLast ? 1 : 0;
  return nonce;
}
