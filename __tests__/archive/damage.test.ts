import { deflateSync, zstdCompressSync } from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import { encodeInt } from '../../src/archive/integers.js';
import { ArchiveMapper } from '../../src/archive/mapper.js';
import { entryBytes, entryOf, failureOf, fixture, headOf, mapInChunks, mapWhole, tableBlock } from './fixtures.js';

describe('a cut archive', () => {
  test.each(['pg15-none', 'pg18-none-rechunked', 'pg15-gzip', 'pg16-zstd', 'pg16-lz4'])(
    'an archive (%s) that is cut is an error at every length, which says where it ends',
    async (name) => {
      const bytes = fixture(name);
      const mapper = new ArchiveMapper();
      const stride = bytes.length > 100_000 ? 5 : 1;
      const boundaries = new Set((await mapWhole(bytes)).map.blocks.map(({ offset }) => offset));
      const near = (at: number): boolean => [-3, -2, -1, 0, 1, 2, 3].some((by) => boundaries.has(at + by));
      for (let size = 0; size < bytes.length; size++) {
        if (size < 1000 || size % stride === 0 || near(size)) {
          const failure = await failureOf(() => mapper.end());
          expect(failure.code).toBe('ARCHIVE_TRUNCATED');
          expect(failure.message).toContain(`ends at byte ${size}`);
        }
        await mapper.push(bytes.subarray(size, size + 1));
      }
      expect((await mapper.end()).map.sizeBytes).toBe(bytes.length);
    },
  );

  test('a cut archive is the same error when it is fed as such', async () => {
    const bytes = fixture('pg17-none');
    const { map } = await mapWhole(bytes);
    const cuts = map.blocks.flatMap(({ offset, length }) => [
      offset,
      offset + 3,
      offset + 8,
      offset + (length >> 1),
      offset + length - 1,
    ]);
    for (const size of [...cuts, bytes.length - 1]) {
      const failure = await failureOf(() => mapInChunks(bytes.subarray(0, size), () => 1000));
      expect(failure.code).toBe('ARCHIVE_TRUNCATED');
      expect(failure.message).toContain(`ends at byte ${size}`);
    }
  });

  test('a cut archive is told with the table, or what else is missing', async () => {
    const bytes = fixture('pg15-none');
    const { map, head } = await mapWhole(bytes);
    const t = map.blocks.find(({ dumpId }) => dumpId === entryOf(head, 'TABLE DATA', 't').dumpId);
    const offset = t?.offset ?? 0;
    const inside = await failureOf(() => mapWhole(bytes.subarray(0, offset + 5000)));
    expect(inside.message).toMatch(
      /in the chunk.* of TABLE DATA app\.t \(dump id 3402\), whose data begins at byte \d+$/,
    );
    expect(inside.object).toBe('TABLE DATA app.t (dump id 3402)');
    const before = await failureOf(() => mapWhole(bytes.subarray(0, offset)));
    expect(before.message).toMatch(/without the data of TABLE DATA app\.t \(dump id 3402\) and of 2 more entries$/);
    const inHeader = await failureOf(() => mapWhole(bytes.subarray(0, offset + 3)));
    expect(inHeader.message).toContain(`in the header of the data block at byte ${offset}`);
  });

  test('an empty archive is called empty', async () => {
    expect((await failureOf(() => mapWhole(Buffer.alloc(0)))).message).toMatch(/ends at byte 0, it is empty/);
  });
});

