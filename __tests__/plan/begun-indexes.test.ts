import { expect, test } from '@jest/globals';
import { begunIndexes } from '../../src/plan/begun-indexes.js';
import { index, key, table, tableData } from './toc-entries.js';

test('the indexes of a restore that has begun are as its units have them, not as a new plan would', () => {
  const t = table(1, 't');
  const entries = [
    t,
    tableData(2, t),
    key(3, 't_pkey', t, 'PRIMARY KEY (a)'),
    index(4, 'late', t),
    index(5, 'skipped', t),
  ];
  const units = [
    { stage: 'schema' as const, dumpIds: [1] },
    { stage: 'indexes' as const, dumpIds: [3] },
    { stage: 'data' as const, dumpIds: [2] },
    { stage: 'constraints' as const, dumpIds: [4] },
  ];
  const sizes = [{ kind: 'index' as const, schema: 'app', name: 'late', sizeBytes: 8192 }];
  const common = { table: 'app.t', reason: 'as the restore was begun', tempBytes: null };
  expect(begunIndexes(units, entries, sizes)).toEqual([
    { dumpId: 3, name: 'app.t_pkey', choice: 'empty', sizeBytes: null, ...common },
    { dumpId: 4, name: 'app.late', choice: 'after-data', sizeBytes: 8192, ...common },
  ]);
});
