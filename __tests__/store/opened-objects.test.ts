import './one-error-class.js';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { CHUNK_BYTES, SEALED_CHUNK_BYTES } from '../../src/age/payload.js';
import { encrypt } from '../../src/age/small-file.js';
import { OpenedObjects } from '../../src/store/opened-objects.js';
import { newKeys, type KeyPair } from '../age/keys.js';
import { MemoryObjects } from './memory-objects.js';
import { collect, digest, testBytes } from './test-bytes.js';

const OBJECT = { uri: 's3://b/app/one.dump', key: 'app/one.dump' };
const SIZE = 5 * CHUNK_BYTES + 1234;
const PLAIN = testBytes(SIZE);

let keys: KeyPair;
let file: Buffer;
let payloadAt: number;

beforeAll(async () => {
  keys = await newKeys();
  file = await encrypt(PLAIN, [keys.recipient]);
  payloadAt = file.length - (SIZE + 6 * 16);
});

function opened(bytes = file, identities = [keys.identity]) {
  const below = new MemoryObjects(bytes);
  return { below, objects: new OpenedObjects(below, identities) };
}

const read = (objects: OpenedObjects, offset: number, length: number, etag?: string): Promise<Buffer> =>
  collect(objects.read(OBJECT, { offset, length, etag }));

describe('a range of an encrypted archive', () => {
  test.each([
    [0, SIZE],
    [0, 1],
    [SIZE - 1, 1],
    [CHUNK_BYTES - 1, 2],
    [CHUNK_BYTES, CHUNK_BYTES],
    [3 * CHUNK_BYTES + 5, CHUNK_BYTES],
    [5 * CHUNK_BYTES, 1234],
    [77, 0],
  ])('a range of an encrypted archive from %d, %d bytes, is what is inside', async (offset, length) => {
    const { objects } = opened();
    expect(digest(await read(objects, offset, length))).toBe(digest(PLAIN.subarray(offset, offset + length)));
  });

  test('a range of an encrypted archive takes the chunks that it touches, and the header once', async () => {
    const { below, objects } = opened();
    await read(objects, 2 * CHUNK_BYTES + 10, 20, '"e"');
    await read(objects, 5 * CHUNK_BYTES + 10, 20, '"e"');
    expect(below.ranges.map(({ offset, length, etag }) => ({ offset, length, etag }))).toEqual([
      { offset: 0, length: CHUNK_BYTES, etag: '"e"' },
      { offset: payloadAt + 2 * SEALED_CHUNK_BYTES, length: SEALED_CHUNK_BYTES, etag: '"e"' },
      { offset: payloadAt + 5 * SEALED_CHUNK_BYTES, length: 1234 + 16, etag: '"e"' },
    ]);
  });

  test('a range beyond the end of what is inside is refused', async () => {
    const { objects } = opened();
    await expect(read(objects, SIZE - 1, 2)).rejects.toMatchObject({ code: 'ARCHIVE_TRUNCATED' });
  });
});

test('what is not encrypted is read as it is, also with an identity', async () => {
  const { objects, below } = opened(PLAIN);
  expect(digest(await read(objects, 100, 1000))).toBe(digest(PLAIN.subarray(100, 1100)));
  expect(await objects.readableBytes(OBJECT, await below.stat())).toBe(SIZE);
});

test('the bytes inside of an encrypted archive are told', async () => {
  const { objects, below } = opened();
  expect(await objects.readableBytes(OBJECT, await below.stat())).toBe(SIZE);
});

test('an archive that is encrypted to others is refused by name', async () => {
  const { objects } = opened(file, [(await newKeys()).identity]);
  await expect(read(objects, 0, 1)).rejects.toMatchObject({ code: 'INPUT', object: 'decrypt-with' });
  await expect(read(objects, 0, 1)).rejects.toThrow(/s3:\/\/b\/app\/one\.dump is encrypted to others/);
});

describe('damage of an encrypted archive is found, and named:', () => {
  const chunk = (index: number): Buffer =>
    file.subarray(payloadAt + index * SEALED_CHUNK_BYTES, payloadAt + (index + 1) * SEALED_CHUNK_BYTES);
  const head = (): Buffer => file.subarray(0, payloadAt);
  const flipped = (at: number): Buffer => {
    const bytes = Buffer.from(file);
    bytes[at] = (bytes[at] ?? 0) ^ 0x80;
    return bytes;
  };

  test.each([
    ['a flipped byte', () => flipped(payloadAt + 2 * SEALED_CHUNK_BYTES + 9), /chunk 3 of 6 .*\(from byte 131072 of/],
    ['the first byte', () => flipped(payloadAt), /chunk 1 of 6 /],
    ['the last byte', () => flipped(file.length - 1), /chunk 6 of 6 /],
    [
      'swapped chunks',
      () => Buffer.concat([head(), chunk(0), chunk(3), chunk(2), chunk(1), chunk(4), chunk(5)]),
      /chunk 2 of 6 .*was changed, moved or cut off/,
    ],
    [
      'an end that is cut off between chunks',
      () => file.subarray(0, payloadAt + 3 * SEALED_CHUNK_BYTES),
      /chunk 3 of 3/,
    ],
    [
      'an end that is cut off inside of a tag',
      () => file.subarray(0, payloadAt + 3 * SEALED_CHUNK_BYTES + 7),
      /cut off inside of a chunk/,
    ],
    ['a changed header', () => flipped(payloadAt - 20), /the header of its encryption was changed/],
  ])('%s', async (_, change, expected) => {
    const bytes = change();
    const { objects, below } = opened(bytes);
    const whole = async () => read(objects, 0, await objects.readableBytes(OBJECT, await below.stat()));
    await expect(whole()).rejects.toMatchObject({ code: 'ARCHIVE_DAMAGED', object: OBJECT.uri });
    await expect(whole()).rejects.toThrow(expected);
  });
});
