import { describe, expect, test } from '@jest/globals';
import type { BlockMap } from '../../src/archive/types.js';
import { fixedStrategy } from '../../src/plan/index-wishes.js';
import { makePlan } from '../../src/plan/plan.js';
import { checkPlanIsWhole, restoredEntries } from '../../src/plan/restored-entries.js';
import type { Unit } from '../../src/plan/unit.js';
import { entry, foreignKey, index, table, tableData } from './toc-entries.js';
import { block, headOf, PLAIN_PLAN, PLAIN_SELECTION } from './units.js';

const t = table(1, 't');
const u = table(2, 'u');
const ENTRIES = [
  t,
  u,
  tableData(3, t),
  tableData(4, u),
  index(5, 'by_a', t),
  entry(6, 'EVENT TRIGGER', 'e', { section: 'post-data', namespace: '' }),
  entry(7, 'ACL', 'TABLE t', { section: 'none', dependencies: [1] }),
];
const HEAD = headOf(ENTRIES);

/** A block of several segments. */
function segmented(dumpId: number, segments: number): BlockMap {
  const one = block(dumpId, 10);
  return { ...one, segments: Array.from({ length: segments }, () => one.segments).flat() };
}
const BLOCKS = [segmented(3, 3), segmented(4, 1)];

function plan(): Unit[] {
  return makePlan(HEAD, { blocks: BLOCKS }, PLAIN_PLAN).units;
}

/** The plan with every unit changed; null takes a unit away. */
function changed(change: (unit: Unit) => Unit | null): Unit[] {
  return plan().flatMap((unit) => change(unit) ?? []);
}

function check(units: readonly Unit[]): void {
  checkPlanIsWhole(units, restoredEntries(HEAD, PLAIN_SELECTION, fixedStrategy('empty')).all, BLOCKS);
}

describe('the entries that a restore brings about', () => {
  test('restored entries are the selection, those that are verified before the end apart', () => {
    const { all, beforeFinish } = restoredEntries(HEAD, PLAIN_SELECTION, fixedStrategy('empty'));
    expect(all.map(({ dumpId }) => dumpId)).toEqual([1, 2, 3, 4, 5, 6]);
    expect(beforeFinish.map(({ dumpId }) => dumpId)).toEqual([1, 2, 3, 4, 5]);
  });
});

describe('a plan out of a journal', () => {
  test('a plan out of a journal is taken when it was made for the archive', () => {
    expect(() => {
      check(plan());
    }).not.toThrow();
  });

  test('a plan out of a journal is taken when it cuts a block into slices', () => {
    const cut = changed((unit) => {
      const blocks = unit.blocks.flatMap((one) =>
        one.dumpId === 3 ? [1, 2, 3].map((to) => ({ ...one, fromSegment: to - 1, toSegment: to })) : one,
      );
      return { ...unit, blocks };
    });
    expect(() => {
      check(cut);
    }).not.toThrow();
  });

  const withoutBlock = (dumpId: number) => (unit: Unit) => ({
    ...unit,
    blocks: unit.blocks.filter((one) => one.dumpId !== dumpId),
  });
  test.each<[string, Unit[], RegExp]>([
    ['without units', [], /leaves TABLE app\.t out/],
    ['without the index', changed((unit) => (unit.dumpIds.includes(5) ? null : unit)), /leaves INDEX app\.by_a out/],
    ['without the rows of a table', changed(withoutBlock(4)), /does not load all of TABLE DATA app\.u/],
    [
      'with a block cut short',
      changed((unit) => ({
        ...unit,
        blocks: unit.blocks.map((one) => (one.dumpId === 3 ? { ...one, toSegment: 2 } : one)),
      })),
      /does not load all of TABLE DATA app\.t/,
    ],
    [
      'that loads rows twice',
      changed((unit) => ({ ...unit, blocks: unit.blocks.flatMap((one) => [one, one]) })),
      /does not load TABLE DATA app\.\w exactly once/,
    ],
    ['that repeats a unit', [...plan(), ...plan().slice(0, 1)], /restores something twice/],
    [
      'with what was not asked for',
      changed((unit) => (unit.stage === 'finish' ? { ...unit, dumpIds: [...unit.dumpIds, 7] } : unit)),
      /has the entry 7, which is not to be restored/,
    ],
  ])('a plan out of a journal %s is refused', (_what, units, message) => {
    expect(() => {
      check(units);
    }).toThrow(message);
  });
});

describe('a plan out of a journal that validates foreign keys later', () => {
  const fk = foreignKey(9, 'f', u, t, { section: 'post-data' });
  const head = headOf([...ENTRIES, fk]);
  const later = makePlan(head, { blocks: BLOCKS }, { ...PLAIN_PLAN, validateForeignKeys: 'later' }).units;
  const checkLater = (units: readonly Unit[]) => () => {
    checkPlanIsWhole(units, restoredEntries(head, PLAIN_SELECTION, fixedStrategy('empty')).all, BLOCKS);
  };
  const validation = later.filter(({ stage }) => stage === 'validation');
  const others = later.filter(({ stage }) => stage !== 'validation');

  test('a plan out of a journal may add a foreign key and validate it later', () => {
    expect(validation).toHaveLength(1);
    expect(checkLater(later)).not.toThrow();
  });

  test.each<[string, Unit[], RegExp]>([
    ['leaves one NOT VALID', others, /does not validate FK CONSTRAINT app\.u f/],
    ['validates one twice', [...later, ...validation], /validates something twice/],
    [
      'validates one that it does not add',
      later.map((unit) => ({ ...unit, notValid: [] })),
      /validates what it does not add/,
    ],
    ['only validates one', later.filter(({ notValid }) => notValid === undefined), /leaves FK CONSTRAINT app\.u f out/],
  ])('a plan out of a journal that %s is refused', (_what, units, message) => {
    expect(checkLater(units)).toThrow(message);
  });
});
