import { beforeAll, describe, expect, test } from '@jest/globals';
import { Decrypter, Encrypter, generateHybridIdentity, identityToRecipient } from 'age-encryption';
import { ChunkSealer } from '../../src/age/chunk-sealer.js';
import { newStart } from '../../src/age/header.js';
import { CHUNK_BYTES, SEALED_CHUNK_BYTES, shapeOf } from '../../src/age/payload.js';
import { decrypt, encrypt } from '../../src/age/small-file.js';
import { digest, testBytes } from '../store/test-bytes.js';
import { newKeys, type KeyPair } from './keys.js';

const SIZES = [0, 1, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1, 2 * CHUNK_BYTES, 3 * CHUNK_BYTES + 17];

let mine: KeyPair;
let theirs: KeyPair;

beforeAll(async () => {
  [mine, theirs] = await Promise.all([newKeys(), newKeys()]);
});

async function byLibrary(bytes: Buffer, recipients: readonly string[]): Promise<Buffer> {
  const encrypter = new Encrypter();
  for (const recipient of recipients) encrypter.addRecipient(recipient);
  return Buffer.from(await encrypter.encrypt(bytes));
}

function asBuffer(result: Buffer | string): Buffer {
  if (typeof result === 'string') throw new Error(result);
  return result;
}

describe.each(SIZES)('a file of %d bytes', (size) => {
  const bytes = testBytes(size);

  test(`a file of ${size} bytes that we encrypt is opened by the library`, async () => {
    const decrypter = new Decrypter();
    decrypter.addIdentity(theirs.identity);
    const file = await encrypt(bytes, [mine.recipient, theirs.recipient]);
    expect(digest(Buffer.from(await decrypter.decrypt(file)))).toBe(digest(bytes));
  });

  test(`a file of ${size} bytes that the library encrypts is opened by us`, async () => {
    const file = await byLibrary(bytes, [mine.recipient, theirs.recipient]);
    expect(digest(asBuffer(await decrypt(file, [mine.identity])))).toBe(digest(bytes));
  });

  test(`a file of ${size} bytes comes out the same however it is cut before`, async () => {
    const { payloadKey } = await newStart([mine.recipient]);
    const wholly = new ChunkSealer(payloadKey);
    const whole = Buffer.concat([...wholly.push(bytes), ...wholly.end()]);
    for (const step of [1000, CHUNK_BYTES, CHUNK_BYTES + 1]) {
      const sealer = new ChunkSealer(payloadKey);
      const pieces: Buffer[] = [];
      for (let at = 0; at < size; at += step) pieces.push(...sealer.push(bytes.subarray(at, at + step)));
      pieces.push(...sealer.end());
      expect(digest(Buffer.concat(pieces))).toBe(digest(whole));
    }
    expect(shapeOf(whole.length)?.plainBytes).toBe(size);
  });
});

test('each file has a key of its own', async () => {
  const [one, other] = [await newStart([mine.recipient]), await newStart([mine.recipient])];
  expect(one.payloadKey.equals(other.payloadKey)).toBe(false);
  expect(one.bytes.equals(other.bytes)).toBe(false);
});

test('keys that withstand quantum computers are taken as well', async () => {
  const identity = await generateHybridIdentity();
  const file = await encrypt(Buffer.from('x'), [await identityToRecipient(identity)]);
  expect(String(await decrypt(file, [identity]))).toBe('x');
});

test('whoever is no recipient gets nothing', async () => {
  const file = await encrypt(Buffer.from('x'), [theirs.recipient]);
  expect(await decrypt(file, [mine.identity])).toBe('no identity');
});

test('a payload that no file can have is seen by its length', () => {
  expect([0, 15, SEALED_CHUNK_BYTES + 16, SEALED_CHUNK_BYTES + 3].map(shapeOf)).toEqual([null, null, null, null]);
  expect(shapeOf(16)).toEqual({ sealedBytes: 16, chunks: 1, plainBytes: 0 });
});

describe('a file that was changed is not opened:', () => {
  const size = 3 * CHUNK_BYTES + 100;
  let file: Buffer;
  let payloadAt: number;

  beforeAll(async () => {
    file = await encrypt(testBytes(size), [mine.recipient]);
    payloadAt = file.length - (size + 4 * 16);
  });

  const flipped = (at: number): Buffer => {
    const changed = Buffer.from(file);
    changed[at] = (changed[at] ?? 0) ^ 1;
    return changed;
  };
  const chunk = (index: number): Buffer =>
    file.subarray(payloadAt + index * SEALED_CHUNK_BYTES, payloadAt + (index + 1) * SEALED_CHUNK_BYTES);

  test('each byte of its header, and of its nonce', async () => {
    for (let at = 0; at < payloadAt; at += 1) {
      expect([at, typeof (await decrypt(flipped(at), [mine.identity]))]).toEqual([at, 'string']);
    }
  });

  test.each([
    ['a byte of a chunk', () => flipped(payloadAt + SEALED_CHUNK_BYTES + 5)],
    ['a byte of a tag', () => flipped(payloadAt + SEALED_CHUNK_BYTES - 1)],
    [
      'two chunks that changed places',
      () => Buffer.concat([file.subarray(0, payloadAt), chunk(1), chunk(0), chunk(2), chunk(3)]),
    ],
    ['a chunk twice', () => Buffer.concat([file.subarray(0, payloadAt), chunk(0), chunk(0), chunk(2), chunk(3)])],
    ['a chunk that is missing', () => Buffer.concat([file.subarray(0, payloadAt), chunk(0), chunk(2), chunk(3)])],
    ['the end cut off between two chunks', () => file.subarray(0, payloadAt + 2 * SEALED_CHUNK_BYTES)],
    ['the end cut off inside of a chunk', () => file.subarray(0, file.length - 1)],
    ['something behind its end', () => Buffer.concat([file, Buffer.alloc(100)])],
    ['a chunk behind its end', () => Buffer.concat([file, chunk(0)])],
  ])('%s', async (_, change) => {
    expect(await decrypt(change(), [mine.identity])).toBe('damaged');
  });
});
