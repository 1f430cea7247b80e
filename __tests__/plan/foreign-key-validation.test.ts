import { describe, expect, test } from '@jest/globals';
import type { TocEntry } from '../../src/archive/types.js';
import { validatedLater } from '../../src/plan/foreign-key-validation.js';
import { makePlan, type Plan } from '../../src/plan/plan.js';
import { TocGraph } from '../../src/plan/toc-graph.js';
import { entry, foreignKey, key, table, tableData } from './toc-entries.js';
import { block, headOf, PLAIN_PLAN } from './units.js';

const MIB = 1024 * 1024;
const t = table(1, 't');
const u = table(2, 'u');
const parts = table(3, 'parts', {
  definition: 'CREATE TABLE app.parts (\n    a integer\n)\nPARTITION BY RANGE (a);\n',
});
const pk = key(10, 'pk', t, 'PRIMARY KEY (a)');
const first = foreignKey(11, 'first', u, t, { section: 'post-data', dependencies: [2, 10] });
const second = foreignKey(12, 'second', u, t, { section: 'post-data', dependencies: [2, 10] });
const back = foreignKey(13, 'back', t, u, { section: 'post-data' });
const notValid = foreignKey(14, 'not_valid', u, t, { section: 'post-data' });
const loose = { ...notValid, definition: notValid.definition.replace(';', ' NOT VALID;') };
const ofParts = foreignKey(15, 'of_parts', parts, t, { section: 'post-data' });
const comment = entry(16, 'COMMENT', 'CONSTRAINT first ON u', { section: 'none', dependencies: [11] });
const ENTRIES = [t, u, parts, tableData(21, t), tableData(22, u), pk, first, second, back, loose, ofParts, comment];

function plan(more: Partial<typeof PLAIN_PLAN> | { validateForeignKeys: 'later'; targetMajor?: number }): Plan {
  const blocks = [block(21, MIB), block(22, 3 * MIB)];
  return makePlan(
    headOf(ENTRIES),
    { blocks },
    { ...PLAIN_PLAN, room: { tempBytes: 0, memoryBytes: Infinity }, targetMajor: 17, ...more },
  );
}

const of = (entries: readonly TocEntry[], major = 17) => validatedLater(entries, new TocGraph(ENTRIES), major);

describe('foreign keys that are validated later', () => {
  test('foreign keys that are validated later are all that the source had validated', () => {
    expect([...of(ENTRIES).dumpIds]).toEqual([11, 12, 13]);
    expect([...of(ENTRIES, 18).dumpIds]).toEqual([11, 12, 13, 15]);
  });

  test('foreign keys of partitioned tables are validated at once before 18, and the plan says so', () => {
    expect(of(ENTRIES).reasons).toEqual([
      'FK CONSTRAINT app.parts of_parts is validated as it is added: servers before 18 have no NOT VALID foreign keys of partitioned tables',
    ]);
    expect(of(ENTRIES, 18).reasons).toEqual([]);
    expect(plan({ validateForeignKeys: 'later' }).reasons).toEqual(of(ENTRIES).reasons);
  });

  test('foreign keys that are validated later are added in shared units, and validated each on its own', () => {
    const { units } = plan({ validateForeignKeys: 'later' });
    const adding = units.filter((unit) => unit.notValid !== undefined);
    expect(adding.map(({ stage, dumpIds, notValid, weightBytes }) => [stage, dumpIds, notValid, weightBytes])).toEqual([
      ['constraints', [11, 12, 13], [11, 12, 13], 0],
    ]);
    const validating = units.filter(({ stage }) => stage === 'validation');
    expect(validating.map(({ title, dumpIds, weightBytes }) => [title, dumpIds, weightBytes / MIB])).toEqual([
      ['validation of FK CONSTRAINT app.u first', [11], 4],
      ['validation of FK CONSTRAINT app.u second', [12], 4],
      ['validation of FK CONSTRAINT app.t back', [13], 4],
    ]);
  });

  test('validations of one table do not run side by side, but beside those of tables that refer to it', () => {
    const validating = plan({ validateForeignKeys: 'later' }).units.filter(({ stage }) => stage === 'validation');
    const exclusive = (dumpId: number) => [{ table: dumpId, mode: 'exclusive' }];
    expect(validating.map(({ locks }) => locks)).toEqual([exclusive(2), exclusive(2), exclusive(1)]);
  });

  test('without the input nothing is validated later', () => {
    const { units } = plan({});
    expect(units.filter(({ stage, notValid }) => stage === 'validation' || notValid !== undefined)).toEqual([]);
  });
});
