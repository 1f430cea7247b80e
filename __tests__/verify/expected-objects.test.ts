import { describe, expect, test } from '@jest/globals';
import type { TocEntry } from '../../src/archive/types.js';
import {
  differencesOfTitles,
  expectedAttached,
  expectedLargeObjects,
  expectedTitles,
  tablesWithoutRows,
} from '../../src/verify/expected-objects.js';
import { expectationsOf } from '../../src/verify/expectations.js';
import { entry, foreignKey, index, key, table, tableData } from '../plan/toc-entries.js';

const t = table(1, 't');

describe('what a restored database holds', () => {
  test('objects have the titles by which the target tells its own', () => {
    const nowhere = { namespace: '' };
    const titles = expectedTitles([
      t,
      entry(2, 'FUNCTION', 'f(integer, text)'),
      entry(3, 'FUNCTION', 'f()'),
      entry(4, 'AGGREGATE', 'odd(name(integer)'),
      entry(5, 'SHELL TYPE', 'base'),
      entry(6, 'TYPE', 'base'),
      entry(7, 'CAST', 'CAST (app.base AS integer)', nowhere),
      entry(8, 'TRANSFORM', 'FOR app.base LANGUAGE plperl', nowhere),
      entry(9, 'SCHEMA', 'app', nowhere),
      entry(10, 'SCHEMA', 'public', nowhere),
      entry(11, 'SERVER', 'other', nowhere),
      entry(12, 'COMMENT', 'TABLE t'),
      tableData(13, t),
    ]);
    expect([...titles]).toEqual([
      ['table app.t', 1],
      ['function app.f', 2],
      ['function app.odd(name', 1],
      ['type app.base', 1],
      ['cast (app.base AS integer)', 1],
      ['transform for app.base', 1],
      ['schema app', 1],
      ['foreign server other', 1],
    ]);
  });

  test('each object more and each that is missing is a difference', () => {
    const expected = new Map([
      ['table app.t', 1],
      ['function app.f', 2],
      ['operator class app.c', 1],
    ]);
    const all = ['function app.f', 'function app.f', 'operator class app.c', 'table app.t'];
    expect(differencesOfTitles(expected, all)).toEqual([]);
    // It comes with the class.
    expect(differencesOfTitles(expected, [...all, 'operator family app.c'])).toEqual([]);
    expect(differencesOfTitles(expected, [...all, 'function app.f', 'operator family app.d'])).toEqual([
      'function app.f is not of it',
      'operator family app.d is not of it',
    ]);
    expect(differencesOfTitles(expected, all.slice(1))).toEqual(['function app.f is missing']);
  });

  test('indexes, foreign keys, triggers, rules and policies hang on tables', () => {
    const entries: TocEntry[] = [
      index(2, 'i', t),
      key(3, 'pk', t, 'PRIMARY KEY (a)'),
      foreignKey(4, 'fk', t, t),
      entry(5, 'TRIGGER', 't noted'),
      entry(6, 'CHECK CONSTRAINT', 't c', { definition: 'ALTER TABLE app.t\n    ADD CONSTRAINT c CHECK (true);\n' }),
    ];
    expect([...expectedAttached(entries, expectationsOf(entries, []))]).toEqual([
      'index app.i',
      'index app.pk',
      'foreign key app.t fk',
      'trigger app.t noted',
    ]);
  });

  test('large objects are counted in the TOCs of old and of new tools', () => {
    expect(expectedLargeObjects([entry(1, 'BLOB', '17'), entry(2, 'BLOB', '4000000000')])).toEqual({
      count: 2,
      oidSum: 4000000017n,
    });
    const many = entry(1, 'BLOB METADATA', '17..19', { definition: '17\n18\n19\n' });
    expect(expectedLargeObjects([many])).toEqual({ count: 3, oidSum: 54n });
  });

  test('a table whose rows are not in the backup has none', () => {
    const u = table(2, 'u');
    expect(tablesWithoutRows([t, u, tableData(3, t)])).toEqual([{ schema: 'app', name: 'u' }]);
  });
});
