import { describe, expect, test } from '@jest/globals';
import { HeadParser, parseHead } from '../../src/archive/head.js';
import { encodeInt } from '../../src/archive/integers.js';
import type { ArchiveHead } from '../../src/archive/types.js';
import { ALL, entryBytes, entryOf, failureOf, fixture, headOf } from './fixtures.js';

const pg15 = parseHead(fixture('pg15-none'));

describe('header', () => {
  test.each([
    ['pg15-none', 14, { algorithm: 'none', level: null }, '15.20 (Debian 15.20-0+deb12u1)', 53],
    ['pg15-gzip', 14, { algorithm: 'gzip', level: 6 }, '15.20 (Debian 15.20-0+deb12u1)', 53],
    ['pg16-lz4', 15, { algorithm: 'lz4', level: null }, '16.2', 53],
    ['pg17-zstd', 16, { algorithm: 'zstd', level: null }, '17.11 (Debian 17.11-0+deb13u1)', 51],
    ['pg18-gzip', 16, { algorithm: 'gzip', level: null }, '18.6 (Debian 18.6-3)', 51],
  ])('the header of %s is read', (name, minor, compression, dumpVersion, entryCount) => {
    expect(parseHead(fixture(name)).header).toEqual({
      version: { major: 1, minor, revision: 0 },
      intSize: 4,
      offSize: 8,
      format: 'custom',
      compression,
      createdAt: expect.stringMatching(/^2026-11-22T16:33:4[78]$/) as unknown,
      databaseName: 'fx',
      serverVersion: '15.20 (Debian 15.20-0+deb12u1)',
      dumpVersion,
      entryCount,
    });
  });

  test.each([
    [1, 13, 0, '1.13-0', /pg_dump 12/],
    [1, 17, 0, '1.17-0', /Phaselift release/],
    [2, 0, 0, '2.0-0', /Phaselift release/],
    [1, 14, 1, '1.14-1', /./],
  ])('a header of version %i.%i-%i is refused, naming found and known', async (major, minor, revision, found, hint) => {
    const bytes = Buffer.from(pg15.bytes);
    bytes.set([major, minor, revision], 5);
    const failure = await failureOf(() => parseHead(bytes));
    expect(failure.code).toBe('ARCHIVE_FORMAT');
    expect(failure.message).toContain(`version ${found}; known are 1.14, 1.15 and 1.16`);
    expect(failure.hint).toMatch(hint);
  });

  test.each([
    [8, 5, 'found 5, known 4 and 8 at byte 8, while reading the size of integers of the header'],
    [9, 3, 'found 3, known 4 and 8 at byte 9, while reading the size of offsets of the header'],
    [10, 2, 'found 2, known 1 and 3 at byte 10, while reading the format of the header'],
    [12, 10, 'level 10, known -1 to 9'],
  ])('byte %i of a header changed to %i is refused', async (at, value, message) => {
    const bytes = Buffer.from(pg15.bytes);
    bytes[at] = value;
    expect((await failureOf(() => parseHead(bytes))).message).toContain(message);
  });
});

