import { createCipheriv, createHash } from 'node:crypto';
import { Readable } from 'node:stream';

export const MIB = 1024 * 1024;

/** Bytes that do not repeat, the same ones each time. */
export function testBytes(sizeBytes: number): Buffer {
  const cipher = createCipheriv('aes-128-ctr', Buffer.alloc(16), Buffer.alloc(16));
  return cipher.update(Buffer.alloc(sizeBytes));
}

/** The bytes as a stream in chunks of a pipe; `beforeEnd` runs when all have been taken, and may throw. */
export function testStream(bytes: Buffer, beforeEnd: () => void | Promise<void> = () => undefined): Readable {
  async function* chunks() {
    for (let at = 0; at < bytes.length; at += 65536) yield bytes.subarray(at, at + 65536);
    await beforeEnd();
  }
  return Readable.from(chunks());
}

/** Collected, and hashed, as large buffers are slow to compare. */
export async function collect(source: AsyncIterable<Buffer>): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of source) chunks.push(chunk);
  return Buffer.concat(chunks);
}

export function digest(bytes: Buffer): string {
  return `${bytes.length}:${createHash('sha256').update(bytes).digest('hex')}`;
}
