import { expect, test } from '@jest/globals';
import { mapTotals, sumOfRows } from '../../src/archive/map-totals.js';
import type { BlockMap } from '../../src/archive/types.js';

function block(kind: BlockMap['kind'], rows: number | null): BlockMap {
  return { dumpId: 1, kind, offset: 0, length: 0, rows, segments: [] };
}

test('totals of a map count tables and their rows, and no large objects', () => {
  const blocks = [block('table', 3), block('large-objects', 5), block('table', 4)];
  expect(mapTotals({ blocks })).toEqual({ tables: 2, rows: 7 });
});

test('totals of a map without tables are none', () => {
  expect(mapTotals({ blocks: [] })).toEqual({ tables: 0, rows: 0 });
});

test('a sum of rows is unknown when one of its parts is', () => {
  expect(sumOfRows([{ rows: 1 }, { rows: null }, { rows: 2 }])).toBeNull();
});
