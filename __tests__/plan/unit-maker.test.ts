import { describe, expect, test } from '@jest/globals';
import type { BlockMap, TocEntry } from '../../src/archive/types.js';
import type { IndexBuild } from '../../src/plan/index-wishes.js';
import type { Stage } from '../../src/plan/stage.js';
import { TocGraph } from '../../src/plan/toc-graph.js';
import type { Unit } from '../../src/plan/unit.js';
import { UnitMaker } from '../../src/plan/unit-maker.js';
import { entry, foreignKey, index, key, table, tableData } from './toc-entries.js';
import { block, cutBlock } from './units.js';

const MIB = 1024 * 1024;

function make(
  stage: Stage,
  entries: readonly TocEntry[],
  {
    all = entries,
    blocks = [],
    lockBudget = 1000,
    computing = new Map(),
    sliceBytes = Infinity,
    notValid = new Set(),
    builds = new Map(),
  }: {
    all?: readonly TocEntry[];
    blocks?: BlockMap[];
    lockBudget?: number;
    computing?: ReadonlyMap<number, string | null>;
    sliceBytes?: number;
    notValid?: ReadonlySet<number>;
    builds?: ReadonlyMap<number, IndexBuild>;
  } = {},
): Unit[] {
  const options = { lockBudget, computing, sliceBytes, notValid, builds };
  return new UnitMaker(new TocGraph(all), blocks, options).unitsOf(stage, entries);
}

const t = table(1, 't');
const u = table(2, 'u');
const ids = (units: readonly Unit[]): number[][] => units.map((unit) => unit.dumpIds);

describe('units of data', () => {
  const data = [tableData(11, t), tableData(12, u)];

  test('units of data are shared by small tables; large ones stand alone', () => {
    const all = [t, u, ...data];
    expect(ids(make('data', data, { all, blocks: [block(11, 1000), block(12, 1000)] }))).toEqual([[11, 12]]);
    const units = make('data', data, { all, blocks: [block(11, MIB), block(12, 1000)] });
    expect(ids(units)).toEqual([[11], [12]]);
    expect(units[0]).toMatchObject({ kind: 'table-data', title: 'TABLE DATA app.t', weightBytes: MIB });
    expect(units[0]?.blocks).toEqual([{ dumpId: 11, fromSegment: 0, toSegment: 1 }]);
  });

  test('units of data are slices of a large table, and what depends on it waits for all of them', () => {
    const sequence = entry(13, 'SEQUENCE SET', 's', { section: 'data', dependencies: [11] });
    const all = [t, u, ...data, sequence];
    const large = cutBlock(
      11,
      [8, 8, 8, 8, 8].map((mib) => mib * MIB),
    );
    const units = make('data', [...data, sequence], { all, blocks: [large, block(12, MIB)], sliceBytes: 16 * MIB });
    expect(units.map(({ title, blocks, weightBytes }) => [title, blocks[0]?.fromSegment, weightBytes / MIB])).toEqual([
      ['TABLE DATA app.t (1 of 3)', 0, 16],
      ['TABLE DATA app.t (2 of 3)', 2, 16],
      ['TABLE DATA app.t (3 of 3)', 4, 8],
      ['TABLE DATA app.u', 0, 1],
      ['SEQUENCE SET app.s', undefined, 0],
    ]);
    expect(units.at(-1)?.after).toEqual(units.slice(0, 3).map(({ id }) => id));
    expect(new Set(units.map(({ id }) => id)).size).toBe(5);
  });

  test('units of data are whole blocks of tables whose rows run functions', () => {
    const large = cutBlock(11, [10 * MIB, 10 * MIB]);
    const options = { all: [t, u, ...data], blocks: [large, block(12, MIB)], sliceBytes: 5 * MIB };
    const units = make('data', data, { ...options, computing: new Map([[11, 'FUNCTION app.f(text)']]) });
    expect(units.map(({ blocks }) => blocks[0]?.toSegment)).toEqual([1, 2]);
  });

  test('unlogged tables have units of their own, with the sequence of their identity column', () => {
    const lost = table(3, 'lost', { definition: 'CREATE UNLOGGED TABLE app.lost (\n    a integer\n);\n' });
    const sequence = entry(4, 'SEQUENCE', 's', {
      definition:
        'ALTER TABLE app.lost ALTER COLUMN a ADD GENERATED ALWAYS AS IDENTITY (\n    SEQUENCE NAME app.s\n);\n',
      dependencies: [3],
    });
    const entries = [
      tableData(11, t),
      tableData(13, lost),
      entry(14, 'SEQUENCE SET', 's', { section: 'data', dependencies: [4] }),
    ];
    const all = [t, lost, sequence, ...entries];
    const units = make('data', entries, { all, blocks: [block(11, 10), block(13, 10)] });
    expect(units.map(({ dumpIds, unlogged }) => [...dumpIds, unlogged])).toEqual([
      [11, false],
      [13, true],
      [14, true],
    ]);
  });

  test('sequences and rows are not mixed: their texts are treated in different ways', () => {
    const entries = [tableData(11, t), entry(14, 'SEQUENCE SET', 's', { section: 'data' })];
    expect(make('data', entries, { all: [t, ...entries], blocks: [block(11, 10)] }).map(({ kind }) => kind)).toEqual([
      'table-data',
      'statements',
    ]);
  });

  test('large objects stand alone, and wait for their metadata', () => {
    const entries = [
      entry(3, 'BLOB METADATA', '100..101', { section: 'data' }),
      entry(4, 'BLOBS', 'BLOBS', { section: 'data', hasData: true, dependencies: [3] }),
    ];
    const units = make('data', entries, { blocks: [block(4, 10)] });
    expect(units.map(({ kind, after }) => [kind, after])).toEqual([
      ['statements', []],
      ['large-objects', ['data/0001']],
    ]);
  });

  test('units of data take no more locks than the budget', () => {
    const tables = Array.from({ length: 40 }, (_, at) => table(100 + at, `t${at}`));
    const rows = tables.map((one, at) => tableData(200 + at, one));
    const blocks = rows.map((one) => block(one.dumpId, 10));
    const few = make('data', rows, { all: [...tables, ...rows], blocks, lockBudget: 30 });
    expect(few).toHaveLength(4);
    expect(make('data', rows, { all: [...tables, ...rows], blocks })).toHaveLength(1);
    expect(few.flatMap((unit) => unit.dumpIds)).toEqual(rows.map((one) => one.dumpId));
  });
});

