import { describe, expect, test } from '@jest/globals';
import { MAX_STRING_BYTES } from '../../src/archive/byte-reader.js';
import { HeadParser, parseHead } from '../../src/archive/head.js';
import { encodeInt } from '../../src/archive/integers.js';
import { PhaseliftError } from '../../src/foundation/errors.js';
import { entryBytes, entryOf, failureOf, fixture, headOf, pseudoRandom } from './fixtures.js';

const pg15 = parseHead(fixture('pg15-none'));

/** Changes each byte to each of the values, alone, and parses. */
function expectCleanOutcomes(bytes: Buffer, valuesFor: (was: number) => number[]): void {
  const outcomes = { parsed: 0, refused: 0 };
  for (let at = 0; at < bytes.length; at++) {
    const was = bytes[at] ?? 0;
    for (const value of valuesFor(was)) {
      bytes[at] = value;
      try {
        parseHead(bytes);
        outcomes.parsed++;
      } catch (error) {
        if (!(error instanceof PhaseliftError) || !/^ARCHIVE_(FORMAT|TRUNCATED)$/.test(error.code)) throw error;
        outcomes.refused++;
      }
    }
    bytes[at] = was;
  }
  expect(outcomes.parsed).toBeGreaterThan(bytes.length / 3);
  expect(outcomes.refused).toBeGreaterThan(bytes.length / 10);
}

describe('damage', () => {
  test('a prefix of a head is too short, and says where', async () => {
    for (let size = 0; size < pg15.bytes.length; size += size < 1000 ? 1 : 7) {
      const failure = await failureOf(() => parseHead(pg15.bytes.subarray(0, size)));
      expect(failure.code).toBe('ARCHIVE_TRUNCATED');
      expect(failure.message).toContain(`ends at byte ${size}`);
    }
    const inEntry = await failureOf(() => parseHead(pg15.bytes.subarray(0, -30)));
    expect(inEntry.message).toMatch(/while reading the .* of TOC entry 53 of 53, which goes on to byte \d+/);
  });

  const FEW = ['ENCODING', 'SCHEMA', 'TABLE', 'TABLE DATA', 'BLOBS', 'INDEX'];

  test.each(['pg15-none', 'pg16-gzip', 'pg18-zstd', 'pg15-directory-toc'])(
    'a head (%s) with any byte changed fails cleanly or parses',
    (name) => {
      const head = parseHead(fixture(name));
      const few = FEW.map((desc) => entryBytes(head, entryOf(head, desc)));
      expectCleanOutcomes(headOf(head, few), (was) => [was ^ 0xff, was ^ 0x01, was ^ 0x80, 0, 1, 3, 0x7f]);
    },
  );

  test('a whole head with any byte changed fails cleanly or parses', () => {
    const random = pseudoRandom(7);
    const { bytes } = parseHead(fixture('pg18-none'));
    expectCleanOutcomes(bytes, (was) => [was ^ (1 + Math.floor(random() * 255))]);
  });

  test('a length in the head beyond the cap is refused at once, not waited for', async () => {
    const bytes = Buffer.from(pg15.bytes);
    // Behind magic, sizes, compression and seven integers: the length of the database name.
    encodeInt(MAX_STRING_BYTES + 1, 4).copy(bytes, 11 + 5 * 8);
    const parser = new HeadParser();
    const failure = await failureOf(() => parser.push(bytes.subarray(0, 11 + 5 * 9)));
    expect(failure.message).toMatch(/a string of 67108865 bytes \(at most 67108864\) at byte 51, .*database name/);
  });

  test('a length in the head below the cap takes no memory until the bytes come', () => {
    const bytes = Buffer.from(pg15.bytes);
    encodeInt(MAX_STRING_BYTES, 4).copy(bytes, 11 + 5 * 8);
    const before = process.memoryUsage().arrayBuffers;
    const parsers = Array.from({ length: 50 }, () => new HeadParser());
    for (const parser of parsers) expect(parser.push(bytes)).toBeNull();
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(MAX_STRING_BYTES);
  });

  test('a count of entries that no head can hold is refused', async () => {
    const failure = await failureOf(() => parseHead(headOf(pg15, [], 0x7fffffff)));
    expect(failure.code).toBe('ARCHIVE_FORMAT');
    expect(failure.message).toContain('the count of TOC entries');
  });
});

describe('what is no archive', () => {
  test.each([
    ['gzip', Buffer.from('1f8b0800', 'hex')],
    ['zstd', Buffer.from('28b52ffd00', 'hex')],
    ['plain SQL text', Buffer.from('--\n-- PostgreSQL database dump\n--\n\nSET statement_timeout = 0;\n')],
    ['plain SQL text', Buffer.from('\\restrict abc\n')],
    ['a tar archive', Buffer.concat([Buffer.from('toc.dat'), Buffer.alloc(600)])],
    ['XML or HTML', Buffer.from('<?xml version="1.0"?><Error><Code>AccessDenied</Code></Error>')],
    ['JSON', Buffer.from('{"format": 1}')],
    ['does not begin with PGDMP', Buffer.alloc(1000, 0xee)],
  ])('what is no archive is named: %s', async (what, bytes) => {
    for (const size of [bytes.length, 1]) {
      const failure = await failureOf(() => {
        const parser = new HeadParser();
        for (let at = 0; at < bytes.length; at += size) parser.push(bytes.subarray(at, at + size));
        throw parser.cutError();
      });
      expect(failure.code).toBe('ARCHIVE_FORMAT');
      expect(failure.message).toContain(what);
    }
  });

  test('an archive without a byte is called empty', async () => {
    const failure = await failureOf(() => parseHead(Buffer.alloc(0)));
    expect(failure.code).toBe('ARCHIVE_TRUNCATED');
    expect(failure.message).toContain('empty');
  });
});
