import { describe, expect, test } from '@jest/globals';
import { plannedPhases, plannedUnits, restoreTime } from '../../src/commands/restore-estimate.js';
import { unit } from '../plan/units.js';

const done = (id: string, seconds: number) => ({ unit: id, rows: null, bytes: 0, seconds });
const statements = { kind: 'statements' as const };
const UNITS = [
  unit('schema/1', { stage: 'schema', ...statements }),
  unit('indexes/1', { stage: 'indexes', ...statements }),
  unit('indexes/2', { stage: 'indexes', ...statements }),
  unit('data/1', { weightBytes: 100 }),
  unit('data/2', { weightBytes: 300 }),
  unit('data/3', { weightBytes: 300 }),
  unit('constraints/1', { stage: 'constraints', ...statements, weightBytes: 100 }),
  unit('refresh/1', { stage: 'refresh', ...statements }),
];
const MOST = [done('schema/1', 2), done('indexes/1', 3), done('data/1', 10), done('constraints/1', 1)];

describe('what is left of a restore', () => {
  test('the phases of a new restore have all units, and no time that nobody knows', () => {
    const phases = plannedPhases(UNITS, [], 4);
    expect(phases.map(({ units, bytes, seconds }) => [units, bytes, seconds])).toEqual([
      [1, null, null],
      [2, null, null],
      [3, 700, null],
      [2, null, null],
    ]);
    expect(restoreTime(phases)).toEqual({ seconds: null, basis: 'no earlier run to estimate by' });
    expect(plannedUnits(UNITS, [])).toHaveLength(8);
  });

  test('the phases of a restore that goes on take what the finished units took: workers share the data, not a chain', () => {
    expect(plannedPhases(UNITS, MOST, 2)).toEqual([
      { phase: 'schema', units: 0, unitsFinished: 1, bytes: null, seconds: 0 },
      { phase: 'indexes', units: 1, unitsFinished: 1, bytes: null, seconds: 3 },
      { phase: 'data', units: 2, unitsFinished: 1, bytes: 600, seconds: 30 },
      { phase: 'constraints', units: 1, unitsFinished: 1, bytes: null, seconds: 0 },
    ]);
    expect(plannedPhases(UNITS, MOST, 64)[2]?.seconds).toBe(30);
    expect(restoreTime(plannedPhases(UNITS, MOST, 2))).toEqual({
      seconds: 33,
      basis: 'by 4 finished units, without ANALYZE and verification',
    });
    expect(plannedUnits(UNITS, MOST)).toEqual([
      { id: 'indexes/2', phase: 'indexes', title: 'indexes/2', bytes: null },
      { id: 'data/2', phase: 'data', title: 'data/2', bytes: 300 },
      { id: 'data/3', phase: 'data', title: 'data/3', bytes: 300 },
      { id: 'refresh/1', phase: 'constraints', title: 'refresh/1', bytes: null },
    ]);
  });

  test('the time of a restore is not known while nothing of a phase is done, or nothing that reads tables', () => {
    const early = plannedPhases(UNITS, MOST.slice(0, 2), 2);
    expect(restoreTime(early)).toEqual({ seconds: null, basis: 'the phases data, constraints have not begun yet' });
    const cheap = plannedPhases(UNITS, [...MOST.slice(0, 3), done('refresh/1', 1)], 2);
    expect(cheap[3]?.seconds).toBeNull();
    expect(restoreTime(cheap).seconds).toBeNull();
  });
});
