import { describe, expect, test } from '@jest/globals';
import type { TocEntry } from '../../src/archive/types.js';
import { stretchesOf, type Stretch } from '../../src/dump/pieces.js';
import type { SourceTable } from '../../src/dump/source-tables.js';
import { entry as tocEntry } from '../plan/toc-entries.js';

const MIB = 1024 * 1024;

function dataOf(dumpId: number, oid: string, more: Partial<TocEntry> = {}): TocEntry {
  return tocEntry(dumpId, 'TABLE DATA', `t${oid}`, { oid, namespace: 'app', hasData: true, ...more });
}

function table(oid: string, bytes: number, pages: number | null = Math.ceil(bytes / 8192)): [string, SourceTable] {
  return [oid, { oid, bytes, pages, filter: null }];
}

function pagesOf(stretches: readonly Stretch[]): unknown[] {
  return stretches.flatMap((stretch) => (stretch.kind === 'read' ? stretch.pieces.map(({ range }) => range) : []));
}

describe('the stretches of an archive', () => {
  test('the stretches of a large table tile its pages, and the last one has no end', () => {
    const stretches = stretchesOf([dataOf(5, '10')], new Map([table('10', 100 * MIB)]));
    expect(stretches).toHaveLength(7);
    const ranges = pagesOf(stretches) as { from: number; to: number | null }[];
    expect(ranges[0]?.from).toBe(0);
    expect(ranges.at(-1)?.to).toBeNull();
    for (const [i, range] of ranges.slice(1).entries()) expect(range.from).toBe(ranges[i]?.to);
    const flags = stretches.flatMap((stretch) => (stretch.kind === 'read' ? stretch.pieces : []));
    expect(flags.map(({ isFirst }) => isFirst)).toEqual([true, ...Array<boolean>(6).fill(false)]);
    expect(flags.map(({ isLast }) => isLast)).toEqual([...Array<boolean>(6).fill(false), true]);
  });

  test.each([
    ['of 20 MiB', 20 * MIB, 2560],
    ['that cannot be read by pages', 500 * MIB, null],
    ['of one page and much TOAST', 500 * MIB, 1],
    ['of no page', 0, 0],
  ])('the stretch of a table %s is the whole table', (_name, bytes, pages) => {
    expect(pagesOf(stretchesOf([dataOf(5, '10')], new Map([table('10', bytes, pages)])))).toEqual([null]);
  });

  test('the stretches of small tables are read together, but never across a large one', () => {
    const entries = ['1', '2', '3', '4'].map((oid, i) => dataOf(i + 1, oid));
    const sizes = new Map([table('1', 8192), table('2', 8192), table('3', 10 * MIB), table('4', 8192)]);
    const tags = stretchesOf(entries, sizes).map((stretch) =>
      stretch.kind === 'read' ? stretch.pieces.map(({ entry }) => entry.tag) : stretch.kind,
    );
    expect(tags).toEqual([['t1', 't2'], ['t3'], ['t4']]);
  });

  test('the stretches of 100,000 empty tables are some hundreds', () => {
    const entries = Array.from({ length: 100_000 }, (_, i) => dataOf(i + 1, String(i)));
    const stretches = stretchesOf(entries, new Map(entries.map(({ oid }) => table(oid, 0))));
    expect(stretches).toHaveLength(500);
  });

  test('the stretches of large objects come from pg_dump, all at once, in their place', () => {
    const objects = [6, 7].map((dumpId) => dataOf(dumpId, '0', { desc: 'BLOBS', tag: 'BLOBS', namespace: '' }));
    const stretches = stretchesOf([dataOf(5, '1'), ...objects], new Map([table('1', 0)]));
    expect(stretches.map(({ kind }) => kind)).toEqual(['read', 'large-objects']);
    expect(stretches[1]).toMatchObject({ entries: objects });
  });

  test('entries without data are passed over', () => {
    expect(stretchesOf([dataOf(5, '1', { hasData: false })], new Map())).toEqual([]);
  });

  test('data that nobody reads is an error, and never left out', () => {
    expect(() => stretchesOf([dataOf(5, '1')], new Map())).toThrow('nobody can read the data of TABLE DATA app.t1');
  });
});
