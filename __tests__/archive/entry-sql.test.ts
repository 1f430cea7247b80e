import { describe, expect, test } from '@jest/globals';
import { isUnlogged, keyConstraint, policyRoles, unquoteIdentifier } from '../../src/archive/entry-sql.js';
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

describe('the roles of a policy', () => {
  const roles = (definition: string): string[] => policyRoles(entry(1, 'POLICY', 't p', { definition }));

  test.each([
    ['CREATE POLICY p ON app.t USING (true);\n', []],
    ['CREATE POLICY p ON app.t TO reader USING (true);\n', ['reader']],
    ['CREATE POLICY p ON app.t AS RESTRICTIVE FOR SELECT TO a, "B ""c""" WITH CHECK (x);\n', ['a', 'B "c"']],
    ['CREATE POLICY "p TO x" ON app."t TO y" FOR ALL USING ((a = \' TO z\'::text));\n', []],
  ])('the roles of a policy are read out of its SQL: %s', (definition, expected) => {
    expect(roles(definition)).toEqual(expected);
  });

  test('the roles of another kind of entry are none', () => {
    expect(policyRoles(entry(1, 'RULE', 'p', { definition: 'CREATE POLICY p ON app.t TO x;\n' }))).toEqual([]);
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
