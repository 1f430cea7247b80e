import { describe, expect, test } from '@jest/globals';
import type { TocEntry } from '../../src/archive/types.js';
import { overrideFaults, type IndexOverride } from '../../src/plan/index-overrides.js';
import { indexWishes, type IndexOptions } from '../../src/plan/index-wishes.js';
import { makePlan } from '../../src/plan/plan.js';
import { TableSizes } from '../../src/plan/table-sizes.js';
import { TocGraph } from '../../src/plan/toc-graph.js';
import { entry, foreignKey, index, key, table, tableData } from './toc-entries.js';
import { block, headOf, PLAIN_PLAN } from './units.js';

const MIB = 1024 * 1024;
const t = table(1, 'events');
const part = table(2, 'parts');
const view = entry(3, 'MATERIALIZED VIEW', 'totals');
const ENTRIES = [
  t,
  part,
  view,
  tableData(4, t),
  key(5, 'events_pkey', t, 'PRIMARY KEY (id)'),
  index(6, 'events_url', t),
  index(7, 'events_at', t, 'brin'),
  index(8, 'events_place', t, 'gist'),
  index(9, 'events_words', t, 'gin'),
  index(10, 'parts_a', part),
  index(11, 'totals_a', view),
];
const SIZES: IndexOptions['sizes'] = [
  { kind: 'index', schema: 'app', name: 'events_pkey', sizeBytes: 22 * MIB, entryBytes: 8 },
  { kind: 'index', schema: 'app', name: 'events_url', sizeBytes: 110 * MIB, entryBytes: 96 },
  { kind: 'index', schema: 'app', name: 'events_words', sizeBytes: 50 * MIB },
];
const BLOCKS = [block(4, 200 * MIB, 1_000_000)];

function override(name: string, choice: IndexOverride['choice']): IndexOverride {
  return { schema: 'app', name, choice, text: `app.${name}=${choice}` };
}

function wishesOf(more: Partial<IndexOptions> = {}): Record<string, string> {
  const graph = new TocGraph(ENTRIES);
  const room = { tempBytes: 64 * MIB, memoryBytes: 16 * MIB };
  const defaults = { strategy: 'auto', overrides: [], sizes: SIZES, blocks: BLOCKS, isPlain: true, room } as const;
  const options = { ...defaults, ...more };
  const wishes = indexWishes(ENTRIES, graph, new TableSizes(graph, ENTRIES, options), options);
  const named = (dumpId: number): string => ENTRIES.find((one) => one.dumpId === dumpId)?.tag ?? '';
  return Object.fromEntries([...wishes].map(([dumpId, { choice, reason }]) => [named(dumpId), `${choice}: ${reason}`]));
}

describe('index-strategy: auto', () => {
  test('auto builds after the data what fits the budget or the memory, and says why', () => {
    expect(wishesOf()).toEqual({
      'events events_pkey': 'after-data: its build may write 20 MiB of temporary files, within the budget',
      events_url: 'empty: its build may need 108 MiB of temporary files, and the budget is 64 MiB',
      events_at: 'after-data: its build needs no temporary files',
      events_place: 'empty: filling a gist index costs about what building it does, without temporary files',
      events_words: 'after-data: its build needs no temporary files',
      parts_a: 'after-data: its build needs no temporary files',
      totals_a: 'empty: REFRESH MATERIALIZED VIEW fills it',
    });
    const roomy = wishesOf({ room: { tempBytes: 0, memoryBytes: 1024 * MIB } });
    expect(roomy).toMatchObject({ events_url: 'after-data: its build fits the memory' });
  });

  test('without a manifest the rows say how large a build may become', () => {
    expect(wishesOf({ sizes: [] })).toMatchObject({
      events_url: expect.stringMatching(/^empty: its build may need 2\d\d MiB/) as unknown,
    });
    expect(wishesOf({ sizes: [], blocks: [block(4, 1, null)] })).toMatchObject({
      events_url: 'empty: how much its build would need is not known',
    });
  });

  test('what is said of an index counts before what is said of its table, and both before the strategy', () => {
    const overrides = [override('events', 'empty'), override('events_url', 'after-data')];
    expect(wishesOf({ overrides })).toMatchObject({
      'events events_pkey': 'empty: index-strategy-overrides says `app.events=empty`',
      events_url: 'after-data: index-strategy-overrides says `app.events_url=after-data`',
      parts_a: 'after-data: its build needs no temporary files',
    });
  });
});

describe('overrides', () => {
  const faults = (...overrides: IndexOverride[]): string[] => overrideFaults(overrides, ENTRIES, new TocGraph(ENTRIES));

  test('an override that matches nothing names what it may have meant', () => {
    expect(faults(override('event_url', 'empty'))).toEqual([
      '`app.event_url=empty` matches no index in the backup, and no table that has one: did you mean `app.events_url`?',
    ]);
    expect(faults(override('events', 'empty'), override('events_.*', 'after-data'))).toEqual([]);
  });

  test('overrides that contradict each other are named with the index', () => {
    expect(faults(override('events_.*', 'after-data'), override('events_url', 'empty'))).toEqual([
      '`app.events_.*=after-data` and `app.events_url=empty` contradict each other on INDEX app.events_url',
    ]);
  });
});

describe('a plan with index-strategy: auto', () => {
  const reference = table(20, 'visits');
  const all: TocEntry[] = [...ENTRIES, reference, foreignKey(21, 'visits_event', reference, t)];
  const room = { tempBytes: 64 * MIB, memoryBytes: 16 * MIB };
  const plan = makePlan(headOf(all), { blocks: BLOCKS }, { ...PLAIN_PLAN, indexStrategy: 'auto', sizes: SIZES, room });

  test('a build has a unit of its own, with the memory that it was planned for', () => {
    expect(plan.units.find(({ dumpIds }) => dumpIds.includes(5))).toMatchObject({
      stage: 'constraints',
      dumpIds: [5],
      tempBytes: expect.any(Number) as unknown,
      settings: { maintenance_work_mem: '16384kB' },
    });
    expect(plan.units.find(({ dumpIds }) => dumpIds.includes(6))).toMatchObject({ stage: 'indexes' });
  });

  test('the plan has a choice for each index, and says why', () => {
    expect(plan.indexes.map(({ name, table: of, choice, sizeBytes }) => [name, of, choice, sizeBytes])).toEqual([
      ['app.events_pkey', 'app.events', 'after-data', 22 * MIB],
      ['app.events_url', 'app.events', 'empty', 110 * MIB],
      ['app.events_at', 'app.events', 'after-data', null],
      ['app.events_place', 'app.events', 'empty', null],
      ['app.events_words', 'app.events', 'after-data', 50 * MIB],
      ['app.parts_a', 'app.parts', 'after-data', null],
      ['app.totals_a', 'app.totals', 'empty', null],
    ]);
    expect(plan.reasons).toContain(
      'app.events_url is created empty: its build may need 108 MiB of temporary files, and the budget is 64 MiB',
    );
  });
});
