import { createHash } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { archiveIdentity } from '../../src/archive/archive-identity.js';
import type { ArchiveMap } from '../../src/archive/types.js';
import * as fixtures from './fixtures.js';
import { blockOf, bytesOf, contentsOf, entryOf, fixture, mapInChunks, mapWhole, tableBlock } from './fixtures.js';

const ROWS: Record<string, number> = {
  t: 300,
  empty: 0,
  zero_columns: 1,
  'Odd "name" 🚀': 2,
  p1: 30,
  p2: 30,
  child: 50,
};

const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

async function rowsByName(name: string): Promise<{ rows: Record<string, number | null>; rowsSeen: number }> {
  const { map, head, rowsSeen } = await mapWhole(fixture(name));
  const nameOf = new Map(head.entries.map(({ dumpId, desc, tag }) => [dumpId, desc === 'BLOBS' ? desc : tag]));
  const counts = map.blocks.map(({ dumpId, rows }): [string, number | null] => [nameOf.get(dumpId) ?? '', rows]);
  return { rows: Object.fromEntries(counts), rowsSeen };
}

/** Segments lie one behind the other from the block's start to its end, and their digests are those of their bytes. */
function expectTiled(archive: Buffer, map: ArchiveMap): void {
  for (const { offset, length, segments } of map.blocks) {
    let at = offset;
    for (const segment of segments) {
      expect(segment.offset).toBe(at);
      expect(segment.sha256).toBe(sha256(bytesOf(archive, segment)));
      at += segment.length;
    }
    expect(at).toBe(offset + length);
  }
}

describe('rows', () => {
  test.each(fixtures.READABLE)('the map of %s has the rows of tables and large objects', async (name) => {
    expect(await rowsByName(name)).toEqual({ rows: { ...ROWS, BLOBS: 3 }, rowsSeen: 413 });
  });

  test.each(fixtures.UNREADABLE)('the map of %s in lz4 has large objects, and unknown rows', async (name) => {
    const unknown = Object.fromEntries(Object.keys(ROWS).map((table) => [table, null]));
    expect(await rowsByName(name)).toEqual({ rows: { ...unknown, BLOBS: 3 }, rowsSeen: 0 });
  });

  test('rows of a dump with --inserts are not known, and its blocks not cut', async () => {
    const { map } = await mapWhole(fixture('pg15-inserts'), { segmentBytes: 100 });
    const tables = map.blocks.filter(({ kind }) => kind === 'table');
    expect(tables).toHaveLength(7);
    for (const { rows, segments } of tables)
      expect({ rows, segments }).toMatchObject({ rows: null, segments: [{ rows: null }] });
  });

  test.each([
    ['nothing', []],
    ['no terminator', ['1\n2\n']],
    ['a terminator without its blank lines', ['1\n\\.\n']],
    ['something behind the terminator', ['1\n\\.\n\n\n', 'x\n']],
    ['a last line that is not ended', ['1\\.\n\n\n']],
  ])('contents with %s are no COPY text', async (_what, chunks) => {
    const { archive, dumpId } = await oneTable(chunks);
    const { map } = await mapWhole(archive, { segmentBytes: 1 });
    const block = map.blocks[0];
    expect(block).toMatchObject({ dumpId, rows: null });
    expect(block?.segments.map(({ rows }) => rows)).toEqual(block?.segments.map(() => null));
    expectTiled(archive, map);
  });
});

/** An uncompressed archive of app.empty alone, with these chunks as its contents. */
async function oneTable(chunks: (Buffer | string)[]): Promise<{ archive: Buffer; dumpId: number }> {
  const { head } = await mapWhole(fixture('pg15-none'));
  const entry = entryOf(head, 'TABLE DATA', 'empty');
  const bytes = fixtures.headOf(head, [fixtures.entryBytes(head, entry)]);
  return { archive: Buffer.concat([bytes, tableBlock(entry.dumpId, ...chunks)]), dumpId: entry.dumpId };
}

describe('feeding', () => {
  test.each([...fixtures.ALL, 'pg15-inserts'])('the map of %s is the same with chunks of any size', async (name) => {
    const bytes = fixture(name);
    const options = { segmentBytes: 1024 };
    const whole = await mapWhole(bytes, options);
    const random = fixtures.pseudoRandom(bytes.length);
    const sizes = [() => 1, () => 4096, () => 1 + Math.floor(random() * 40), () => 1 + Math.floor(random() * 9000)];
    for (const nextSize of sizes) expect(await mapInChunks(bytes, nextSize, options)).toEqual(whole);
  });

  test('sizes and digests of a map are those of the bytes', async () => {
    const bytes = fixture('pg16-zstd');
    const { map, head } = await mapWhole(bytes);
    expect(map).toMatchObject({
      sizeBytes: bytes.length,
      sha256: archiveIdentity(map),
      head: { length: head.bytes.length, sha256: sha256(bytes.subarray(0, head.bytes.length)) },
    });
    const [first] = map.blocks;
    expect(first?.offset).toBe(head.bytes.length);
    expect(map.blocks.reduce((sum, { length }) => sum + length, head.bytes.length)).toBe(bytes.length);
  });

  test('a map of an archive with offsets has the blocks of the one without', async () => {
    const piped = await mapWhole(fixture('pg15-none'));
    const seekable = await mapWhole(fixture('pg15-none-seekable'));
    expect(seekable.map.blocks).toEqual(piped.map.blocks);
  });
});

