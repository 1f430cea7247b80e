import { describe, expect, test } from '@jest/globals';
import { contentsOutput } from '../../src/report/contents-output.js';
import type { BackupContents, TableContents } from '../../src/report/run-report.js';

const table = (name: string): TableContents => {
  return { schema: 's', name, rows: 1, sizeBytes: 10, sourceBytes: null, indexes: [] };
};
const contents: BackupContents = { schemas: ['s'], tables: ['a', 'b', 'c'].map(table), others: { VIEW: 2 }, roles: [] };

describe('the output contents', () => {
  test('the output contents has everything where that fits', () => {
    const { json, leftOut } = contentsOutput(contents);
    expect({ ...(JSON.parse(json) as object), leftOut }).toEqual({ ...contents, leftOut: 0 });
  });

  test.each([60, 150, 250, 330])('the output contents keeps to %i characters, and says what it leaves out', (limit) => {
    const { json, leftOut } = contentsOutput(contents, limit);
    const parsed = JSON.parse(json) as BackupContents & { leftOut: number };
    expect(json.length).toBeLessThanOrEqual(Math.max(limit, 73));
    expect(parsed.tables).toEqual(contents.tables.slice(0, 3 - leftOut));
    expect(parsed.leftOut).toBe(leftOut);
  });
});
