import { buffer } from 'node:stream/consumers';
import { describe, expect, test } from '@jest/globals';
import { frameSlice } from '../../src/archive/frame-slice.js';
import { miniArchiveHead } from '../../src/archive/mini-archive.js';
import { sliceOf } from '../../src/archive/slice.js';
import { composed } from '../archive/composed-archive.js';
import { blockOf, bytesOf, entryOf, failureOf, fixture, inPieces, mapInChunks, mapWhole } from '../archive/fixtures.js';
import { joinedArchive } from './joined-archive.js';

const SIZES = { runBytes: 700, segmentBytes: 3000 };

describe.each(['pg15-gzip', 'pg17-gzip', 'pg17-zstd', 'pg18-zstd'])(
  'an archive compressed in runs, like %s',
  (name) => {
    const plain = name.replace(/-\w+$/, '-none');

    test.each([
      ['runs that end with rows', { runBytes: 700, segmentBytes: 3000 }],
      ['runs of single rows', { runBytes: 1, segmentBytes: 1 }],
      ['runs that end anywhere', { runBytes: 333, segmentBytes: 3000, wholeRows: false }],
      ['one run for each table', { runBytes: 1e9, segmentBytes: 1e9 }],
    ])('has the rows of the plain one, with %s', async (_, options) => {
      const { archive } = await composed(name, options);
      const [found, wanted] = [joinedArchive(archive), joinedArchive(fixture(plain))];
      expect(found.blocks).toEqual(wanted.blocks);
    });

    test('was told the map that who reads it finds', async () => {
      const { archive, map, head, rowsSeen } = await composed(name, SIZES);
      const read = await mapWhole(archive);
      const withoutSegments = (blocks: typeof map.blocks): unknown[] =>
        blocks.map((block) => ({ ...block, segments: [] }));
      expect(withoutSegments(map.blocks)).toEqual(withoutSegments(read.map.blocks));
      expect({ size: map.sizeBytes, rowsSeen }).toEqual({ size: read.map.sizeBytes, rowsSeen: read.rowsSeen });
      const block = blockOf(map, entryOf(head, 'TABLE DATA', 't'));
      expect(block.segments.length).toBeGreaterThan(5);
      expect(block.segments.reduce((sum, { rows }) => sum + (rows ?? NaN), 0)).toBe(300);
    });

    test.each([1, 7, 1000])('is read with %i bytes at a time', async (size) => {
      const { archive, map } = await composed(name, SIZES);
      const read = await mapInChunks(archive, () => size);
      expect(read.map.blocks.map(({ rows }) => rows)).toEqual(map.blocks.map(({ rows }) => rows));
    });

    test.each([13, 100_000])('has slices that are archives, %i bytes a read', async (size) => {
      const { archive, map, head } = await composed(name, SIZES);
      const block = blockOf(map, entryOf(head, 'TABLE DATA', 't'));
      const joined = joinedArchive(fixture(plain));
      const slices: Buffer[] = [];
      for (let from = 0; from < block.segments.length; from++) {
        for (let to = from + 1; to <= block.segments.length; to++) {
          const frame = sliceOf(head.header, block, from, to);
          const framed = await buffer(frameSlice(frame, inPieces(bytesOf(archive, frame), size)));
          const mini = Buffer.concat([miniArchiveHead(head, new Set([block.dumpId])), framed]);
          const [found] = (await mapWhole(mini)).map.blocks;
          expect(found?.rows).toBe(frame.segments.reduce((sum, { rows }) => sum + (rows ?? NaN), 0));
          if (to === from + 1) slices.push(framed);
          // Its checksum is looked at there.
          if (to - from === block.segments.length) expect(joined.blocks).toContain(joinedArchive(mini).blocks[0]);
          else expect(joinedArchive(mini).blocks).toHaveLength(1);
        }
      }
      expect(slices).toHaveLength(block.segments.length);
    });
  },
);

test('an archive whose runs end inside of rows is cut only between rows', async () => {
  const { map, head } = await composed('pg17-zstd', { runBytes: 50, segmentBytes: 1, wholeRows: false });
  const { segments } = blockOf(map, entryOf(head, 'TABLE DATA', 't'));
  const { archive } = await composed('pg17-zstd', { runBytes: 50, segmentBytes: 1, wholeRows: false });
  expect(segments.length).toBeGreaterThan(1);
  for (const [at, { rows }] of segments.entries()) {
    const frame = sliceOf(head.header, blockOf(map, entryOf(head, 'TABLE DATA', 't')), at, at + 1);
    const framed = await buffer(frameSlice(frame, inPieces(bytesOf(archive, frame), 1000)));
    const mini = Buffer.concat([
      miniArchiveHead(head, new Set([blockOf(map, entryOf(head, 'TABLE DATA', 't')).dumpId])),
      framed,
    ]);
    expect((await mapWhole(mini)).map.blocks[0]?.rows).toBe(rows);
  }
});

test('a slice of gzip that nobody told the text of is refused', async () => {
  const { map, head } = await composed('pg17-gzip', SIZES);
  const block = blockOf(map, entryOf(head, 'TABLE DATA', 't'));
  const untold = { ...block, segments: block.segments.map((segment) => ({ ...segment, text: undefined })) };
  expect((await failureOf(() => sliceOf(head.header, untold, 1, 2))).code).toBe('INTERNAL');
  expect(sliceOf(head.header, untold, 0, untold.segments.length).runs).toBeNull();
});
