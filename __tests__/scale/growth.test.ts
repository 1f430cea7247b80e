import { describe, expect, test } from '@jest/globals';
import { miniArchiveHead } from '../../src/archive/mini-archive.js';
import type { ArchiveHead, BlockMap, TocEntry } from '../../src/archive/types.js';
import { backupContents } from '../../src/commands/backup-contents.js';
import { INDEX_STRATEGIES } from '../../src/plan/index-strategy.js';
import { chooseEntries } from '../../src/plan/only.js';
import { fixedStrategy } from '../../src/plan/index-wishes.js';
import { makePlan } from '../../src/plan/plan.js';
import { checkPlanIsWhole, restoredEntries } from '../../src/plan/restored-entries.js';
import { withoutEntries } from '../../src/plan/shrink.js';
import { TocGraph } from '../../src/plan/toc-graph.js';
import type { Unit } from '../../src/plan/unit.js';
import { expectationsOf } from '../../src/verify/expectations.js';
import {
  chainOfViews,
  manyPartitions,
  manyTables,
  oneTable,
  type SimulatedArchive,
} from '../../testbed/simulated-archive.js';
import { entry, key, table, tableData } from '../plan/toc-entries.js';
import { block, cutBlock, headOf, PLAIN_PLAN } from '../plan/units.js';
import { handOut } from './hand-out.js';

/** Twice as large may be twice the work, and a little for the depth of heaps. */
const MOST_GROWTH = 2.3;
const MIB = 2 ** 20;

/** How often anything is read of the values that it has handed out: what no clock disturbs. */
class Reads {
  count = 0;

  of<T extends object>(value: T): T {
    const read = (): number => this.count++;
    return new Proxy(value, {
      get(target, name) {
        read();
        return Reflect.get(target, name) as unknown;
      },
    });
  }
}

const OPTIONS = { ...PLAIN_PLAN, sliceBytes: 64 * MIB };

type Step = (archive: SimulatedArchive, reads: Reads) => void;

function headWith(head: ArchiveHead, reads: Reads): ArchiveHead {
  return { ...head, entries: head.entries.map((one) => reads.of(one)) };
}

function unitsOf({ head, map }: SimulatedArchive, strategy: (typeof INDEX_STRATEGIES)[number]): Unit[] {
  return makePlan(head, map, { ...OPTIONS, indexStrategy: strategy }).units;
}

const STEPS: Record<string, Step> = {
  ...Object.fromEntries(
    INDEX_STRATEGIES.map((indexStrategy): [string, Step] => [
      `plan, ${indexStrategy}`,
      ({ head, map }, reads) => {
        const blocks = map.blocks.map((one) => reads.of(one));
        makePlan(headWith(head, reads), { blocks }, { ...OPTIONS, indexStrategy });
      },
    ]),
  ),
  'the check of a plan': (archive, reads) => {
    const units = unitsOf(archive, 'empty').map((unit) => reads.of(unit));
    const { all } = restoredEntries(headWith(archive.head, reads), OPTIONS, fixedStrategy('empty'));
    checkPlanIsWhole(units, all, archive.map.blocks);
  },
  'a plan without half of it': (archive, reads) => {
    const units = unitsOf(archive, 'after-data').map((unit) => reads.of(unit));
    const odd = archive.head.entries.map(({ dumpId }) => dumpId).filter((dumpId) => dumpId % 2 === 1);
    withoutEntries(units, new Set(), new Set(odd), headWith(archive.head, reads).entries);
  },
  'the hand-out of units': (archive, reads) => {
    const units = unitsOf(archive, 'after-data').map((unit) => reads.of(unit));
    expect(handOut(units, 4)).toHaveLength(units.length);
  },
  'mini archives': (archive, reads) => {
    const head = headWith(archive.head, reads);
    for (const { dumpIds } of unitsOf(archive, 'empty')) miniArchiveHead(head, new Set(dumpIds));
  },
  'what verification expects': ({ head, map }, reads) => {
    expectationsOf(headWith(head, reads).entries, map.blocks);
  },
  show: ({ head, map }, reads) => {
    backupContents(headWith(head, reads), map, []);
  },
  'only half of it': ({ head }, reads) => {
    const graph = new TocGraph(headWith(head, reads).entries);
    chooseEntries(graph, [{ kind: null, schema: null, name: '.*[02468]', text: '*' }]);
  },
};

