import { beforeAll, describe, expect, test } from '@jest/globals';
import { joinedDigest, loadRowDigests, type DigestOfRows, type RowDigest } from '../../src/verify/row-digest.js';

let newDigest: () => RowDigest;
beforeAll(async () => {
  newDigest = await loadRowDigests();
});

function digestOf(...chunks: (string | Buffer)[]): DigestOfRows {
  const digest = newDigest();
  for (const chunk of chunks) digest.push(Buffer.from(chunk));
  return digest.result;
}

describe('the digest of rows', () => {
  test('the digest of rows is the same in whatever order they come', () => {
    expect(digestOf('1\ta\n', '2\tb\n', '3\t\\N\n')).toEqual(digestOf('3\t\\N\n2\tb\n1\ta\n'));
    expect(digestOf()).toEqual({ rows: 0, sum: 0n });
  });

  test.each([1, 2, 3, 7, 64])('the digest of rows is the same in chunks of %i bytes', (size) => {
    const text = Buffer.from(`short\n\n${'long'.repeat(50)}\n${'x'.repeat(300)}\nlast\n`);
    const chunks = Array.from({ length: Math.ceil(text.length / size) }, (_, at) =>
      text.subarray(at * size, (at + 1) * size),
    );
    expect(digestOf(...chunks)).toEqual(digestOf(text));
    expect(digestOf(text).rows).toBe(5);
  });

  test.each([
    ['one byte', '1\ta\n2\tb\n', '1\ta\n2\tc\n'],
    ['a row that is there once more in place of another', 'x\nx\ny\n', 'x\ny\ny\n'],
    ['where one row ends and the next begins', 'ab\nc\n', 'a\nbc\n'],
    ['a row without columns', '\n\n', '\n'],
  ])('the digest of rows is another by %s', (_, one, other) => {
    expect(digestOf(one)).not.toEqual(digestOf(other));
  });

  test('the digests of two parts make that of the whole', () => {
    expect(joinedDigest(digestOf('a\nb\n'), digestOf('c\n'))).toEqual(digestOf('c\na\nb\n'));
  });

  test('a row is hashed as XXH64 does', () => {
    // The empty input, and `a`, by the reference implementation with seed 0.
    expect(digestOf('\n').sum.toString(16)).toBe('ef46db3751d8e999');
    expect(digestOf('a\n').sum.toString(16)).toBe('d24ec4f1a98c6e5b');
    expect(digestOf('a', '\n').sum.toString(16)).toBe('d24ec4f1a98c6e5b');
  });
});
