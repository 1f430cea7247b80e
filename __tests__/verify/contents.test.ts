import { describe, expect, test } from '@jest/globals';
import type { ArchiveHead, TocEntry } from '../../src/archive/types.js';
import { comparableContents } from '../../src/verify/contents.js';
import { contentsLine } from '../../src/verify/contents-line.js';
import { entry, table, tableData } from '../plan/toc-entries.js';

const encoding = (name: string): TocEntry =>
  entry(90, 'ENCODING', 'ENCODING', { definition: `SET client_encoding = '${name}';\n` });

function contentsOf(entries: readonly TocEntry[], { algorithm = 'none', in: name = 'UTF8' } = {}) {
  const all = [encoding(name), ...entries];
  const head = { header: { compression: { algorithm } }, entries: all } as unknown as ArchiveHead;
  const { compared, notCompared } = comparableContents(head, entries, []);
  return { compared, notCompared: Object.fromEntries(notCompared) };
}

const t = table(1, 't');
const copy = (name: string, columns: string): string => `COPY app.${name} ${columns} FROM stdin;\n`;

describe('rows that are compared', () => {
  test('rows are read by the statement that pg_dump reads them with', () => {
    const none = table(3, 'none');
    const { compared } = contentsOf([
      ...[t, tableData(2, t, { copyStatement: copy('t', '(a, "b (c)")') })],
      ...[none, tableData(4, none, { copyStatement: copy('none', '') })],
    ]);
    expect(compared).toEqual([
      { sqlName: 'app.t', dumpIds: [2], copyOut: 'COPY app.t (a, "b (c)") TO stdout;' },
      { sqlName: 'app.none', dumpIds: [4], copyOut: 'COPY app.none TO stdout;' },
    ]);
  });

  test('rows that were loaded through the root of their partitions are compared with those of the whole tree', () => {
    const parts = [table(2, 'p1'), table(3, 'p2')];
    const attached = parts.map(({ tag, dumpId }) =>
      entry(dumpId + 10, 'TABLE ATTACH', tag, { dependencies: [1, dumpId] }),
    );
    const data = (names: readonly string[], columns = '(a)'): TocEntry[] =>
      parts.map((part, at) =>
        tableData(at + 20, part, { copyStatement: copy(names[at] ?? '', at === 0 ? '(a)' : columns) }),
      );
    const tree = [t, ...parts, ...attached];
    expect(contentsOf([...tree, ...data(['t', 't'])]).compared).toEqual([
      { sqlName: 'app.t', dumpIds: [20, 21], copyOut: 'COPY (SELECT a FROM app.t) TO stdout;' },
    ]);
    expect(contentsOf([...tree, ...data(['t', 'p2'])]).compared).toEqual([
      { sqlName: 'app.p2', dumpIds: [21], copyOut: 'COPY app.p2 (a) TO stdout;' },
      { sqlName: 'app.t', dumpIds: [20, 21], copyOut: 'COPY (SELECT a FROM app.t) TO stdout;' },
    ]);
    expect(contentsOf([...tree, ...data(['t', 't'], '(b, a)')])).toEqual({
      compared: [],
      notCompared: { 'its partitions have their columns in other orders': ['app.t'] },
    });
  });

  test.each([
    ['INSERT statements', tableData(2, t, { copyStatement: '' }), {}, 'the archive has INSERT statements'],
    ['lz4', tableData(2, t), { algorithm: 'lz4' }, 'the archive is compressed with lz4'],
    ['a table of an extension', tableData(2, t, { dependencies: [] }), {}, 'an extension has rows of its own there'],
    [
      'a name in another encoding',
      tableData(2, t, { copyStatement: copy('"ä"', '(a)') }),
      { in: 'LATIN1' },
      'the name is in another encoding than UTF-8',
    ],
    [
      'a statement of another form',
      tableData(2, t, { copyStatement: 'COPY app.t FROM PROGRAM;' }),
      {},
      'they are of another form',
    ],
  ])('rows are not compared where there is %s', (_, data, options, reason) => {
    expect(contentsOf([t, data], options)).toEqual({ compared: [], notCompared: { [reason]: ['TABLE DATA app.t'] } });
  });

  test('large objects and materialized views are said not to be compared', () => {
    const others = [entry(1, 'BLOBS', 'BLOBS'), entry(2, 'MATERIALIZED VIEW DATA', 'm')];
    expect(contentsOf(others).notCompared).toEqual({
      'large objects': ['BLOBS'],
      'materialized views are computed anew': ['m'],
    });
  });
});

describe('the line of the contents', () => {
  test('all tables are alike', () => {
    const line = { check: 'contents of tables', expected: 3, found: 3, ok: true, detail: '' };
    expect(contentsLine({ total: 3, unlike: [], notCompared: new Map() })).toEqual(line);
  });

  test('tables that differ are named, and how', () => {
    const unlike = [
      { sqlName: 'app.a', difference: 'other rows' as const },
      { sqlName: 'app.b', difference: { before: 3, now: 2 } },
      { sqlName: 'app.c', difference: 'missing' as const },
    ];
    const detail = 'app.a has as many rows, but others, app.b has 2 of 3 rows, app.c is missing';
    expect(contentsLine({ total: 3, unlike, notCompared: new Map() })).toMatchObject({ ok: false, found: 0, detail });
  });

  test('what could not be compared is told, and counts for nothing', () => {
    const unlike = [{ sqlName: 'app.a', difference: { reason: 'row-level security hides rows' } }];
    const line = contentsLine({ total: 2, unlike, notCompared: new Map([['large objects', ['BLOBS']]]) });
    expect(line).toMatchObject({ expected: 1, found: 1, ok: true });
    expect(line.detail).toBe('not compared, large objects: BLOBS; row-level security hides rows: app.a');
  });
});