describe('segments', () => {
  test.each(fixtures.ALL)('the segments of %s tile the blocks and are as small as asked for', async (name) => {
    const bytes = fixture(name);
    const { map, head } = await mapWhole(bytes, { segmentBytes: 1024 });
    expectTiled(bytes, map);
    for (const { segments, rows } of map.blocks) {
      for (const { length } of segments.slice(0, -1)) expect(length).toBeGreaterThanOrEqual(1024);
      if (rows !== null) expect(segments.reduce((sum, segment) => sum + (segment.rows ?? 0), 0)).toBe(rows);
    }
    const t = blockOf(map, entryOf(head, 'TABLE DATA', 't'));
    expect(t.segments.length > 20).toBe(fixtures.UNCOMPRESSED.includes(name));
  });

  test.each(fixtures.UNCOMPRESSED)('the segments of %s are split behind rows, wherever chunks begin', async (name) => {
    const bytes = fixture(name);
    const { map } = await mapWhole(bytes, { segmentBytes: 1024 });
    for (const { segments } of map.blocks.filter(({ kind }) => kind === 'table')) {
      for (const { offset, chunkBytesLeft } of segments.slice(1)) {
        expect(bytes[offset - 1]).toBe(10);
        expect(chunkBytesLeft === 0).toBe(name !== 'pg18-none-rechunked');
      }
    }
  });

  test('a chunk that a split point cuts says how much of it is left', async () => {
    const { archive } = await oneTable(['aaaa\nbbbb\ncc', 'cc\ndddd\n\\.\n\n\n']);
    const start = (await mapWhole(archive)).head.bytes.length;
    const { map } = await mapWhole(archive, { segmentBytes: 16 });
    // Type and dump id (6), length (5), a row (5); then row b (5), half of c (2), a length (5), the other half (3), …
    expect(map.blocks[0]?.segments).toMatchObject([
      { offset: start, length: 16, rows: 1, chunkBytesLeft: 0 },
      { offset: start + 16, length: 20, rows: 3, chunkBytesLeft: 7 },
      { offset: start + 36, length: 10, rows: 0, chunkBytesLeft: 5 },
    ]);
  });

  test.each([1, 2, 3, 7, 100])(
    'no terminator is ever cut or counted: chunks of %i bytes, every size of segment',
    async (size) => {
      const text = 'a\n\nbb\\\\.\n\\\\.\n\\n\n\\.\n\n\n';
      const chunks = text.match(new RegExp(`[^]{1,${size}}`, 'g')) ?? [];
      const { archive } = await oneTable(chunks);
      for (let segmentBytes = 1; segmentBytes < 200; segmentBytes++) {
        const { map } = await mapWhole(archive, { segmentBytes });
        const [block] = map.blocks;
        expect(block?.rows).toBe(5);
        expect(block?.segments.reduce((sum, { rows }) => sum + (rows ?? NaN), 0)).toBe(5);
        expectTiled(archive, map);
        const last = block?.segments.at(-1);
        expect(last?.length).toBeGreaterThanOrEqual(10);
      }
    },
  );

  test('a row larger than a segment makes a larger segment', async () => {
    const { archive } = await oneTable(['1\n', `${'x'.repeat(10_000)}\n`, '3\n', '\\.\n\n\n']);
    const { map } = await mapWhole(archive, { segmentBytes: 20 });
    expect(map.blocks[0]?.segments.map(({ rows, length }) => [rows, length])).toEqual([
      [2, 6 + 7 + 10_006],
      [1, 7 + 10 + 5],
    ]);
  });

  test('large objects are cut between objects', async () => {
    const bytes = fixture('pg18-none');
    const { map, head } = await mapWhole(bytes, { segmentBytes: 8 });
    const { segments, rows } = blockOf(map, entryOf(head, 'BLOBS'));
    expect(rows).toBe(3);
    expect(segments.map((segment) => segment.rows)).toEqual([1, 1, 1, 0]);
    expect(segments.map(({ chunkBytesLeft }) => chunkBytesLeft)).toEqual([0, 0, 0, 0]);
    expect(bytesOf(bytes, segments.at(-1) ?? { offset: 0, length: 0 })).toEqual(Buffer.alloc(5));
  });

  test('rechunking changes neither rows nor contents', async () => {
    const [rows, chunks] = [fixture('pg18-none'), fixture('pg18-none-rechunked')];
    const byRow = await mapWhole(rows);
    const byChunk = await mapWhole(chunks);
    const kept = ({ map }: fixtures.Mapped): unknown =>
      map.blocks.map(({ dumpId, kind, rows }) => ({ dumpId, kind, rows }));
    expect(kept(byChunk)).toEqual(kept(byRow));
    for (const [i, block] of byRow.map.blocks.entries()) {
      const other = byChunk.map.blocks[i];
      if (block.kind !== 'table' || other === undefined) continue;
      expect(contentsOf(bytesOf(chunks, other))).toEqual(contentsOf(bytesOf(rows, block)));
    }
  });
});
