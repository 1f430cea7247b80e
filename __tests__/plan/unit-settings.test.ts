import { describe, expect, test } from '@jest/globals';
import { parseUnit } from '../../src/engine/journal-format.js';
import { settingStatements, type UnitSettings } from '../../src/plan/unit-settings.js';
import { unit } from './units.js';

const ALL = {
  enable_hashjoin: 'off',
  enable_mergejoin: 'on',
  maintenance_work_mem: '64MB',
  max_parallel_maintenance_workers: '0',
} as const;

describe('settings of a unit', () => {
  test('settings of a unit hold to the end of its transaction', () => {
    expect(settingStatements(ALL).split('\n')).toEqual([
      "SET LOCAL enable_hashjoin = 'off';",
      "SET LOCAL enable_mergejoin = 'on';",
      "SET LOCAL maintenance_work_mem = '64MB';",
      "SET LOCAL max_parallel_maintenance_workers = '0';",
    ]);
    expect(settingStatements({})).toBe('');
  });

  test('settings of a unit come out of the journal as they went in', () => {
    const one = unit('a', { settings: ALL, tempBytes: 7 });
    expect(parseUnit(JSON.parse(JSON.stringify(one)))).toEqual(one);
    expect(parseUnit(unit('old'))).toEqual(unit('old'));
  });

  test.each<[string, Record<string, string>]>([
    ['a setting that no unit needs', { session_replication_role: 'replica' }],
    ['SQL for a value', { enable_hashjoin: "off'; DROP TABLE t; --" }],
    ['SQL behind a value', { maintenance_work_mem: "1MB'; DROP TABLE t" }],
    ['an odd word', { enable_mergejoin: 'maybe' }],
    ['no unit of memory', { maintenance_work_mem: '64' }],
    ['workers that are no number', { max_parallel_maintenance_workers: '-1' }],
    ['a name of every object', { constructor: 'on' }],
  ])('settings of a unit are neither %s', (_what, settings) => {
    expect(() => settingStatements(settings as UnitSettings)).toThrow(/cannot set/);
    expect(() => parseUnit({ ...unit('a'), settings })).toThrow(/journal .* cannot be read: plan\.settings/);
  });

  test('temporary files of a unit are no negative number', () => {
    expect(() => parseUnit({ ...unit('a'), tempBytes: -1 })).toThrow(/plan\.tempBytes/);
  });
});
