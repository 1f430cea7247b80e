/** Bodies of answers that are read into memory, whatever a store or somebody else has put there. */
import { manifestTooLarge } from '../manifest-bound.js';

/** What is used of an answer to GET. */
interface Answer {
  Body?: AsyncIterable<Uint8Array> | object | undefined;
  ContentLength?: number | undefined;
}

/** The first `limitBytes`, also of a store that pays no heed to `Range`. What follows is not waited for. */
export async function readStart({ Body: body }: Answer, limitBytes: number): Promise<Buffer> {
  return (await take(body, limitBytes)).subarray(0, limitBytes);
}

/** The whole. Throws MANIFEST when it is larger, by what the store says before any byte is read, or by what comes. */
export async function readAtMost(
  { Body: body, ContentLength: said }: Answer,
  uri: string,
  maxBytes: number,
): Promise<Buffer> {
  const tooLarge = said !== undefined && said > maxBytes;
  const bytes = await take(body, tooLarge ? 0 : maxBytes);
  if (tooLarge || bytes.length > maxBytes) throw manifestTooLarge(uri, tooLarge ? said : null, maxBytes);
  return bytes;
}

/** At least so many bytes, if there are; the connection is cut when there are more. */
async function take(body: Answer['Body'], limitBytes: number): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  if (!isIterable(body)) return Buffer.alloc(0);
  for await (const chunk of body) {
    chunks.push(chunk);
    length += chunk.length;
    if (length > limitBytes) break;
  }
  return Buffer.concat(chunks);
}

function isIterable(body: Answer['Body']): body is AsyncIterable<Uint8Array> {
  return typeof body === 'object' && Symbol.asyncIterator in body;
}
