import { describe, expect, test } from '@jest/globals';
import type { ArchiveHead, TocEntry } from '../../src/archive/types.js';
import { likeness } from '../../src/verify/definition-text.js';
import { definitionsLine, unreadDefinitions } from '../../src/verify/definitions.js';
import { entry, index, key, table, tableData } from '../plan/toc-entries.js';

const t = table(1, 't');
const nowhere = { namespace: '', section: 'none' } as const;

function headOf(entries: readonly TocEntry[], versions: { dump?: string; server?: string } = {}): ArchiveHead {
  const header = { dumpVersion: versions.dump ?? '17.5 (Debian 17.5-1)', serverVersion: versions.server ?? '17.5' };
  return { header, entries } as unknown as ArchiveHead;
}

/** The archive's entries are all restored. */
function compare(archive: readonly TocEntry[], target: readonly TocEntry[], versions: { dump?: string } = {}) {
  const restored = new Set(archive.map(({ dumpId }) => dumpId));
  return definitionsLine({ archive: headOf(archive, versions), restored, target: headOf(target) });
}

function of(desc: string, tag: string, definition: string, more: Partial<TocEntry> = {}): TocEntry {
  return entry(counter++, desc, tag, { definition, ...more });
}
let counter = 100;

describe('definitions of a target and its backup', () => {
  test('definitions are compared by kind, schema and name, and not by dump id', () => {
    const archive = [t, index(2, 'i', t), key(3, 'k', t, 'PRIMARY KEY (a)')];
    const target = [key(3, 'k', t, 'PRIMARY KEY (a)'), table(71, 't'), index(1, 'i', t)];
    const same = { check: 'definitions', expected: 3, found: 3, ok: true, detail: '' };
    expect(compare(archive, target)).toEqual(same);
    const elsewhere = target.map((one) => ({ ...one, namespace: 'other' }));
    expect(compare(archive, elsewhere)).toMatchObject({ ok: false, found: 0 });
  });

  test.each([
    [
      'FUNCTION',
      'f(integer)',
      'CREATE FUNCTION app.f(integer) AS $_$SELECT (1)$_$;',
      'CREATE FUNCTION app.f(integer) AS $_$SELECT 1$_$;',
    ],
    [
      'PROCEDURE',
      'p()',
      'CREATE PROCEDURE app.p() AS $$ BEGIN END $$;',
      'CREATE PROCEDURE app.p() AS $$ BEGIN  END $$;',
    ],
    ['POLICY', 't p', 'CREATE POLICY p ON app.t USING ((a > 0));', 'CREATE POLICY p ON app.t USING ((a > 1));'],
    [
      'DEFAULT',
      't a',
      'ALTER TABLE ONLY app.t ALTER COLUMN a SET DEFAULT 1;',
      'ALTER TABLE ONLY app.t ALTER COLUMN a SET DEFAULT 2;',
    ],
    ['TRIGGER', 't r', 'CREATE TRIGGER r BEFORE INSERT ON app.t;', 'CREATE TRIGGER r AFTER INSERT ON app.t;'],
    ['VIEW', 'v', "CREATE VIEW app.v AS SELECT 'a'::text;", "CREATE VIEW app.v AS SELECT 'A'::text;"],
    ['CONSTRAINT', 't c', 'ADD CONSTRAINT c CHECK ((a > 0));', 'ADD CONSTRAINT c CHECK ((a >= 0));'],
    ['INDEX', 'i', 'CREATE INDEX i ON app.t USING btree (a);', 'CREATE INDEX i ON app.t USING btree (a DESC);'],
    ['TYPE', 'mood', "CREATE TYPE app.mood AS ENUM ('a', 'b');", "CREATE TYPE app.mood AS ENUM ('b', 'a');"],
    [
      'TABLE',
      'u',
      'CREATE TABLE app.u (\n    a integer,\n    b text\n);',
      'CREATE TABLE app.u (\n    b text,\n    a integer\n);',
    ],
    ['SEQUENCE', 's', 'CREATE SEQUENCE app.s CACHE 1;', 'CREATE SEQUENCE app.s CACHE 10;'],
    [
      'RULE',
      't r',
      'CREATE RULE r AS ON INSERT TO app.t DO NOTHING;',
      'CREATE RULE r AS ON DELETE TO app.t DO NOTHING;',
    ],
    [
      'ROW SECURITY',
      't',
      'ALTER TABLE app.t ENABLE ROW LEVEL SECURITY;',
      'ALTER TABLE app.t DISABLE ROW LEVEL SECURITY;',
    ],
  ])('a %s with another definition is found by name', (desc, tag, before, now) => {
    expect(compare([of(desc, tag, before)], [of(desc, tag, before)])).toMatchObject({ ok: true, detail: '' });
    const line = compare([of(desc, tag, before)], [of(desc, tag, now)]);
    expect(line).toMatchObject({ ok: false, found: 0, detail: `${desc} app.${tag} differs` });
    expect(compare([of(desc, tag, before)], [])).toMatchObject({ ok: false, detail: `${desc} app.${tag} is missing` });
  });

  test('comments and labels are compared, but for those of extensions and large objects', () => {
    const comment = (tag: string, text: string): TocEntry =>
      of('COMMENT', tag, `COMMENT ON ${tag} IS '${text}';`, nowhere);
    const archive = [comment('TABLE t', 'a'), comment('EXTENSION e', 'a'), comment('LARGE OBJECT 7', 'a')];
    expect(compare(archive, [comment('TABLE t', 'b')])).toMatchObject({
      expected: 1,
      detail: 'COMMENT TABLE t differs',
    });
    expect(compare(archive, [])).toMatchObject({ ok: false, detail: 'COMMENT TABLE t is missing' });
    expect(compare(archive, [comment('TABLE t', 'a')])).toMatchObject({ ok: true });
  });

  test('privileges, owners, tablespaces, rows and positions are no definitions', () => {
    const archive = [
      { ...t, owner: 'a', tablespace: 's', tableAccessMethod: 'heap' },
      tableData(2, t),
      of('ACL', 'TABLE t', 'GRANT'),
    ];
    const more = [
      of('SEQUENCE SET', 's', 'SELECT'),
      of('SUBSCRIPTION', 's', 'CREATE'),
      of('EVENT TRIGGER', 'e', 'CREATE'),
    ];
    expect(compare([...archive, ...more], [t])).toMatchObject({ expected: 1, ok: true, detail: '' });
  });

  test('entries of the archive that were left out are not expected, and not told where they are there', () => {
    const archive = [t, index(2, 'i', t)];
    const restored = new Set([1]);
    expect(definitionsLine({ archive: headOf(archive), restored, target: headOf([t]) })).toMatchObject({ ok: true });
    expect(definitionsLine({ archive: headOf(archive), restored, target: headOf(archive) })).toMatchObject({
      detail: '',
    });
  });

  test('what the target has besides is told, and no fault', () => {
    const line = compare([t], [t, table(2, 'u'), index(3, 'j', t)]);
    expect(line).toMatchObject({
      ok: true,
      found: 1,
      detail: '2 more objects in the target: TABLE app.u, INDEX app.j',
    });
  });

  test('objects of one name are told apart by their definitions', () => {
    const operators = ['integer', 'text'].map((type) =>
      of('OPERATOR', '+', `CREATE OPERATOR app.+ (LEFTARG = ${type});`),
    );
    expect(compare(operators, operators.toReversed())).toMatchObject({ ok: true, expected: 2 });
    expect(compare(operators, operators.slice(1))).toMatchObject({ detail: 'OPERATOR app.+ is missing', found: 1 });
  });

  test('of many differences the first few are named', () => {
    const many = Array.from({ length: 9 }, (_, at) => table(at + 1, `t${at}`));
    expect(compare(many, []).detail).toMatch(/^(TABLE app\.t\d is missing, ){4}TABLE app\.t4 is missing and 4 more$/);
  });

  test('where versions differ only that an object is there counts, and the line says so', () => {
    const archive = [of('VIEW', 'v', 'old'), of('DEFAULT', 't a', 'x'), of('RULE', 'v _RETURN', 'x')];
    const line = compare(archive, [of('VIEW', 'v', 'new')], { dump: '15.1' });
    expect(line).toMatchObject({ ok: true, expected: 1 });
    expect(line.detail).toMatch(
      /^only that they are there: pg_dump 15 wrote .* on a server of 17, pg_dump 17 .* of 17$/,
    );
    expect(compare(archive, [], { dump: '15.1' })).toMatchObject({ ok: false, detail: 'VIEW app.v is missing' });
  });

  test('definitions that nobody could read are not compared, and the line says why', () => {
    const line = unreadDefinitions({ archive: headOf([t]), restored: new Set([1]) }, 'permission denied');
    expect(line).toMatchObject({ expected: 1, found: 0, ok: true, detail: 'not compared: permission denied' });
  });
});

