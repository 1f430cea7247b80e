/** Whole files in memory, for texts. */
import { ChunkOpener } from './chunk-opener.js';
import { ChunkSealer } from './chunk-sealer.js';
import { MOST_HEADER_BYTES, newStart, openStart } from './header.js';
import { shapeOf } from './payload.js';

/** An encrypted file with this inside. */
export async function encrypt(bytes: Buffer, recipients: readonly string[]): Promise<Buffer> {
  const start = await newStart(recipients);
  const sealer = new ChunkSealer(start.payloadKey);
  return Buffer.concat([start.bytes, ...sealer.push(bytes), ...sealer.end()]);
}

/** What is inside; see openStart for why not. */
export async function decrypt(
  file: Buffer,
  identities: readonly string[],
): Promise<Buffer | 'no identity' | 'damaged'> {
  const start = await openStart(file.subarray(0, MOST_HEADER_BYTES), identities);
  if (typeof start === 'string') return start;
  const payload = file.subarray(start.bytes.length);
  const shape = shapeOf(payload.length);
  if (shape === null) return 'damaged';
  const chunks = new ChunkOpener(start.payloadKey, shape, 0).push(payload).flatMap((chunk) => chunk ?? []);
  const plain = Buffer.concat(chunks);
  return plain.length === shape.plainBytes ? plain : 'damaged';
}
