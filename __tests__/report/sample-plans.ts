import type { BackupPlan, RestorePlan, RunPlan } from '../../src/report/run-plan.js';

export function backupPlan(more: Partial<BackupPlan> = {}): BackupPlan {
  return {
    name: 'one',
    uri: 's3://b/app/one.dump',
    replaces: false,
    tables: 2,
    sourceBytes: 16_384,
    estimatedBytes: 3000,
    storedBytes: 3000,
    partBytes: 8 * 1024 * 1024,
    parts: 1,
    readers: 2,
    readersReason: '2 cores here',
    time: { seconds: 30, basis: 'by the last backup' },
    ...more,
  };
}

/** With so many units, indexes and reasons. */
export function restorePlan(many = 1): RestorePlan {
  const each = <T>(make: (at: number) => T): T[] => Array.from({ length: many }, (_, at) => make(at));
  return {
    backup: 'one',
    target: 'h:5432/copy',
    creates: false,
    resumes: true,
    work: {
      indexStrategy: 'auto',
      phases: [{ phase: 'data', units: many, unitsFinished: 3, bytes: 1000, seconds: 12.5 }],
      units: each((at) => ({
        id: `data/${String(at + 1).padStart(4, '0')}`,
        phase: 'data',
        title: 'TABLE DATA app.t',
        bytes: 1000,
      })),
      indexes: each((at) => ({
        name: `app.i${at}`,
        table: 'app.t',
        choice: 'empty',
        reason: 'it does not fit',
        sizeBytes: 8192,
        tempBytes: null,
      })),
      reasons: each(() => 'INDEX app.b is created after the data'),
      leftOut: each(() => ({ title: 'EXTENSION x', reason: 'skipped' })),
      estimatedBytes: 1000,
      time: { seconds: 12.5, basis: 'by 3 finished units' },
    },
  };
}

export function runPlan(more: Partial<RunPlan> = {}): RunPlan {
  return {
    mode: 'all',
    backup: backupPlan(),
    restore: restorePlan(),
    notChecked: ['whether it can be written'],
    ...more,
  };
}
