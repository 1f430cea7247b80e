import { describe, expect, test } from '@jest/globals';
import { frameSlice } from '../../src/archive/frame-slice.js';
import { miniArchiveHead } from '../../src/archive/mini-archive.js';
import { sliceOf, type SliceFrame } from '../../src/archive/slice.js';
import * as fixtures from './fixtures.js';
import { blockOf, bytesOf, contentsOf, entryOf, failureOf, fixture, inPieces, mapWhole } from './fixtures.js';

const TERMINATOR = '\\.\n\n\n';

async function framed(frame: SliceFrame, source: AsyncIterable<Buffer>): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of frameSlice(frame, source)) parts.push(part);
  return Buffer.concat(parts);
}

describe.each(fixtures.UNCOMPRESSED)('%s', (name) => {
  const archive = fixture(name);

  test.each([1, 13, 1000, 1_000_000])('slices of one segment, %i bytes a read, hold all rows once', async (size) => {
    const { map, head } = await mapWhole(archive, { segmentBytes: 1500 });
    for (const block of map.blocks.filter(({ kind }) => kind === 'table')) {
      const rows: string[] = [];
      for (const [i, segment] of block.segments.entries()) {
        const frame = sliceOf(head.header, block, i, i + 1);
        const text = contentsOf(await framed(frame, inPieces(bytesOf(archive, frame), size))).toString();
        expect(text.endsWith(TERMINATOR)).toBe(true);
        rows.push(text.slice(0, -TERMINATOR.length));
        expect(rows.at(-1)?.match(/\n/g)?.length ?? 0).toBe(segment.rows);
      }
      expect(rows.join('') + TERMINATOR).toBe(contentsOf(bytesOf(archive, block)).toString());
    }
  });

  test('a slice of every range of segments makes a mini archive with its rows', async () => {
    const { map, head } = await mapWhole(archive, { segmentBytes: 6000 });
    for (const block of map.blocks) {
      for (let from = 0; from < block.segments.length; from++) {
        for (let to = from + 1; to <= block.segments.length; to++) {
          const frame = sliceOf(head.header, block, from, to);
          const bytes = await framed(frame, inPieces(bytesOf(archive, frame), 777));
          const mini = Buffer.concat([miniArchiveHead(head, new Set([block.dumpId])), bytes]);
          const expected = frame.segments.reduce((sum, { rows }) => sum + (rows ?? NaN), 0);
          expect((await mapWhole(mini)).map.blocks).toMatchObject([
            { dumpId: block.dumpId, kind: block.kind, rows: expected },
          ]);
        }
      }
    }
  });

  test('a slice of all segments is the block as it is', async () => {
    const { map, head } = await mapWhole(archive, { segmentBytes: 1024 });
    for (const block of map.blocks) {
      const frame = sliceOf(head.header, block, 0, block.segments.length);
      expect(await framed(frame, inPieces(bytesOf(archive, frame), 100))).toEqual(bytesOf(archive, block));
    }
  });
});

test('slices of large objects hold the objects between their split points', async () => {
  const archive = fixture('pg17-none');
  const { map, head } = await mapWhole(archive, { segmentBytes: 8 });
  const block = blockOf(map, entryOf(head, 'BLOBS'));
  const whole = bytesOf(archive, block);
  const frame = sliceOf(head.header, block, 1, 3);
  const slice = await framed(frame, inPieces(bytesOf(archive, frame), 100));
  expect(slice).toEqual(Buffer.concat([whole.subarray(0, 6), bytesOf(archive, frame), Buffer.alloc(5)]));
});

describe('both framings', () => {
  test('slices cut at the same rows have the same rows in both framings', async () => {
    const texts: string[][] = [];
    for (const name of ['pg18-none', 'pg18-none-rechunked']) {
      const archive = fixture(name);
      const { map, head } = await mapWhole(archive, { segmentBytes: 1 });
      const block = blockOf(map, entryOf(head, 'TABLE DATA', 't'));
      const slices: string[] = [];
      // Each segment is one row, but for rows shorter than what is between two split points.
      for (let i = 0; i < block.segments.length; i++) {
        const frame = sliceOf(head.header, block, i, i + 1);
        slices.push(contentsOf(await framed(frame, inPieces(bytesOf(archive, frame), 50))).toString());
      }
      texts.push(slices);
    }
    expect(texts[0]).toHaveLength(301);
    expect(texts[1]).toEqual(texts[0]);
  });
});

describe('what does not fit', () => {
  const archive = fixture('pg18-none-rechunked');

  async function aSlice(): Promise<SliceFrame> {
    const { map, head } = await mapWhole(archive, { segmentBytes: 1024 });
    return sliceOf(head.header, blockOf(map, entryOf(head, 'TABLE DATA', 't')), 2, 5);
  }

  test('a slice whose source ends too early is an error', async () => {
    const frame = await aSlice();
    const failure = await failureOf(() => framed(frame, inPieces(bytesOf(archive, frame).subarray(0, -1), 100)));
    expect(failure.code).toBe('ARCHIVE_TRUNCATED');
  });

  test('a slice whose source goes on is an error', async () => {
    const frame = await aSlice();
    const longer = { offset: frame.offset, length: frame.length + 1 };
    expect((await failureOf(() => framed(frame, inPieces(bytesOf(archive, longer), 100)))).code).toBe('INTERNAL');
  });

  test('a slice of other bytes than those of the map is an error where they are no chunks', async () => {
    const frame = await aSlice();
    const other = Buffer.alloc(frame.length, 0x20);
    expect((await failureOf(() => framed(frame, inPieces(other, 100)))).code).toBe('ARCHIVE_FORMAT');
  });

  test.each([
    [0, 0],
    [-1, 1],
    [0, 99],
  ])('a slice of the range [%i, %i) is refused', async (from, to) => {
    const { map, head } = await mapWhole(archive);
    const block = blockOf(map, entryOf(head, 'TABLE DATA', 't'));
    expect((await failureOf(() => sliceOf(head.header, block, from, to))).code).toBe('INTERNAL');
  });
});