describe('two definitions', () => {
  test.each([
    ['white space and comments', 'CREATE  TABLE t (\n a int);', '-- c\nCREATE TABLE t ( a int);'],
    ['quotes that a name does not need', 'GRANT TO "app"', 'GRANT TO app'],
  ])('are the same but for %s', (_, one, other) => {
    expect(likeness('POLICY', one, other)).toBe('same');
  });

  test.each([
    [
      'casts of the elements of an array',
      "((state)::text = ANY ((ARRAY['a'::character varying, 'b'::character varying])::text[]))",
      "((state)::text = ANY (ARRAY[('a'::character varying)::text, ('b'::character varying)::text]))",
    ],
    ['nested conditions', '(((a >= 1) AND (a <= 2)) AND b)', '((a >= 1) AND (a <= 2) AND b)'],
    ['types of several words', "x = '1'::timestamp(3) without time zone AND y", "(x = '1') AND y"],
  ])('are spelled otherwise where only %s differ', (_, one, other) => {
    expect(likeness('VIEW', one, other)).toBe('spelled');
  });

  test.each([
    ['strings', "'a (b)'", "'a b'"],
    ['escaped strings', "E'a\\'(b)'", "E'a\\'b'"],
    ['names', '"A"', '"a"'],
    ['bodies of functions', '$$a (b)$$', '$$a b$$'],
    ['what follows a cast', "'1'::integer + 1", "'1'::integer + 2"],
    ['what no quote ends', '$$ a', '$$ b'],
  ])('are others where %s differ', (_, one, other) => {
    expect(likeness('VIEW', one, other)).toBe('other');
  });

  test('the order of columns counts but where some are inherited', () => {
    const before = 'CREATE TABLE c (\n    a integer,\n    b text\n)\nINHERITS (p);\n';
    const now = 'CREATE TABLE c (\n    b text,\n    a integer\n)\nINHERITS (p);\n';
    expect(likeness('TABLE', before, now)).toBe('same');
    expect(likeness('TABLE', before, now.replace('text', 'name'))).toBe('other');
    expect(likeness('TABLE', before.replace(/INHERITS.*/, ''), now.replace(/INHERITS.*/, ''))).toBe('other');
  });
});
