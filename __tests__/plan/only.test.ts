import { describe, expect, test } from '@jest/globals';
import type { TocEntry } from '../../src/archive/types.js';
import { onlyPatterns } from '../../src/inputs/only.js';
import { nearMisses, type OnlyPattern } from '../../src/plan/only.js';
import { selectEntries } from '../../src/plan/selection.js';
import { TocGraph } from '../../src/plan/toc-graph.js';
import { entry, index, table, tableData } from './toc-entries.js';
import { PLAIN_SELECTION } from './units.js';

const none = { section: 'none', namespace: '' } as const;
const schema = entry(1, 'SCHEMA', 'app', { namespace: '' });
const other = entry(2, 'SCHEMA', 'other', { namespace: '' });
const mood = entry(3, 'TYPE', 'mood', { dependencies: [1] });
const counter = entry(4, 'SEQUENCE', 'orders_id_seq', { dependencies: [1] });
const orders = table(5, 'orders', { dependencies: [1, 3] });
const customers = table(6, 'customers', { dependencies: [1] });
const lines = table(7, 'lines', { namespace: 'other', dependencies: [2] });
const fn = entry(8, 'FUNCTION', 'note()', { dependencies: [1] });
const view = entry(9, 'VIEW', 'open_orders', { dependencies: [1, 5] });
const parts = table(30, 'parts', { dependencies: [1] });
const part = table(31, 'parts_1', { dependencies: [1] });
const ALL: TocEntry[] = [
  schema,
  entry(10, 'COMMENT', 'SCHEMA app', { ...none, dependencies: [1] }),
  other,
  mood,
  fn,
  orders,
  counter,
  entry(11, 'SEQUENCE OWNED BY', 'orders_id_seq', { dependencies: [4, 5] }),
  customers,
  lines,
  view,
  parts,
  part,
  entry(32, 'TABLE ATTACH', 'parts_1', { dependencies: [30, 31] }),
  entry(12, 'DEFAULT', 'orders id', { dependencies: [4, 5] }),
  tableData(13, orders),
  tableData(14, customers),
  tableData(15, lines, { namespace: 'other' }),
  tableData(33, part),
  entry(16, 'SEQUENCE SET', 'orders_id_seq', { dependencies: [4] }),
  entry(17, 'CONSTRAINT', 'orders orders_pkey', { dependencies: [5] }),
  entry(18, 'CONSTRAINT', 'customers customers_pkey', { dependencies: [6] }),
  index(19, 'by_total', orders),
  entry(20, 'COMMENT', 'INDEX by_total', { dependencies: [19] }),
  entry(21, 'TRIGGER', 'orders note', { dependencies: [5, 8] }),
  entry(22, 'FK CONSTRAINT', 'orders orders_customer_fkey', { dependencies: [5, 6, 18] }),
  entry(23, 'FK CONSTRAINT', 'lines lines_order_fkey', { namespace: 'other', dependencies: [7, 5, 17] }),
  entry(24, 'PUBLICATION', 'all', none),
];

function patterns(...lines: string[]): readonly OnlyPattern[] {
  const parsed = onlyPatterns(lines.join('\n'));
  if ('value' in parsed) return parsed.value;
  throw new Error('no patterns');
}

/** Dump ids of what is restored, and what is told of the rest. */
function selected(...lines: string[]): { ids: number[]; told: string[] } {
  const { entries, leftOut } = selectEntries(new TocGraph(ALL), { ...PLAIN_SELECTION, only: patterns(...lines) });
  const told = leftOut.filter(({ worthTelling }) => worthTelling);
  return {
    ids: entries.map(({ dumpId }) => dumpId).sort((a, b) => a - b),
    told: told.map(({ title, reason }) => `${title}: ${reason}`),
  };
}

const OF_ORDERS = [1, 3, 4, 5, 8, 10, 11, 12, 13, 16, 17, 19, 20, 21];

describe('only some of a backup', () => {
  test('a table comes with its type, sequence, rows, keys, indexes and triggers, and with what these need', () => {
    expect(selected('TABLE app.orders')).toEqual({
      ids: OF_ORDERS,
      told: ['FK CONSTRAINT app.orders orders_customer_fkey: it needs TABLE app.customers, which only does not name'],
    });
  });

  test('a foreign key comes with both of its tables', () => {
    expect(selected('TABLE app.orders', 'app.customers')).toEqual({
      ids: [...OF_ORDERS, 6, 14, 18, 22].sort((a, b) => a - b),
      told: [],
    });
  });

  test('a view comes with the table that it reads', () => {
    const { ids } = selected('VIEW open_orders');
    expect(ids).toEqual([...OF_ORDERS, 9].sort((a, b) => a - b));
  });

  test('a schema comes with all that is in it, and not with keys to what is outside', () => {
    expect(selected('SCHEMA other')).toEqual({
      ids: [2, 7, 15],
      told: [expect.stringMatching(/^FK CONSTRAINT other\.lines lines_order_fkey: it needs /)],
    });
    expect(selected('SCHEMA app').ids).not.toContain(7);
    expect(selected('SCHEMA *').ids).toEqual(
      ALL.map(({ dumpId }) => dumpId)
        .filter((id) => id !== 24)
        .sort((a, b) => a - b),
    );
  });

  test('the root of a tree comes with its partitions, and a partition without its root', () => {
    expect(selected('parts').ids).toEqual([1, 10, 30, 31, 32, 33]);
    expect(selected('parts_1')).toEqual({
      ids: [1, 10, 31, 33],
      told: ['TABLE ATTACH app.parts_1: it needs TABLE app.parts, which only does not name'],
    });
  });

  test('a function is found by its name, without arguments', () => {
    expect(selected('FUNCTION app.note').ids).toEqual([1, 8, 10]);
  });

  test.each([
    ['ordes', ['TABLE app.orders']],
    ['customer', ['TABLE app.customers']],
    ['zzzzzzz', []],
  ])('a name that matches nothing (%s) has others like it', (name, titles) => {
    const [pattern] = patterns(name);
    expect(pattern === undefined ? [] : nearMisses(ALL, pattern)).toEqual(titles);
  });
});
