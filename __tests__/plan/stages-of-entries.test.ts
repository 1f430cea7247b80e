import { describe, expect, test } from '@jest/globals';
import type { TocEntry } from '../../src/archive/types.js';
import { CalledFunctions } from '../../src/plan/called-functions.js';
import type { IndexStrategy } from '../../src/plan/index-strategy.js';
import { assignStages, notEmptyReasons } from '../../src/plan/stages-of-entries.js';
import { TocGraph } from '../../src/plan/toc-graph.js';
import { entry, foreignKey, index, key, table } from './toc-entries.js';
import { wantedBy } from './units.js';

function stagesOf(
  entries: readonly TocEntry[],
  strategy: Exclude<IndexStrategy, 'auto'> = 'empty',
): Record<string, string> {
  const { stageOf } = assignStages(entries, new CalledFunctions(new TocGraph(entries)), wantedBy(strategy));
  return Object.fromEntries(entries.map((one) => [one.tag, stageOf.get(one.dumpId) ?? 'none']));
}

function reasonsOf(entries: readonly TocEntry[]): string[] {
  const { notEmpty } = assignStages(entries, new CalledFunctions(new TocGraph(entries)), wantedBy('empty'));
  return notEmptyReasons(entries, notEmpty);
}

const t = table(1, 't');
const u = table(2, 'u');

describe('index strategies', () => {
  const entries = [
    t,
    u,
    index(3, 'i', t),
    key(4, 'pk', t, 'PRIMARY KEY (a)'),
    key(5, 'nn', t, 'NOT NULL a'),
    foreignKey(6, 'fk', u, t, { dependencies: [2, 4] }),
  ];

  test('the strategy `empty` creates indexes and the keys behind them before the data', () => {
    expect(stagesOf(entries)).toMatchObject({
      t: 'schema',
      i: 'indexes',
      't pk': 'indexes',
      't nn': 'constraints',
      'u fk': 'constraints',
    });
  });

  test('the strategy `empty-keys-last` leaves the keys to the last phase', () => {
    expect(stagesOf(entries, 'empty-keys-last')).toMatchObject({ i: 'indexes', 't pk': 'constraints' });
  });

  test('the strategy `after-data` creates nothing before the data', () => {
    expect(stagesOf(entries, 'after-data')).toMatchObject({ i: 'constraints', 't pk': 'constraints' });
  });
});

describe('what must not be created empty', () => {
  test.each(['brin', 'ivfflat', 'hnsw', 'bloom'])('an index of access method %s waits for the data', (using) => {
    expect(stagesOf([t, index(3, 'i', t, using)])).toMatchObject({ i: 'constraints' });
  });

  test.each(['btree', 'hash', 'gist', 'spgist', 'gin'])('an index of access method %s does not', (using) => {
    expect(stagesOf([t, index(3, 'i', t, using)])).toMatchObject({ i: 'indexes' });
  });

  test('an access method is not looked for inside of names', () => {
    const odd = entry(3, 'INDEX', 'x', {
      section: 'post-data',
      dependencies: [1],
      definition: 'CREATE INDEX "i USING gin" ON app."t USING btree" USING brin (a);\n',
    });
    expect(stagesOf([t, odd])).toMatchObject({ x: 'constraints' });
  });

  test('an index that calls a function of the archive waits, also by an operator class', () => {
    const f = entry(7, 'FUNCTION', 'f()');
    const opclass = entry(8, 'OPERATOR CLASS', 'ops', { dependencies: [7] });
    const entries = [
      t,
      f,
      opclass,
      index(3, 'direct', t, 'btree', { dependencies: [1, 7] }),
      index(4, 'by_class', t, 'btree', { dependencies: [1, 8] }),
    ];
    expect(stagesOf(entries)).toMatchObject({ direct: 'constraints', by_class: 'constraints' });
  });

  test('a function in a default of the table does not make its indexes wait', () => {
    const f = entry(7, 'FUNCTION', 'f()');
    expect(stagesOf([f, { ...t, dependencies: [7] }, index(3, 'i', t)])).toMatchObject({ i: 'indexes' });
  });

  test('an exclusion constraint that calls a function waits', () => {
    const f = entry(7, 'FUNCTION', 'f()');
    expect(
      stagesOf([t, f, key(3, 'ex', t, 'EXCLUDE USING gist (app.f(a) WITH =)', { dependencies: [1, 7] })]),
    ).toMatchObject({ 't ex': 'constraints' });
  });

  describe('a key and the functions behind it', () => {
    const f = entry(7, 'FUNCTION', 'f(integer)');
    const type = entry(8, 'TYPE', 'p');
    const ofType = { ...t, dependencies: [8] };
    const operatorClass = (definition: string): TocEntry =>
      entry(9, 'OPERATOR CLASS', 'ops', { dependencies: [7, 8], definition });
    const ops = operatorClass('CREATE OPERATOR CLASS app.ops\n    FOR TYPE app.p USING btree AS FUNCTION 1 app.f;\n');
    const standard = operatorClass('CREATE OPERATOR CLASS app.ops\n    DEFAULT FOR TYPE app.p USING btree AS …;\n');
    const cast = entry(9, 'CAST', 'CAST (app.p AS integer)', { namespace: '', dependencies: [7, 8] });
    const exclusion = (what: string): TocEntry => key(3, 'ex', t, `EXCLUDE USING btree (${what} WITH =)`);

    test.each([
      ['an operator', t, entry(9, 'OPERATOR', '|||', { dependencies: [7] }), exclusion('((a OPERATOR(app.|||) b))')],
      ['an operator class', t, ops, exclusion('a app.ops')],
      ['a cast of a column', ofType, cast, exclusion('((a)::integer)')],
      ['a cast to a type', t, cast, exclusion('((a)::app.p)')],
      ['the default operators of a type', ofType, standard, key(3, 'ex', t, 'PRIMARY KEY (a)')],
    ])('a key waits for a function behind %s', (_title, table, caller, constraint) => {
      expect(stagesOf([type, f, caller, table, constraint])).toMatchObject({ 't ex': 'constraints' });
    });

    test.each([
      [
        'an operator of another name',
        t,
        entry(9, 'OPERATOR', '||', { dependencies: [7] }),
        exclusion('(OPERATOR(app.|||) b)'),
      ],
      ['an operator class of another name', t, ops, exclusion('a app.other')],
      ['a cast of a type that the table does not have', t, cast, exclusion('((a)::integer)')],
      ['an operator class that is no default', ofType, ops, key(3, 'ex', t, 'PRIMARY KEY (a)')],
      ['the default operators of another type', t, standard, key(3, 'ex', t, 'PRIMARY KEY (a)')],
      ['a function with the name of the table', t, entry(9, 'FUNCTION', 't()'), key(3, 'ex', t, 'PRIMARY KEY (a)')],
    ])('a key does not wait for %s', (_title, table, caller, constraint) => {
      expect(stagesOf([type, f, caller, table, constraint])).toMatchObject({ 't ex': 'indexes' });
    });

    test('an index on rows waits for what compares their elements', () => {
      const rows = entry(10, 'TYPE', 'row', { dependencies: [8] });
      const entries = [type, f, standard, rows, { ...t, dependencies: [10] }, index(3, 'i', t)];
      expect(stagesOf(entries)).toMatchObject({ i: 'constraints' });
    });
  });

  test('the plan says why an index waits', () => {
    const entries = [t, index(3, 'i', t, 'brin')];
    expect(reasonsOf(entries)).toEqual([expect.stringContaining('INDEX app.i is built after the data: brin')]);
  });

  test('the plan says once what many indexes share, where the first of them stands', () => {
    const brins = Array.from({ length: 12 }, (_, i) => index(10 + i, `b${i}`, t, 'brin'));
    const entries = [t, index(3, 'first', t, 'bloom'), ...brins, index(40, 'last', t, 'bloom')];
    const reasons = reasonsOf(entries);
    expect(reasons.map((line) => line.replace(/: (\w+) indexes[^;]*/, ' ($1)'))).toEqual([
      'INDEX app.first is built after the data (bloom)',
      'INDEX app.b0 is built after the data (brin); so are 11 more: INDEX app.b1, INDEX app.b2, INDEX app.b3, INDEX app.b4, INDEX app.b5, …',
      'INDEX app.last is built after the data (bloom)',
    ]);
  });
});

