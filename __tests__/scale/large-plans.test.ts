import { describe, expect, test } from '@jest/globals';
import { segmentBytesFor } from '../../src/archive/segment-size.js';
import { asciiJson, parseUnit } from '../../src/engine/journal-format.js';
import { fixedStrategy } from '../../src/plan/index-wishes.js';
import { makePlan } from '../../src/plan/plan.js';
import { checkPlanIsWhole, restoredEntries } from '../../src/plan/restored-entries.js';
import { phaseOfStage } from '../../src/plan/stage.js';
import type { Unit } from '../../src/plan/unit.js';
import { chainOfViews, manyPartitions, manyTables, oneTable } from '../../testbed/simulated-archive.js';
import { PLAIN_PLAN } from '../plan/units.js';
import { handOut } from './hand-out.js';
import { few } from '../helpers/depth.js';

const MIB = 2 ** 20;
const GB = 1e9;
const LOCK_BUDGET = 1000;
const SLICE_BYTES = 64 * MIB;
/** Of the archive's entries: those that set up a session, which are part of every unit. */
const SESSION_ENTRIES = 3;

const ARCHIVES = {
  '20,000 small tables with 100,000 entries': () => manyTables(20_000, 1000),
  '10,000 partitions of 1 MiB': () => manyPartitions(10_000, MIB),
  'a table of 500 GB': () => oneTable(500 * GB),
  'a chain of 20,000 views': () => chainOfViews(20_000),
};

describe.each(few([1, 2], Object.entries(ARCHIVES)))('a plan for %s', (_what, make) => {
  const { head, map } = make();
  const options = { ...PLAIN_PLAN, lockBudget: LOCK_BUDGET, sliceBytes: SLICE_BYTES };
  const { units, entries } = makePlan(head, map, options);

  test('a large plan has each entry once, and all segments of each block', () => {
    expect(entries).toHaveLength(head.entries.length - SESSION_ENTRIES);
    expect(() => {
      checkPlanIsWhole(units, restoredEntries(head, options, fixedStrategy('empty')).all, map.blocks);
    }).not.toThrow();
    const bytes = units.filter(({ stage }) => stage === 'data').reduce((sum, { weightBytes }) => sum + weightBytes, 0);
    expect(bytes).toBe(map.blocks.reduce((sum, { length }) => sum + length, 0));
  });

  test('a large plan has units of bounded size, and not many more than ten thousand of them in a phase', () => {
    const total = map.blocks.reduce((sum, { length }) => sum + length, 0);
    const most = SLICE_BYTES + segmentBytesFor(total);
    const isLarge = ({ dumpIds, weightBytes, stage }: Unit): boolean =>
      dumpIds.length > 1000 || (stage === 'data' && weightBytes > most);
    expect(units.filter(isLarge)).toEqual([]);
    const perPhase = Map.groupBy(units, ({ stage }) => phaseOfStage(stage));
    for (const [, of] of perPhase) expect(of.length).toBeLessThan(11_000);
  });

  test('a large plan is worked through to its end by any number of workers, in the order that it says', () => {
    for (const workers of [1, 8]) {
      const done = new Map(handOut(units, workers).map(({ id }, at) => [id, at]));
      expect(done.size).toBe(units.length);
      const isEarly = ({ id, after }: Unit): boolean =>
        after.some((other) => (done.get(other) ?? 0) > (done.get(id) ?? 0));
      expect(units.filter(isEarly)).toEqual([]);
    }
  });

  test('a large plan is read from a journal as it was written, in some bytes for each entry and unit', () => {
    const texts = units.map(asciiJson);
    expect(texts.filter((text) => asciiJson(parseUnit(JSON.parse(text))) !== text)).toEqual([]);
    const bytes = texts.reduce((sum, text) => sum + text.length, 0);
    expect(bytes).toBeLessThan(100 * head.entries.length + 400 * units.length);
  });
});
