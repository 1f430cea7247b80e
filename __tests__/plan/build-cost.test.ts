import { describe, expect, test } from '@jest/globals';
import { buildCost, type IndexFacts } from '../../src/plan/build-cost.js';

/** `PHASELIFT_BENCH_BYTES=200MB npm run bench -- index-costs` on 2026-11-27: sizes, and bytes of temporary files. */
const ROWS = 921_659;
const MB = 1_000_000;

function facts(more: Partial<IndexFacts>): IndexFacts {
  const unknown = { sizeBytes: null, entryBytes: null, tableBytes: null };
  return { accessMethod: 'btree', differ: 'perhaps', rows: ROWS, ...unknown, ...more };
}

describe('what building an index costs', () => {
  test.each([
    ['bigint', { sizeBytes: 21 * MB, entryBytes: 8 }, 18.8 * MB],
    ['uuid', { sizeBytes: 29 * MB, entryBytes: 16 }, 25.8 * MB],
    ['text of 87 bytes', { sizeBytes: 105 * MB, entryBytes: 88 }, 92.3 * MB],
    ['few values', { sizeBytes: 6.4 * MB, entryBytes: 8 }, 18.5 * MB],
    ['hash', { accessMethod: 'hash', sizeBytes: 33 * MB }, 18.4 * MB],
    ['a primary key without statistics', { differ: 'all', sizeBytes: 21 * MB }, 18.8 * MB],
  ] as const)('the estimate of %s covers what was measured, and little more', (_, known, measured) => {
    const { tempBytes } = buildCost(facts(known));
    expect(tempBytes).toBeGreaterThanOrEqual(measured);
    expect(tempBytes).toBeLessThan(1.35 * measured);
  });

  test.each([
    ['bigint', { sizeBytes: 21 * MB, entryBytes: 8 }, [42 * MB, 84 * MB]],
    ['uuid', { sizeBytes: 29 * MB, entryBytes: 16 }, [58 * MB, 87 * MB]],
    ['text of 87 bytes', { sizeBytes: 105 * MB, entryBytes: 88 }, [105 * MB, 210 * MB]],
  ] as const)('the memory of %s lies where temporary files end', (_, known, [writes, writesNone]) => {
    const { memoryBytes } = buildCost(facts(known));
    expect(memoryBytes).toBeGreaterThan(writes);
    expect(memoryBytes).toBeLessThanOrEqual(writesNone);
  });

  test('equal entries may be stored once and sorted all, as wide as the rows let them be', () => {
    const small = facts({ sizeBytes: 6.4 * MB, tableBytes: 1000 * MB });
    expect(buildCost(small).tempBytes).toBeGreaterThan(1000 * MB);
    expect(buildCost({ ...small, differ: 'all' }).tempBytes).toBeLessThan(7 * MB);
  });

  test('many NULLs of a unique index may be stored once', () => {
    const { tempBytes } = buildCost(facts({ differ: 'but for nulls', sizeBytes: 6.4 * MB, tableBytes: 1000 * MB }));
    expect(tempBytes).toBeGreaterThan(18.5 * MB);
    expect(tempBytes).toBeLessThan(30 * MB);
  });

  test('a small index of a large table has only some of its rows', () => {
    const { tempBytes } = buildCost(facts({ rows: 1e9, sizeBytes: 60_000, entryBytes: 8 }));
    expect(tempBytes).toBeLessThan(300_000);
  });

  test.each(['gin', 'spgist', 'brin'])('%s sorts nothing', (accessMethod) => {
    expect(buildCost(facts({ accessMethod, sizeBytes: 100 * MB }))).toEqual({ tempBytes: 0, memoryBytes: 0 });
  });

  test('what is not known is said to be unknown, and never none', () => {
    expect(buildCost(facts({ rows: null })).tempBytes).toBeNull();
    expect(buildCost(facts({ accessMethod: 'bloom', sizeBytes: MB })).tempBytes).toBeNull();
    expect(buildCost(facts({ rows: 0 })).tempBytes).toBe(0);
  });
});
