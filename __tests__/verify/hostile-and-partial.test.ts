import { describe, expect, test } from '@jest/globals';
import type { BlockMap } from '../../src/archive/types.js';
import { expectationsOf } from '../../src/verify/expectations.js';
import { entry, key, table, tableData } from '../plan/toc-entries.js';

function block(dumpId: number, rows: number | null): BlockMap {
  return { dumpId, kind: 'table', offset: 0, length: 0, rows, segments: [] };
}

function setval(name: string): string {
  return `SELECT pg_catalog.setval('${name.replaceAll("'", "''")}', 7, true);\n`;
}

describe('names out of an archive, which become part of our own SQL', () => {
  test.each([String.raw`app.s; \! touch x`, 'app.s;DROP', '(SELECT 1)', String.raw`app."s"\! x`, 'app.s\n\\! x'])(
    'a name out of an archive is not taken when it is more than a name: %j',
    (name) => {
      const sequence = entry(1, 'SEQUENCE SET', 's', { section: 'data', definition: setval(name) });
      const rows = tableData(2, table(1, 't'), { copyStatement: `COPY ${name} (a) FROM stdin;\n` });
      const expected = expectationsOf([sequence, rows], [block(2, 1)]);
      expect(expected.sequences).toEqual([]);
      expect(expected.rows).toEqual([]);
    },
  );

  test('a name out of an archive is taken when it is odd, but quoted', () => {
    const name = String.raw`app."s""; \! touch 'x'"`;
    const sequence = entry(1, 'SEQUENCE SET', 's', { section: 'data', definition: setval(name) });
    expect(expectationsOf([sequence], []).sequences).toEqual([{ sqlName: name, lastValue: '7', isCalled: true }]);
  });
});

describe('the rows that a count must find', () => {
  test('the rows to find in the root of a tree are all those of its partitions', () => {
    const [root, low, high] = [table(1, 'root'), table(2, 'low'), table(3, 'high')];
    const attached = [low, high].map((child, index) =>
      entry(4 + index, 'TABLE ATTACH', child.tag, { dependencies: [root.dumpId, child.dumpId] }),
    );
    const throughRoot = tableData(11, high, { copyStatement: 'COPY app.root (a) FROM stdin;\n' });
    const { rows } = expectationsOf(
      [root, low, high, ...attached, tableData(10, low), throughRoot],
      [block(10, 3), block(11, 4)],
    );
    expect(rows).toEqual([
      { sqlName: 'app.low', loaded: 3, counted: 3 },
      { sqlName: 'app.root', loaded: 4, counted: 7 },
    ]);
  });

  test('the rows to find in the configuration table of an extension are not known', () => {
    const rows = tableData(2, table(1, 't'), { dependencies: [99] });
    expect(expectationsOf([rows], [block(2, 5)]).rows).toEqual([{ sqlName: 'app.t', loaded: 5, counted: null }]);
  });

  test('the rows to find are not known when nobody counted', () => {
    const t = table(1, 't');
    expect(expectationsOf([t, tableData(2, t)], [block(2, null)]).rows).toEqual([
      { sqlName: 'app.t', loaded: null, counted: null },
    ]);
  });
});

test.each([
  ['CHECK (a > 0)', true],
  ['CHECK (a > 0) NOT VALID', false],
  ['CHECK (a > 0) NOT ENFORCED', false],
  ["CHECK (a <> 'NOT VALID')", true],
])('a constraint with %s is validated: %s', (what, validated) => {
  const t = table(1, 't');
  const [constraint] = expectationsOf([t, { ...key(2, 'c', t, what), desc: 'CHECK CONSTRAINT' }], []).constraints;
  expect(constraint).toEqual({ schema: 'app', relation: 't', name: 'c', validated });
});