describe('units of schema and indexes', () => {
  test('units of schema and indexes keep the order of the TOC, each after the one before', () => {
    const tables = Array.from({ length: 2250 }, (_, at) => table(at + 1, `t${at}`));
    const units = make('schema', tables, { lockBudget: 100_000 });
    expect(units.map((unit) => unit.dumpIds.length)).toEqual([1000, 1000, 250]);
    expect(units.map((unit) => unit.after)).toEqual([[], ['schema/0001'], ['schema/0002']]);
    expect(units.flatMap((unit) => unit.dumpIds)).toEqual(tables.map((one) => one.dumpId));
    expect(units[0]?.title).toBe('TABLE app.t0 and 999 more');
  });
});

describe('units of the last phase', () => {
  const all = [t, u, tableData(11, t), tableData(12, u)];
  const blocks = [block(11, 10 * MIB), block(12, 10)];

  test('units of the last phase weigh what their table does; small ones share a unit', () => {
    const entries = [index(21, 'i', t), index(22, 'j', u), entry(23, 'TRIGGER', 'u tr', { dependencies: [2] })];
    const units = make('constraints', entries, { all: [...all, ...entries], blocks });
    expect(units.map(({ dumpIds, weightBytes }) => [dumpIds, weightBytes])).toEqual([
      [[21], 10 * MIB],
      [[22, 23], 10],
    ]);
  });

  test('units of the last phase wait for what they depend on', () => {
    const pk = key(21, 'pk', t, 'PRIMARY KEY (a)');
    const fk = foreignKey(22, 'fk', u, t, { dependencies: [2, 21] });
    const units = make('constraints', [pk, fk], { all: [...all, pk, fk], blocks });
    expect(units.map(({ id, after }) => [id, after])).toEqual([
      ['constraints/0001', []],
      ['constraints/0002', ['constraints/0001']],
    ]);
  });

  test('units of the last phase lock their tables: indexes share one, keys do not', () => {
    const entries = [index(21, 'i', t), foreignKey(22, 'fk', u, t)];
    const units = make('constraints', entries, { all: [...all, ...entries], blocks });
    expect(units.map(({ locks }) => locks)).toEqual([
      [{ table: 1, mode: 'shared' }],
      [
        { table: 2, mode: 'exclusive' },
        { table: 1, mode: 'exclusive' },
      ],
    ]);
  });

  test('an index that alters its table shares that with none', () => {
    const clustered = index(21, 'i', t);
    clustered.definition += '\nALTER TABLE app.t CLUSTER ON i;\n';
    const units = make('constraints', [clustered], { all: [...all, clustered], blocks });
    expect(units.map(({ locks }) => locks)).toEqual([[{ table: 1, mode: 'exclusive' }]]);
  });

  test('rules of one view, and tables of one publication, do not change it side by side', () => {
    const view = entry(31, 'VIEW', 'v');
    const publication = entry(32, 'PUBLICATION', 'p', { section: 'post-data' });
    const entries = [
      entry(33, 'RULE', 'v r', { section: 'post-data', dependencies: [31, 1] }),
      entry(34, 'PUBLICATION TABLE', 'p t', { section: 'post-data', dependencies: [32, 2] }),
    ];
    const units = make('constraints', entries, { all: [...all, view, publication, ...entries], blocks, lockBudget: 1 });
    expect(units.map(({ locks }) => locks.map((lock) => [lock.table, lock.mode]))).toEqual([
      [
        [1, 'exclusive'],
        [31, 'exclusive'],
      ],
      [
        [2, 'exclusive'],
        [32, 'exclusive'],
      ],
    ]);
  });

  test('foreign keys that are added NOT VALID weigh nothing, and say so', () => {
    const entries = [foreignKey(21, 'f', t, u), foreignKey(22, 'g', t, u)];
    const units = make('constraints', entries, { all: [...all, ...entries], blocks, notValid: new Set([22]) });
    expect(units.map(({ dumpIds, notValid, weightBytes }) => [dumpIds, notValid, weightBytes])).toEqual([
      [[21], undefined, 10 * MIB + 10],
      [[22], [22], 0],
    ]);
  });

  test('units of the last phase on partitions lock the root of their tree', () => {
    const attach = entry(9, 'TABLE ATTACH', 'u', { dependencies: [1, 2] });
    const one = index(21, 'i', u);
    const [unit] = make('constraints', [one], { all: [...all, attach, one], blocks });
    expect(unit?.locks).toEqual([{ table: 1, mode: 'shared' }]);
  });

  test('refreshes stand alone, and event triggers are one unit', () => {
    const views = [1, 2].map((id) => entry(id, 'MATERIALIZED VIEW DATA', `m${id}`, { section: 'post-data' }));
    expect(ids(make('refresh', views))).toEqual([[1], [2]]);
    const triggers = Array.from({ length: 300 }, (_, at) => entry(at + 1, 'EVENT TRIGGER', `e${at}`));
    expect(make('finish', triggers)).toHaveLength(1);
    expect(make('finish', [])).toEqual([]);
  });
});
