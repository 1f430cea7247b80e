import { describe, expect, test } from '@jest/globals';
import type { BlockMap } from '../../src/archive/types.js';
import { OpenArchive } from '../../src/engine/open-archive.js';
import { checkRows } from '../../src/engine/row-check.js';
import type { Unit } from '../../src/plan/unit.js';
import { table, tableData } from '../plan/toc-entries.js';
import { block, headOf, unit } from '../plan/units.js';

const ENTRIES = [tableData(11, table(1, 't')), tableData(12, table(2, 'u')), tableData(13, table(3, 'v'))];

/** `inserts` are the dump ids of blocks that hold INSERT statements. */
function check(
  blocks: BlockMap[],
  lines: readonly string[],
  more: Partial<Unit> = {},
  inserts: readonly number[] = [],
): number | null {
  const entries = ENTRIES.map((entry) => (inserts.includes(entry.dumpId) ? { ...entry, copyStatement: '' } : entry));
  const source = new OpenArchive({
    uri: 's3://b/k',
    head: headOf(entries),
    map: { blocks },
    read: () => (async function* () {})(),
  });
  const whole = blocks.map(({ dumpId, segments }) => ({ dumpId, fromSegment: 0, toSegment: segments.length }));
  return checkRows(unit('data/1', { blocks: whole, ...more }), lines, source);
}

describe('rows that COPY reported', () => {
  test('rows that COPY reported are those that the archive has, block by block', () => {
    expect(check([block(11, 9, 3), block(12, 9, 4)], ['SET', 'COPY 3', 'COPY 4'])).toBe(7);
  });

  test('rows of two tables are not added up before they are compared', () => {
    expect(() => check([block(11, 9, 3), block(12, 9, 4)], ['COPY 4', 'COPY 3'])).toThrow(
      /^TABLE DATA app\.t: the server loaded 4 rows where the backup has 3 rows; the unit was rolled back$/,
    );
  });

  test('rows that are too few for the last table are a fault as well', () => {
    expect(() => check([block(11, 9, 3), block(12, 9, 4)], ['COPY 3'])).toThrow(/app\.u: .* an unknown number of rows/);
  });

  test('rows that nobody counted in the archive are taken from the server', () => {
    expect(check([block(11, 9, null), block(12, 9, 4)], ['COPY 5', 'COPY 4'])).toBe(9);
  });

  test('rows that the server did not report are a fault, counted or not', () => {
    expect(() => check([block(11, 9, null)], ['SET'])).toThrow(/loaded an unknown number of rows/);
  });

  test('rows of data as INSERTs are not known, and do not take the tag of another table', () => {
    expect(check([block(11, 9, null), block(12, 9, 4)], ['INSERT 0 1', 'COPY 4'], {}, [11])).toBeNull();
    expect(() => check([block(11, 9, null), block(12, 9, 4)], ['COPY 3'], {}, [11])).toThrow(/app\.u/);
  });

  test('rows are compared for the segments of the unit only', () => {
    const cut = block(11, 9, 3);
    const [segment] = cut.segments;
    if (segment === undefined) throw new Error('no segment');
    const segments = [segment, { ...segment, rows: 8 }];
    const blocks = [{ dumpId: 11, fromSegment: 1, toSegment: 2 }];
    expect(check([{ ...cut, rows: 11, segments }], ['COPY 8'], { blocks })).toBe(8);
  });

  test('rows are none for other units', () => {
    expect(check([], ['COPY 3'], { kind: 'statements' })).toBeNull();
  });
});