describe('TOC', () => {
  test('every field of an entry in the TOC is read', () => {
    const { entries } = parseHead(fixture('pg18-none'));
    expect(entries.find(({ tag, desc }) => tag.startsWith('Odd') && desc === 'TABLE')).toMatchObject({
      dumpId: 219,
      hasData: false,
      tableOid: '1259',
      oid: '163998',
      tag: 'Odd "name" 🚀',
      section: 'pre-data',
      copyStatement: '',
      namespace: 'app',
      tablespace: '',
      tableAccessMethod: 'heap',
      relkind: 'r',
      owner: 'postgres',
      dependencies: [6],
      fileName: '',
    });
    expect(entries.find(({ desc }) => desc === 'SCHEMA')).toMatchObject({ namespace: '', relkind: '', tag: 'app' });
  });

  test('data entries have their COPY statement, and none in a dump with --inserts', () => {
    expect(entryOf(pg15, 'TABLE DATA', 'p1')).toMatchObject({
      hasData: true,
      section: 'data',
      copyStatement: 'COPY app.p1 (id, d) FROM stdin;\n',
    });
    expect(entryOf(parseHead(fixture('pg15-inserts')), 'TABLE DATA', 'p1').copyStatement).toBe('');
  });

  test('entries tile the head, and their offset flag stands at the place that is named', () => {
    for (const name of ALL) {
      const { entries, bytes, entryCountAt } = parseHead(fixture(name));
      expect(entries[0]?.start).toBe(entryCountAt + 5);
      for (const [i, { start, end, offsetFlagAt, hasData }] of entries.entries()) {
        expect(end).toBe(entries[i + 1]?.start ?? bytes.length);
        expect(offsetFlagAt).toBe(end - 9);
        expect(start).toBeLessThan(end);
        const withData = name.endsWith('seekable') ? 2 : 1;
        expect(bytes[offsetFlagAt]).toBe(hasData ? withData : 3);
      }
    }
  });

  test('toc.dat of a directory archive names files', () => {
    const { header, entries } = parseHead(fixture('pg15-directory-toc'));
    expect(header.format).toBe('directory');
    const files = entries.filter(({ hasData }) => hasData).map(({ fileName }) => fileName);
    expect(files).toHaveLength(8);
    expect(files).toEqual(expect.arrayContaining(['3402.dat', 'blobs.toc']));
    expect(entryOf(parseHead(fixture('pg15-directory-toc')), 'TABLE', 't').fileName).toBe('');
  });

  test('a dump id that comes twice in the TOC is refused', async () => {
    const entry = entryBytes(pg15, entryOf(pg15, 'INDEX', 't_v'));
    const failure = await failureOf(() => parseHead(headOf(pg15, [entry, entry])));
    expect(failure.code).toBe('ARCHIVE_FORMAT');
    expect(failure.message).toContain('of TOC entry 2 of 2');
    expect(failure.message).toContain('of an earlier entry');
  });

  test.each([0, -1, -5])('dump id %i is refused', async (dumpId) => {
    const entry = entryBytes(pg15, entryOf(pg15, 'INDEX', 't_v'));
    encodeInt(dumpId, 4).copy(entry);
    expect((await failureOf(() => parseHead(headOf(pg15, [entry])))).message).toContain(`the number ${dumpId}`);
  });

  test('integers of eight bytes are read, and refused where they are not safe', async () => {
    const header = Buffer.from(pg15.bytes.subarray(0, 11));
    header[8] = 8;
    const ints = [0, 1, 2, 3, 4, 5, 126, 0].map((value) => encodeInt(value, 8));
    const string = (text: string): Buffer => Buffer.concat([encodeInt(text.length, 8), Buffer.from(text)]);
    const bytes = Buffer.concat([header, ...ints, string('db'), string('15'), string('15'), encodeInt(0, 8)]);
    expect(parseHead(bytes).header).toMatchObject({
      databaseName: 'db',
      createdAt: '2026-06-04T03:02:01',
      entryCount: 0,
    });
    bytes.fill(0xff, 11 + 9 * 8 + 1, 11 + 9 * 9);
    expect((await failureOf(() => parseHead(bytes))).message).toContain('an impossible integer');
  });
});

describe('feeding', () => {
  test.each([...ALL, 'pg15-inserts'])('the head of %s is the same when it is fed one byte at a time', (name) => {
    const bytes = fixture(name);
    const whole = parseHead(bytes);
    const parser = new HeadParser();
    let head: ArchiveHead | null = null;
    let fed = 0;
    while (head === null) head = parser.push(bytes.subarray(fed, ++fed));
    expect(fed).toBe(whole.bytes.length);
    expect(head).toEqual(whole);
    expect(parser.rest).toHaveLength(0);
  });

  test('what follows the TOC is handed on', () => {
    const bytes = fixture('pg15-none');
    const parser = new HeadParser();
    expect(parser.push(bytes.subarray(0, 5000))).toBeNull();
    expect(parser.push(bytes.subarray(5000, 20000))?.bytes).toEqual(bytes.subarray(0, pg15.bytes.length));
    expect(parser.rest).toEqual(bytes.subarray(pg15.bytes.length, 20000));
  });

  test('a head of 200,000 entries is parsed', () => {
    const entry = entryBytes(pg15, entryOf(pg15, 'INDEX', 't_v'));
    const entries = Array.from({ length: 200_000 }, (_, i) => Buffer.concat([encodeInt(i + 1, 4), entry.subarray(5)]));
    const { entries: parsed } = parseHead(headOf(pg15, entries));
    expect(parsed).toHaveLength(200_000);
    expect(parsed.at(-1)).toMatchObject({ dumpId: 200_000, tag: 't_v' });
  });

  test('an entry with 20,000 dependencies may come in small pieces', () => {
    const entry = entryBytes(pg15, entryOf(pg15, 'SCHEMA'));
    // The schema has no dependency: the null that ends them stands before the offset.
    const at = entry.length - 9 - 5;
    const dependencies = Array.from({ length: 20_000 }, (_, i) => [
      encodeInt(String(i).length, 4),
      Buffer.from(String(i)),
    ]);
    const bytes = headOf(pg15, [Buffer.concat([entry.subarray(0, at), ...dependencies.flat(), entry.subarray(at)])]);
    const parser = new HeadParser();
    for (let i = 0; i < bytes.length; i += 7) parser.push(bytes.subarray(i, i + 7));
    expect(parser.head?.entries[0]?.dependencies).toEqual(Array.from({ length: 20_000 }, (_, i) => i));
  });
});
