import { describe, expect, test } from '@jest/globals';
import { isUnlogged, keyConstraint, unquoteIdentifier } from '../../src/archive/entry-sql.js';
import { entryTitle } from '../../src/archive/entry-title.js';
import { entry, key, table } from '../plan/toc-entries.js';

const t = table(1, 't');

describe('what stands behind a constraint', () => {
  test.each([
    ['PRIMARY KEY (a)', { name: 'c', type: 'PRIMARY KEY', accessMethod: 'btree' }],
    ['UNIQUE NULLS NOT DISTINCT (a)', { name: 'c', type: 'UNIQUE', accessMethod: 'btree' }],
    ['EXCLUDE USING gist (during WITH &&)', { name: 'c', type: 'EXCLUDE', accessMethod: 'gist' }],
    ['NOT NULL a', null],
    ["CHECK ((a <> 'PRIMARY KEY'::text))", null],
  ])('a constraint is read out of its SQL: %s', (what, expected) => {
    expect(keyConstraint(key(2, 'c', t, what))).toEqual(expected);
  });

  test('a constraint is not read out of its name', () => {
    expect(keyConstraint(key(2, '"x PRIMARY KEY (y)"', t, 'NOT NULL a'))).toBeNull();
    expect(keyConstraint(key(2, '"a ""b"" c"', t, 'UNIQUE (a)'))).toMatchObject({ name: 'a "b" c', type: 'UNIQUE' });
  });

  test('a constraint of another kind has no key behind it', () => {
    expect(keyConstraint({ ...key(2, 'c', t, 'PRIMARY KEY (a)'), desc: 'FK CONSTRAINT' })).toBeNull();
  });
});

describe('small things', () => {
  test('unlogged tables and sequences are told from others', () => {
    expect(isUnlogged({ ...t, definition: 'CREATE UNLOGGED TABLE app.t (\n    a integer\n);\n' })).toBe(true);
    expect(isUnlogged(entry(1, 'SEQUENCE', 's', { definition: 'CREATE UNLOGGED SEQUENCE app.s\n' }))).toBe(true);
    expect(isUnlogged(t)).toBe(false);
  });

  test('quotes of identifiers are taken away', () => {
    expect(['plain', '"Odd"', '"a ""b"""'].map(unquoteIdentifier)).toEqual(['plain', 'Odd', 'a "b"']);
  });

  test('titles of entries are written as users write them in skip-entries', () => {
    expect(entryTitle(t)).toBe('TABLE app.t');
    expect(entryTitle(entry(1, 'EXTENSION', 'x', { namespace: '' }))).toBe('EXTENSION x');
  });
});