describe('blocks that do not fit the TOC', () => {
  const bytes = fixture('pg15-none');

  test.each([
    ['an unknown type', Buffer.from([2]), /block type 2 at byte 129842/],
    ['a dump id without an entry', tableBlock(9999, '\\.\n\n\n'), /no entry with data has dump id 9999 at byte 129843/],
    ['the dump id of an entry without data', tableBlock(6, '\\.\n\n\n'), /no entry with data has dump id 6/],
    ['a dump id again', tableBlock(3402, '\\.\n\n\n'), /a second block of dump id 3402/],
    ['an impossible dump id', Buffer.from([1, 9, 0, 0, 0, 0]), /dump id NaN/],
  ])('a block with %s is refused', async (_what, more, message) => {
    const failure = await failureOf(() => mapWhole(Buffer.concat([bytes, more])));
    expect(failure.code).toBe('ARCHIVE_FORMAT');
    expect(failure.message).toMatch(message);
  });

  test('a block of the wrong type is refused', async () => {
    const { map } = await mapWhole(bytes);
    const wrong = Buffer.from(bytes);
    wrong[map.blocks[0]?.offset ?? 0] = 3;
    const failure = await failureOf(() => mapWhole(wrong));
    expect(failure.code).toBe('ARCHIVE_FORMAT');
    expect(failure.message).toContain('a block of large-objects for TABLE DATA app.Odd');
  });

  test('a negative chunk length is refused', async () => {
    const { map } = await mapWhole(bytes);
    const wrong = Buffer.from(bytes);
    const at = (map.blocks[0]?.offset ?? 0) + 6;
    wrong[at] = 1;
    expect((await failureOf(() => mapWhole(wrong))).message).toMatch(
      new RegExp(`a chunk length of -\\d+ at byte ${at},`),
    );
  });

  test('a chunk length that is no integer at all is refused without showing one', async () => {
    const { map } = await mapWhole(bytes);
    const wrong = Buffer.from(bytes);
    wrong[(map.blocks[0]?.offset ?? 0) + 6] = 2;
    expect((await failureOf(() => mapWhole(wrong))).message).toMatch(/a chunk length of no integer at byte \d+,/);
  });

  test('toc.dat of a directory archive is no stream', async () => {
    expect((await failureOf(() => mapWhole(fixture('pg15-directory-toc')))).message).toContain('directory archive');
  });

  test('a mapper that has failed fails with the same error at every call', async () => {
    const mapper = new ArchiveMapper();
    const first = await failureOf(() => mapper.push(Buffer.alloc(1000, 0xee)));
    expect(await failureOf(() => mapper.push(bytes))).toBe(first);
    expect(await failureOf(() => mapper.end())).toBe(first);
  });

  test('large objects with an oid above 2147483647, a negative number, are read', async () => {
    const { head } = await mapWhole(bytes);
    const entry = entryOf(head, 'BLOBS');
    const objects = [
      encodeInt(-5, 4),
      encodeInt(1, 4),
      Buffer.from('x'),
      encodeInt(0, 4),
      Buffer.from([1, 0, 0, 0, 0x80]),
      encodeInt(0, 4),
    ];
    const block = Buffer.concat([Buffer.from([3]), encodeInt(entry.dumpId, 4), ...objects, encodeInt(0, 4)]);
    const { map } = await mapWhole(Buffer.concat([headOf(head, [entryBytes(head, entry)]), block]));
    expect(map.blocks).toMatchObject([{ kind: 'large-objects', rows: 2 }]);
  });
});

describe.each([
  ['pg18-gzip', deflateSync],
  ['pg18-zstd', zstdCompressSync],
])('compressed rows: %s', (name, compress) => {
  const text = Buffer.from(`${Array.from({ length: 40_000 }, (_, i) => `${i}\t${i * 7919}\n`).join('')}\\.\n\n\n`);
  const large = compress(text);
  const small = compress(text.subarray(-100));
  // Changed bytes alone may pass in zstd, where pg_dump asks for no checksum.
  const garbled = Buffer.concat([large.subarray(0, 200), large.subarray(300)]);

  async function archiveOf(contents: Buffer): Promise<Buffer> {
    const { head } = await mapWhole(fixture(name));
    const entry = entryOf(head, 'TABLE DATA', 'child');
    const chunks = Array.from({ length: Math.ceil(contents.length / 999) }, (_, i) =>
      contents.subarray(i * 999, i * 999 + 999),
    );
    return Buffer.concat([headOf(head, [entryBytes(head, entry)]), tableBlock(entry.dumpId, ...chunks)]);
  }

  test('a large compressed block is counted, whatever the size of chunks', async () => {
    const archive = await archiveOf(large);
    for (const size of [archive.length, 65_536, 500]) {
      expect((await mapInChunks(archive, () => size)).map.blocks).toMatchObject([
        { rows: 40_000, segments: [{ rows: 40_000 }] },
      ]);
    }
  });

  test('compressed contents that do not end with the terminator have no row count', async () => {
    const archive = await archiveOf(compress(text.subarray(0, 100_000)));
    expect((await mapWhole(archive)).map.blocks).toMatchObject([{ rows: null, segments: [{ rows: null }] }]);
  });

  test.each([
    ['noise', Buffer.alloc(5000, 0x55)],
    ['nothing', Buffer.alloc(0)],
    ['garbled', garbled],
    ['cut off', large.subarray(0, -5)],
    ['cut off and small', small.subarray(0, -5)],
    ['two streams', Buffer.concat([large, large])],
    ['bytes behind the end', Buffer.concat([small, Buffer.from('more')])],
  ])('compressed rows with damage (%s) are told with their table', async (_what, contents) => {
    const archive = await archiveOf(contents);
    for (const size of [archive.length, 1000]) {
      const failure = await failureOf(() => mapInChunks(archive, () => size));
      expect(failure.code).toBe('ARCHIVE_DAMAGED');
      expect(failure.object).toBe('TABLE DATA app.child (dump id 3408)');
      expect(failure.message).toContain('TABLE DATA app.child');
    }
  });
});
