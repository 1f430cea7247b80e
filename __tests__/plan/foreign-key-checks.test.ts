import { describe, expect, test } from '@jest/globals';
import type { BlockMap, TocEntry } from '../../src/archive/types.js';
import { CHECK_BY_INDEX, ForeignKeyChecks } from '../../src/plan/foreign-key-checks.js';
import { TableSizes, type SourceSize } from '../../src/plan/table-sizes.js';
import { TocGraph } from '../../src/plan/toc-graph.js';
import type { Unit } from '../../src/plan/unit.js';
import { entry, foreignKey, key, table, tableData } from './toc-entries.js';
import { block, unit } from './units.js';

const MIB = 1024 * 1024;
const MILLION = 1_000_000;

const keyed = (type: string): TocEntry =>
  table(1, 'p', { definition: `CREATE TABLE app.p (\n    a ${type} NOT NULL,\n    note text\n);\n` });
const child = table(2, 'c');
const pk = key(10, 'p_pkey', table(1, 'p'), 'PRIMARY KEY (a)');
const fk = foreignKey(11, 'f', child, table(1, 'p'), { dependencies: [2, 10] });

interface Case {
  type?: string;
  blocks?: BlockMap[];
  sizes?: SourceSize[];
  isPlain?: boolean;
  memory?: number;
  budget?: number;
  more?: TocEntry[];
  key?: TocEntry;
  of?: Partial<Unit>;
}

/** A million rows of 10 bytes in the table that is referred to, and a million of 200 in the other. */
const ROWS = [block(21, 10 * MILLION, MILLION), block(22, 200 * MILLION, MILLION)];

function settled(given: Case = {}): { unit: Unit; reasons: string[] } {
  const parent = keyed(given.type ?? 'integer');
  const entries = [
    parent,
    child,
    tableData(21, parent),
    tableData(22, child),
    pk,
    given.key ?? fk,
    ...(given.more ?? []),
  ];
  const graph = new TocGraph(entries);
  const sizes = new TableSizes(graph, graph.entries, {
    sizes: given.sizes ?? [],
    blocks: given.blocks ?? ROWS,
    isPlain: given.isPlain ?? true,
  });
  const room = { tempBytes: given.budget ?? Infinity, memoryBytes: given.memory ?? MIB };
  const checks = new ForeignKeyChecks(graph, sizes, room);
  const result = checks.settle(unit('x', { stage: 'constraints', kind: 'statements', dumpIds: [11], ...given.of }));
  return { unit: result, reasons: checks.reasons };
}

const tempMb = (given: Case): number => Math.round((settled(given).unit.tempBytes ?? 0) / MILLION);

describe('what checking a foreign key takes', () => {
  // Measured on 15 with a million rows each: 47 MB; 500,000 rows of uuid: 35 MB, of text of 40 letters: 60 MB (docs/adr/0026).
  test('checking a foreign key writes the keys of both tables', () => {
    expect(tempMb({})).toBe(53);
    expect(tempMb({ type: 'uuid', blocks: ROWS.map((one) => ({ ...one, rows: MILLION / 2 })) })).toBe(40);
    const texts = [block(21, 20.5 * MILLION, MILLION / 2), block(22, 20.5 * MILLION, MILLION / 2)];
    expect(tempMb({ type: 'text', blocks: texts })).toBe(70);
  });

  test('checking a foreign key writes nothing where the keys fit the memory', () => {
    expect(tempMb({ memory: 48 * MIB })).toBeGreaterThan(0);
    expect(tempMb({ memory: 64 * MIB })).toBe(0);
    expect(settled({ memory: 64 * MIB }).unit).not.toHaveProperty('tempBytes');
  });

  // Measured: 128 MB of a table of rows of 200 bytes, with memory for nearly all of the keys.
  test('checking a foreign key may write whole rows where the planner cannot know that the keys do not fit', () => {
    expect(tempMb({ memory: 40 * MIB })).toBeGreaterThan(128);
  });

  test('checking a foreign key goes by what statistics say of its columns', () => {
    const sizes: SourceSize[] = [{ kind: 'index', schema: 'app', name: 'p_pkey', sizeBytes: 1, entryBytes: 100 }];
    expect(tempMb({ sizes })).toBe(Math.round(2 * 120 * 1.1));
  });

  test('checking a foreign key of compressed rows that nobody counted is not taken for nothing', () => {
    const blocks = [block(21, 10 * MIB, null), block(22, 20 * MIB, null)];
    expect(tempMb({ blocks, isPlain: false })).toBeGreaterThan(200);
  });

  test('checking a foreign key goes partition by partition', () => {
    const root = table(2, 'c', { definition: 'CREATE TABLE app.c (\n    a integer\n)\nPARTITION BY LIST (a);\n' });
    const parts = [31, 32].map((id) => table(id, `c${id}`));
    const attach = parts.map(({ dumpId, tag }) =>
      entry(dumpId + 10, 'TABLE ATTACH', tag, { dependencies: [2, dumpId] }),
    );
    const data = parts.map((part) => tableData(part.dumpId + 20, part));
    const more = [root, ...parts, ...attach, ...data];
    const blocks = [...ROWS.slice(0, 1), block(51, MILLION, MILLION), block(52, MILLION, 2 * MILLION)];
    expect(tempMb({ more, blocks })).toBe(Math.round(3 * 24 * 1.1));
  });

  test.each<[string, Case]>([
    ['that was NOT VALID', { key: { ...fk, definition: fk.definition.replace(';', ' NOT VALID;') } }],
    ['over periods', { key: { ...fk, definition: fk.definition.replace('(a) REF', '(a, PERIOD v) REF') } }],
    ['that is validated later', { of: { notValid: [11] } }],
    ['of an empty table', { blocks: ROWS.slice(0, 1) }],
  ])('checking a foreign key %s takes nothing', (_what, given) => {
    const { unit: one, reasons } = settled({ ...given, budget: 0 });
    expect([one.settings, one.tempBytes, reasons]).toEqual([undefined, undefined, []]);
  });
});

describe('a foreign key that does not fit the budget', () => {
  test('a foreign key that fits the budget is joined, beside others as far as the budget goes', () => {
    const { unit: one, reasons } = settled({ budget: 53 * MILLION });
    expect([one.settings, one.tempBytes, reasons]).toEqual([undefined, 52_800_001, []]);
  });

  test('a foreign key that does not fit the budget is checked by the index, and the plan says why', () => {
    const { unit: one, reasons } = settled({ budget: 52 * MILLION, of: { settings: { maintenance_work_mem: '1MB' } } });
    expect(one.settings).toEqual({ maintenance_work_mem: '1MB', ...CHECK_BY_INDEX });
    expect(one.tempBytes).toBeUndefined();
    expect(reasons).toEqual([
      'FK CONSTRAINT app.c f is checked row by row over the index of the key that it refers to, as a join of both tables may write 50.4 MiB: the budget of temporary files is 49.6 MiB',
    ]);
  });

  test('what is no foreign key stays as it is', () => {
    const one = settled({ budget: 0, of: { dumpIds: [10] } });
    expect(one).toEqual({ unit: unit('x', { stage: 'constraints', kind: 'statements', dumpIds: [10] }), reasons: [] });
  });
});
