import { describe, expect, test } from '@jest/globals';
import { LOG_ROWS, logTable } from '../../src/commands/log-table.js';

const COLUMNS = [{ head: 'NAME' }];
const items = (count: number): string[] => Array.from({ length: count }, (_, at) => `n${at}`);
const cellsOf = (name: string): string[] => [name];

describe('a table of the log', () => {
  test('a table of the log has a head and a line for each', () => {
    expect(logTable(COLUMNS, items(2), cellsOf)).toEqual(['NAME', 'n0', 'n1']);
    expect(logTable(COLUMNS, items(LOG_ROWS), cellsOf)).toHaveLength(LOG_ROWS + 1);
  });

  test('a table of the log ends at its limit and says how many others there are', () => {
    const lines = logTable(COLUMNS, items(LOG_ROWS + 1234), cellsOf, 'older ones');
    expect(lines).toHaveLength(LOG_ROWS + 2);
    expect(lines.slice(-2)).toEqual([`n${LOG_ROWS - 1}`, '… and 1,234 older ones']);
  });
});
