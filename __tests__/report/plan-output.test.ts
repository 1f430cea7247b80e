import { describe, expect, test } from '@jest/globals';
import { planOutput } from '../../src/report/plan-output.js';
import { backupPlan, restorePlan, runPlan } from './sample-plans.js';

interface Parsed {
  units: { id: string }[];
  indexes: { name: string }[];
  reasons: string[];
  unitsLeftOut: number;
  indexesLeftOut: number;
}

const parsed = (json: string): Parsed => JSON.parse(json) as Parsed;

describe('the output plan', () => {
  test('the output plan has units and indexes at the top, and what is known of both halves', () => {
    const { json, unitsLeftOut, indexesLeftOut } = planOutput(runPlan());
    expect({ unitsLeftOut, indexesLeftOut }).toEqual({ unitsLeftOut: 0, indexesLeftOut: 0 });
    const { time, ...backup } = backupPlan();
    expect(time.seconds).toBe(30);
    expect(JSON.parse(json)).toEqual({
      mode: 'all',
      backup: { ...backup, estimatedSeconds: 30, estimatedBy: 'by the last backup' },
      restore: {
        backup: 'one',
        target: 'h:5432/copy',
        creates: false,
        resumes: true,
        indexStrategy: 'auto',
        phases: restorePlan().work?.phases,
        estimatedBytes: 1000,
        estimatedSeconds: 12.5,
        estimatedBy: 'by 3 finished units',
      },
      notChecked: ['whether it can be written'],
      estimatedSeconds: 42.5,
      indexesLeftOut: 0,
      unitsLeftOut: 0,
      reasons: ['INDEX app.b is created after the data'],
      leftOut: [{ title: 'EXTENSION x', reason: 'skipped' }],
      indexes: [
        {
          name: 'app.i0',
          table: 'app.t',
          choice: 'empty',
          reason: 'it does not fit',
          sizeBytes: 8192,
          tempBytes: null,
        },
      ],
      units: [{ id: 'data/0001', phase: 'data', title: 'TABLE DATA app.t', bytes: 1000 }],
    });
  });

  test('the output plan says null for what only a backup tells', () => {
    const restore = { ...restorePlan(), work: null };
    expect(JSON.parse(planOutput(runPlan({ restore })).json)).toMatchObject({
      restore: { phases: null, indexStrategy: null, estimatedBytes: null, estimatedSeconds: null },
      estimatedSeconds: null,
      units: [],
      indexes: [],
    });
    expect(JSON.parse(planOutput(runPlan({ restore: null })).json)).toMatchObject({
      restore: null,
      estimatedSeconds: 30,
    });
  });

  test.each([2000, 5000, 20_000, 100_000])(
    'the output plan keeps to %i characters, and counts what it leaves out',
    (limit) => {
      const restore = restorePlan(1000);
      const { json, unitsLeftOut, indexesLeftOut } = planOutput(runPlan({ restore }), limit);
      const plan = parsed(json);
      expect(json.length).toBeLessThanOrEqual(limit);
      expect(plan).toMatchObject({ unitsLeftOut, indexesLeftOut });
      expect(plan.units).toEqual(restore.work?.units.slice(0, 1000 - unitsLeftOut));
      expect(plan.indexes).toEqual(restore.work?.indexes.slice(0, 1000 - indexesLeftOut));
      expect(unitsLeftOut).toBeGreaterThan(0);
    },
  );

  test('the output plan of a restore of a hundred thousand tables fits what GitHub allows, with units and indexes', () => {
    const { json } = planOutput(runPlan({ restore: restorePlan(100_000) }));
    const { units, indexes, reasons } = parsed(json);
    expect(json.length * 2).toBeLessThan(1_000_000);
    expect(Math.min(units.length, indexes.length, reasons.length)).toBeGreaterThan(500);
  });
});
