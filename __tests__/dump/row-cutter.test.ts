import { describe, expect, test } from '@jest/globals';
import { BlockPool, type Block } from '../../src/dump/block-pool.js';
import { RowCutter } from '../../src/dump/row-cutter.js';

const MARK = 'phaselift-0123456789abcdef-';
const MARKER = `${MARK}d`;
const BLOCK_BYTES = 128 * 1024;

/** Cuts what a psql would write, so many bytes at a time, with blocks enough. */
function cut(output: string, readBytes: number, wholeRows = false): string[][] {
  const pool = new BlockPool(8, BLOCK_BYTES);
  const sections: string[][] = [];
  let section: string[] = [];
  const receiver = {
    rows(bytes: Buffer, block: Block): void {
      section.push(bytes.toString('latin1'));
      pool.release(block);
    },
    sectionEnd(ending: string): void {
      expect(ending).toBe('d');
      sections.push(section);
      section = [];
    },
  };
  const cutter = new RowCutter(pool, Buffer.from(MARK), wholeRows, receiver, [taken(pool), taken(pool)]);
  const bytes = Buffer.from(output, 'latin1');
  for (let at = 0; at < bytes.length;) {
    if (!cutter.hasSpare) throw new Error('the pool has blocks enough, and the cutter got none');
    const copied = bytes.copy(cutter.room(), 0, at, at + readBytes);
    if (copied === 0) throw new Error('there is no room');
    cutter.filled(copied);
    at += copied;
  }
  expect(section).toEqual([]);
  return sections;
}

function taken(pool: BlockPool): Block {
  const block = pool.tryTake();
  if (block === null) throw new Error('no block');
  return block;
}

function textOf(section: readonly string[] | undefined): string {
  return (section ?? []).join('');
}

/** Rows of any length up to some KiB, without a random source. */
function rows(count: number, longest: number): string {
  return Array.from({ length: count }, (_, i) => `${i}\t${'x'.repeat((i * 7919) % longest)}\n`).join('');
}

describe.each([1, 7, 4096, 65_536])('what psql writes, read by %i bytes', (readBytes) => {
  const texts = readBytes === 1 ? [rows(40, 90), '', rows(3, 9)] : [rows(400, 3000), '', rows(3, 9), rows(900, 600)];
  const output = texts.map((text) => `${text}${MARKER}\n`).join('');

  test.each([false, true])('comes out section by section, byte for byte (whole rows: %p)', (wholeRows) => {
    expect(cut(output, readBytes, wholeRows).map(textOf)).toEqual(texts);
  });

  test('comes out in whole rows where that is asked for', () => {
    const stretches = cut(output, readBytes, true).flat();
    expect(stretches.filter((stretch) => !stretch.endsWith('\n'))).toEqual([]);
  });
});

test.each([false, true])('a row that is longer than blocks comes out in stretches (whole rows: %p)', (wholeRows) => {
  const long = `${'y'.repeat(5 * BLOCK_BYTES)}\n`;
  const [section] = cut(`1\n${long}2\n${MARKER}\n`, 50_000, wholeRows);
  expect(textOf(section)).toBe(`1\n${long}2\n`);
  expect(section?.length).toBeGreaterThan(4);
});

test.each(Array.from({ length: MARKER.length + 3 }, (_, i) => i))(
  'a marker that the end of a block cuts, %i bytes before it, ends the section all the same',
  (before) => {
    const text = `${'z'.repeat(BLOCK_BYTES - before - 1)}\n`;
    expect(cut(`${text}${MARKER}\nnext\n${MARKER}\n`, 60_000).map(textOf)).toEqual([text, 'next\n']);
  },
);

test('a row that looks like the beginning of a marker is a row', () => {
  const text = `${MARKER.slice(0, 12)}\n${'q'.repeat(BLOCK_BYTES)}\n${MARKER.slice(0, 20)}\n`;
  expect(cut(`${text}${MARKER}\n`, 1000).map(textOf)).toEqual([text]);
});

test('a cutter without a spare block says so, and goes on with one that it is lent', () => {
  const pool = new BlockPool(2, BLOCK_BYTES);
  const blocks: Block[] = [];
  const receiver = {
    rows: (_bytes: Buffer, block: Block) => blocks.push(block),
    sectionEnd: () => undefined,
  };
  const cutter = new RowCutter(pool, Buffer.from(MARK), false, receiver, [taken(pool), taken(pool)]);
  expect(cutter.hasSpare).toBe(true);
  cutter.filled(cutter.room().fill('a').length);
  expect(cutter.hasSpare).toBe(false);
  const [full] = blocks;
  if (full === undefined) throw new Error('nothing was handed on');
  pool.release(full);
  pool.take(1, (block) => {
    cutter.lend(block);
  });
  expect(cutter.hasSpare).toBe(true);
});
