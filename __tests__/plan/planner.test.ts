import { expect, test } from '@jest/globals';
import { makePlan } from '../../src/plan/plan.js';
import { Planner } from '../../src/plan/planner.js';
import { index, table, tableData } from './toc-entries.js';
import { block, headOf, PLAIN_PLAN } from './units.js';

const HEAD = headOf([table(1, 'a'), tableData(2, table(1, 'a')), index(3, 'a_i', table(1, 'a'))]);
const MAP = { blocks: [block(2, 1000)] };

test('a planner plans again only when something that a plan goes by is another', () => {
  const planner = new Planner(HEAD, MAP);
  const first = planner.plan({ ...PLAIN_PLAN });
  expect(first).toEqual(makePlan(HEAD, MAP, PLAIN_PLAN));
  expect(planner.plan({ ...PLAIN_PLAN, installedExtensions: [...PLAIN_PLAN.installedExtensions] })).toBe(first);
  const other = planner.plan({ ...PLAIN_PLAN, lockBudget: PLAIN_PLAN.lockBudget + 1 });
  expect(other).not.toBe(first);
  expect(planner.plan({ ...PLAIN_PLAN, indexStrategy: 'after-data' })).not.toEqual(other);
});