const SHAPES: Record<string, (size: number) => SimulatedArchive> = {
  'small tables': (size) => manyTables(size, 1000),
  'large tables, whose foreign keys refer to one': (size) => manyTables(size, MIB),
  'large partitions of one table': (size) => manyPartitions(size, MIB),
  'slices of one table': (size) => oneTable(size * 64 * MIB),
  'views, each of the one before it': (size) => chainOfViews(size),
  'views, each of the one behind it, and of a key': (size) => reversed(chainOfViews(size, { ofKey: true })),
  'exclusions by a function, among as many functions': excluded,
};

/** A TOC in another order than pg_dump sorts it. */
function reversed({ head, map }: SimulatedArchive): SimulatedArchive {
  return { head: { ...head, entries: head.entries.toReversed() }, map };
}

function excluded(size: number): SimulatedArchive {
  const entries: TocEntry[] = [];
  for (let at = 0; at < size; at++) {
    const t = table(4 * at + 1, `t${at}`);
    entries.push(t, entry(4 * at + 2, 'FUNCTION', `f${at}(integer)`));
    entries.push(key(4 * at + 3, `k${at}`, t, `EXCLUDE USING gist (app.f${at}(a) WITH =)`), tableData(4 * at + 4, t));
  }
  const order = ['FUNCTION', 'TABLE', 'TABLE DATA', 'CONSTRAINT'];
  entries.sort((a, b) => order.indexOf(a.desc) - order.indexOf(b.desc));
  const blocks: BlockMap[] = entries.filter(({ hasData }) => hasData).map(({ dumpId }) => block(dumpId, 1000));
  return { head: { ...headOf(entries), bytes: Buffer.alloc(1) }, map: { blocks } };
}

describe.each(Object.entries(SHAPES))('%s', (_shape, make) => {
  test.each(Object.entries(STEPS))('twice as many are not more than twice the work for %s', (_step, work) => {
    const [once = 0, twice = 0] = [120, 240].map((size) => {
      const reads = new Reads();
      work(make(size), reads);
      return reads.count;
    });
    expect(once).toBeGreaterThan(0);
    expect(twice / once).toBeLessThan(MOST_GROWTH);
  });
});

describe('ids of units in a plan', () => {
  test('many tables that wait for many slices do not each name all of them', () => {
    const [slices, waiting] = [200, 100];
    const t = table(1, 't');
    const others = Array.from({ length: waiting }, (_, at) => table(10 + at, `t${at}`));
    const first = tableData(1000, t);
    const data = others.map((other, at) => tableData(1001 + at, other, { dependencies: [other.dumpId, first.dumpId] }));
    const blocks = [cutBlock(1000, Array<number>(slices).fill(MIB)), ...data.map(({ dumpId }) => block(dumpId, MIB))];
    const { units } = makePlan(
      headOf([t, ...others, first, ...data]),
      { blocks },
      { ...OPTIONS, sliceBytes: MIB, indexStrategy: 'empty' },
    );
    const ids = units.reduce((sum, { after }) => sum + after.length, 0);
    expect(ids).toBeLessThan(2 * (slices + waiting));
    const done = handOut(units, 8).map(({ title }) => title);
    const lastSlice = done.findLastIndex((title) => title.startsWith('TABLE DATA app.t ('));
    expect(done.filter((title) => title.startsWith('TABLE DATA app.t ('))).toHaveLength(slices);
    expect(done.findIndex((title) => /^TABLE DATA app\.t\d/.test(title))).toBeGreaterThan(lastSlice);
    expect(done).toHaveLength(units.length);
  });
});
