import { describe, expect, test } from '@jest/globals';
import type { TocEntry } from '../../src/archive/types.js';
import { makePlan } from '../../src/plan/plan.js';
import type { SourceSize } from '../../src/plan/table-sizes.js';
import { entry, table, tableData } from './toc-entries.js';
import { block, headOf, PLAIN_PLAN } from './units.js';

const MIB = 1024 * 1024;
const small = table(1, 'small');
const large = table(2, 'large');
const over = (dumpId: number, tag: string, ...dependencies: number[]): TocEntry[] => [
  entry(dumpId, 'MATERIALIZED VIEW', tag, { dependencies }),
  entry(dumpId + 50, 'MATERIALIZED VIEW DATA', tag, {
    section: 'post-data',
    // As pg_dump writes it: the rows of a view wait for those of the views that it reads.
    dependencies: [dumpId, ...dependencies.filter((of) => of >= 20).map((of) => of + 50)],
  }),
];
const view = entry(10, 'VIEW', 'v', { dependencies: [2] });
const ENTRIES = [
  small,
  large,
  view,
  ...over(21, 'of_large', 10),
  ...over(22, 'of_small', 1),
  ...over(23, 'of_both', 1, 2),
  ...over(24, 'of_view', 21),
  ...over(25, 'of_nothing'),
  tableData(3, small),
  tableData(4, large),
];
const BLOCKS = [block(3, MIB), block(4, 100 * MIB)];

function refreshes(budget: number, sizes: SourceSize[] = []) {
  const room = { tempBytes: budget, memoryBytes: MIB };
  const { units, reasons } = makePlan(headOf(ENTRIES), { blocks: BLOCKS }, { ...PLAIN_PLAN, sizes, room });
  const titles = new Map(units.map(({ id, title }) => [id, title.replace('MATERIALIZED VIEW DATA app.', '')]));
  const planned = units
    .filter(({ stage }) => stage === 'refresh')
    .map(({ id, after, tempBytes }) => [titles.get(id), after.map((of) => titles.get(of)), (tempBytes ?? 0) / MIB]);
  return { planned, reasons };
}

describe('refreshes', () => {
  test('refreshes run side by side as far as what they read fits the budget', () => {
    expect(refreshes(1000 * MIB)).toEqual({
      planned: [
        ['of_large', [], 100],
        ['of_small', [], 1],
        ['of_both', [], 101],
        ['of_view', ['of_large'], 100],
        ['of_nothing', [], 0],
      ],
      reasons: [],
    });
  });

  test('refreshes that read more than the budget run last and alone, and the plan says what they may need', () => {
    const { planned, reasons } = refreshes(100 * MIB);
    expect(planned).toEqual([
      ['of_large', [], 100],
      ['of_small', [], 1],
      ['of_view', ['of_large'], 100],
      ['of_nothing', [], 0],
      ['of_both', ['of_large', 'of_small', 'of_view', 'of_nothing'], 0],
    ]);
    expect(reasons).toEqual([
      'MATERIALIZED VIEW DATA app.of_both is refreshed last and alone, as its query reads about 101 MiB and may write as much: the budget of temporary files is 100 MiB',
    ]);
  });

  test('refreshes of what reads a large one come after it', () => {
    const sizes: SourceSize[] = [{ kind: 'table', schema: 'app', name: 'of_large', sizeBytes: MIB }];
    expect(refreshes(50 * MIB, sizes).planned).toEqual([
      ['of_small', [], 1],
      ['of_nothing', [], 0],
      ['of_large', ['of_small', 'of_nothing'], 0],
      ['of_both', ['of_large'], 0],
      ['of_view', ['of_both'], 1],
    ]);
  });

  test('refreshes go by the sizes of the source where they are known', () => {
    const sizes: SourceSize[] = [{ kind: 'table', schema: 'app', name: 'large', sizeBytes: 2 * MIB }];
    expect(refreshes(50 * MIB, sizes).planned.map(([title, , mib]) => [title, mib])).toEqual([
      ['of_large', 2],
      ['of_small', 1],
      ['of_both', 3],
      ['of_view', 2],
      ['of_nothing', 0],
    ]);
  });
});