describe('lifting by dependency', () => {
  test('an index of a materialized view that needs a key waits for the view', () => {
    const pk = key(4, 'pk', t, 'PRIMARY KEY (a)');
    const view = entry(5, 'MATERIALIZED VIEW', 'm', { section: 'post-data', dependencies: [1, 4] });
    const comment = entry(7, 'COMMENT', 'INDEX m_i', { section: 'none', dependencies: [6] });
    const stages = stagesOf([t, pk, view, index(6, 'm_i', view, 'btree', { dependencies: [5] }), comment]);
    expect(stages).toMatchObject({
      't pk': 'indexes',
      m: 'constraints',
      m_i: 'constraints',
      'INDEX m_i': 'constraints',
    });
  });

  test('an attachment of a key that is built last waits with it', () => {
    const pk = key(4, 'pk', t, 'PRIMARY KEY (a)');
    const attach = entry(5, 'INDEX ATTACH', 'pk_part', { section: 'post-data', dependencies: [4] });
    expect(stagesOf([t, pk, attach], 'empty-keys-last')).toMatchObject({ pk_part: 'constraints' });
    expect(stagesOf([t, pk, attach])).toMatchObject({ pk_part: 'indexes' });
  });

  test('a comment on a large object follows the data, but is not data', () => {
    const metadata = entry(4, 'BLOB METADATA', '16384', { section: 'data' });
    const comment = entry(5, 'COMMENT', 'LARGE OBJECT 16384', { section: 'none', dependencies: [4] });
    expect(stagesOf([metadata, comment])).toEqual({ '16384': 'data', 'LARGE OBJECT 16384': 'constraints' });
  });

  test('entries that depend on each other in a circle do not hang the plan', () => {
    expect(stagesOf([table(1, 'a', { dependencies: [2] }), table(2, 'b', { dependencies: [1] })])).toEqual({
      a: 'schema',
      b: 'schema',
    });
  });
});

describe('the passes of the last phase', () => {
  test('the last phase has privileges, then what is computed from data, then event triggers', () => {
    const entries = [
      entry(1, 'ACL', 'TABLE t', { section: 'none' }),
      entry(2, 'DEFAULT ACL', 'DEFAULT PRIVILEGES', { section: 'post-data' }),
      entry(3, 'MATERIALIZED VIEW DATA', 'm', { section: 'post-data' }),
      entry(4, 'STATISTICS DATA', 'm', { section: 'post-data', dependencies: [3] }),
      entry(5, 'EVENT TRIGGER', 'e', { section: 'post-data' }),
      entry(6, 'COMMENT', 'EVENT TRIGGER e', { section: 'none', dependencies: [5] }),
    ];
    expect(assignStages(entries, new CalledFunctions(new TocGraph(entries)), wantedBy('empty')).stageOf).toEqual(
      new Map([
        [1, 'privileges'],
        [2, 'privileges'],
        [3, 'refresh'],
        [4, 'refresh'],
        [5, 'finish'],
        [6, 'finish'],
      ]),
    );
  });
});
