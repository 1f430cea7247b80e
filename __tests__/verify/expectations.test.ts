import { describe, expect, test } from '@jest/globals';
import { expectationsOf } from '../../src/verify/expectations.js';
import { entry, foreignKey, index, key, table, tableData } from '../plan/toc-entries.js';
import { block } from '../plan/units.js';

const t = table(1, 't');
const u = table(2, 'u');

describe('indexes and constraints', () => {
  test('keys are expected as index and constraint, other constraints as what they are', () => {
    const expected = expectationsOf(
      [index(3, 'i', t), key(4, '"Odd ""pk"""', t, 'PRIMARY KEY (a)'), foreignKey(5, 'fk', u, t)],
      [],
    );
    expect(expected.indexes).toEqual([
      { schema: 'app', name: 'i' },
      { schema: 'app', name: 'Odd "pk"' },
    ]);
    expect(expected.constraints).toEqual([
      { schema: 'app', relation: 't', name: 'Odd "pk"', validated: true },
      { schema: 'app', relation: 'u', name: 'fk', validated: true },
    ]);
  });

  test('a NOT VALID constraint is expected to stay so, and NOT ENFORCED is not validated', () => {
    const definition = (end: string): string =>
      `ALTER TABLE app.t\n    ADD CONSTRAINT c CHECK ((a <> 'NOT VALID'::text))${end};\n`;
    const validated = (end: string): boolean | undefined =>
      expectationsOf([entry(3, 'CHECK CONSTRAINT', 't c', { definition: definition(end) })], []).constraints[0]
        ?.validated;
    expect(validated('')).toBe(true);
    expect(validated(' NOT VALID')).toBe(false);
    expect(validated(' NOT ENFORCED')).toBe(false);
  });

  test('constraints of domains and foreign tables are expected', () => {
    const entries = ['DOMAIN', 'FOREIGN TABLE ONLY'].map((what, at) =>
      entry(at, 'CHECK CONSTRAINT', 'x', {
        definition: `ALTER ${what} app."X y"\n    ADD CONSTRAINT c CHECK (true);\n`,
      }),
    );
    expect(expectationsOf(entries, []).constraints.map(({ relation }) => relation)).toEqual(['X y', 'X y']);
  });
});

describe('sequences', () => {
  const set = (name: string, value: string) =>
    expectationsOf(
      [entry(3, 'SEQUENCE SET', 's', { definition: `SELECT pg_catalog.setval('${name}', ${value});\n` })],
      [],
    ).sequences;

  test('sequences are expected with their value and whether it was handed out', () => {
    expect(set('app.s', '-5, false')).toEqual([{ sqlName: 'app.s', lastValue: '-5', isCalled: false }]);
    expect(set('app.s', '9223372036854775807, true')).toMatchObject([{ lastValue: '9223372036854775807' }]);
  });

  test('sequences are expected by names as SQL writes them', () => {
    expect(set(`app."It''s ""odd"""`, '1, true')).toMatchObject([{ sqlName: `app."It's ""odd"""` }]);
  });

  test.each(['app.s; DROP TABLE t', 'app.s\\! touch x', 's', 'app.s x'])('%s is no name of a sequence', (name) => {
    expect(set(name, '1, true')).toEqual([]);
  });
});

describe('rows', () => {
  test('rows are expected where COPY says, and are unknown where nobody counted', () => {
    const rows = expectationsOf([t, u, tableData(11, t), tableData(12, u)], [block(11, 9, 5), block(12, 9, null)]).rows;
    expect(rows).toMatchObject([
      { sqlName: 'app.t', loaded: 5, counted: 5 },
      { sqlName: 'app.u', loaded: null, counted: null },
    ]);
  });

  test('rows of partitions that are loaded through their root add up there', () => {
    const root = table(3, 'root');
    const parts = [t, u];
    const attach = parts.map((part, at) =>
      entry(20 + at, 'TABLE ATTACH', part.tag, { dependencies: [3, part.dumpId] }),
    );
    const data = parts.map((part, at) =>
      tableData(11 + at, part, { copyStatement: 'COPY app.root (a) FROM stdin;\n' }),
    );
    const { rows } = expectationsOf([root, ...parts, ...attach, ...data], [block(11, 9, 5), block(12, 9, 6)]);
    expect(rows).toEqual([{ sqlName: 'app.root', loaded: 11, counted: 11 }]);
  });

  test('rows of a name that SQL would not take as one are not counted', () => {
    const odd = tableData(11, t, { copyStatement: 'COPY app.t\\! (a) FROM stdin;\n' });
    expect(expectationsOf([t, odd], [block(11, 9, 5)]).rows).toEqual([]);
  });
});

describe('objects', () => {
  test('objects are expected by kind and name; the schema public is always there', () => {
    const entries = [
      t,
      entry(3, 'SCHEMA', 'app', { namespace: '' }),
      entry(4, 'SCHEMA', 'public', { namespace: '' }),
      entry(5, 'TRIGGER', 't audit'),
      entry(6, 'COMMENT', 'TABLE t'),
    ];
    expect(Object.fromEntries(expectationsOf(entries, []).objects)).toEqual({
      TABLE: ['app.t'],
      SCHEMA: ['app'],
      TRIGGER: ['app.t audit'],
    });
  });
});
