import { describe, expect, test } from '@jest/globals';
import type { TocEntry } from '../../src/archive/types.js';
import { matchesSkipEntry, selectEntries, type SelectionOptions, type SkipEntry } from '../../src/plan/selection.js';
import { TocGraph } from '../../src/plan/toc-graph.js';
import { entry, foreignKey, index, table, tableData } from './toc-entries.js';
import { PLAIN_SELECTION } from './units.js';

const skip = (desc: string, name: string | null = null): SkipEntry => ({
  desc,
  name,
  text: name === null ? desc : `${desc} ${name}`,
});

/** Tags of what is restored. */
function selected(entries: readonly TocEntry[], options: Partial<SelectionOptions> = {}): string[] {
  return selectEntries(new TocGraph(entries), { ...PLAIN_SELECTION, ...options }).entries.map(({ tag }) => tag);
}

function reasons(entries: readonly TocEntry[], options: Partial<SelectionOptions> = {}): string[] {
  const { leftOut } = selectEntries(new TocGraph(entries), { ...PLAIN_SELECTION, ...options });
  return leftOut.map(({ title, reason, worthTelling }) => `${worthTelling ? '' : '(quiet) '}${title}: ${reason}`);
}

const t = table(1, 't');
const u = table(2, 'u');

describe('what is never restored, or only when asked for', () => {
  test('settings of the archive and the database itself are never restored', () => {
    const none = { section: 'none', namespace: '' } as const;
    const entries = [
      entry(3, 'ENCODING', 'ENCODING', none),
      entry(4, 'DATABASE', 'app', { namespace: '' }),
      entry(5, 'DATABASE PROPERTIES', 'app', { namespace: '' }),
      entry(6, 'COMMENT', 'DATABASE app', { ...none, dependencies: [4] }),
      { ...t, dependencies: [4, 5] },
    ];
    expect(selected(entries)).toEqual(['t']);
    expect(reasons(entries)).toContain('(quiet) DATABASE PROPERTIES app: concerns the database itself');
  });

  test.each([
    ['ACL', { keepPrivileges: true }],
    ['DEFAULT ACL', { keepPrivileges: true }],
    ['SUBSCRIPTION', { keepSubscriptions: true }],
    ['SUBSCRIPTION TABLE', { keepSubscriptions: true }],
  ])('an entry of kind %s is restored only when asked for', (desc, wish) => {
    expect(selected([entry(3, desc, 'x')])).toEqual([]);
    expect(selected([entry(3, desc, 'x')], wish)).toEqual(['x']);
  });

  test('statistics of 18 are not restored on an older server', () => {
    const statistics = entry(3, 'STATISTICS DATA', 't');
    expect(selected([statistics], { targetMajor: 17 })).toEqual([]);
    expect(selected([statistics])).toEqual(['t']);
  });

  test('comments on extensions are not restored by a plain role, which is not their owner', () => {
    const comment = entry(3, 'COMMENT', 'EXTENSION x', { section: 'none', namespace: '' });
    expect(selected([comment])).toEqual([]);
    expect(selected([comment], { targetIsSuperuser: true })).toEqual(['EXTENSION x']);
  });
});

describe('what the target has already', () => {
  const schema = entry(3, 'SCHEMA', 'public', { namespace: '' });
  const of = (dumpId: number, desc: string) =>
    entry(dumpId, desc, 'SCHEMA public', { section: 'none', namespace: '', dependencies: [3] });
  const entries = [schema, of(4, 'COMMENT'), of(5, 'ACL'), { ...t, namespace: 'public', dependencies: [3] }];
  const has = (isOwn: boolean) => ({
    keepPrivileges: true,
    existing: [{ kind: 'SCHEMA', name: 'public', isOwn }] as const,
  });

  test('an existing schema is not created, takes nothing along, is changed as far as ours', () => {
    expect(selected(entries, has(true))).toEqual(['SCHEMA public', 'SCHEMA public', 't']);
    expect(selected(entries, has(false))).toEqual(['t']);
    expect(reasons(entries, has(false))).toEqual([
      '(quiet) SCHEMA public: the target has it already',
      "COMMENT SCHEMA public: the target's schema public is another role's",
      "ACL SCHEMA public: the target's schema public is another role's",
    ]);
  });

  test('an existing schema takes along what depends on it when the user says so', () => {
    expect(selected(entries, { ...has(true), skipEntries: [skip('SCHEMA', 'public')] })).toEqual([]);
  });

  test('an existing language is not created either', () => {
    const language = entry(3, 'PROCEDURAL LANGUAGE', 'plpgsql', { namespace: '' });
    const uses = entry(4, 'FUNCTION', 'f()', { dependencies: [3] });
    const existing = [{ kind: 'LANGUAGE', name: 'plpgsql', isOwn: false }] as const;
    expect(selected([language, uses], { existing })).toEqual(['f()']);
  });
});

test('the journal of a restore is never restored, and is told once', () => {
  const journal = entry(3, 'SCHEMA', 'phaselift_journal', { namespace: '' });
  const inside = entry(4, 'TABLE', 'finished', { namespace: 'phaselift_journal', dependencies: [3] });
  const comment = entry(5, 'COMMENT', 'SCHEMA phaselift_journal', {
    section: 'none',
    namespace: '',
    dependencies: [3],
  });
  const named = entry(6, 'TABLE', 'phaselift_journal');
  expect(selected([journal, inside, comment, named])).toEqual(['phaselift_journal']);
  expect(reasons([journal, inside, comment, named]).filter((line) => !line.startsWith('(quiet)'))).toHaveLength(1);
});

describe('skip-entries', () => {
  const view = entry(5, 'VIEW', 'v', { dependencies: [1] });
  const entries = [
    t,
    u,
    tableData(3, t),
    index(4, 'i', t),
    view,
    foreignKey(6, 'fk', u, t),
    entry(7, 'COMMENT', 'VIEW v', { section: 'none', dependencies: [5] }),
  ];

  test('skip-entries leaves out a kind', () => {
    expect(selected(entries, { skipEntries: [skip('INDEX')] })).toEqual(['t', 'u', 't', 'v', 'u fk', 'VIEW v']);
  });

  test('skip-entries leaves out an object with all that cannot be without it, and says so', () => {
    expect(selected(entries, { skipEntries: [skip('TABLE', 'app.t')] })).toEqual(['u']);
    expect(reasons(entries, { skipEntries: [skip('TABLE', 'app.t')] })).toEqual([
      'TABLE app.t: skip-entries says `TABLE app.t`',
      'TABLE DATA app.t: depends on TABLE app.t, which is left out',
      'INDEX app.i: depends on TABLE app.t, which is left out',
      'VIEW app.v: depends on TABLE app.t, which is left out',
      'FK CONSTRAINT app.u fk: depends on TABLE app.t, which is left out',
      'COMMENT app.VIEW v: depends on VIEW app.v, which is left out',
    ]);
  });

  test('what is left out quietly takes nothing along', () => {
    const acl = entry(8, 'ACL', 'TABLE t', { section: 'none', dependencies: [1] });
    const after = entry(9, 'VIEW', 'w', { dependencies: [8] });
    expect(selected([t, acl, after])).toEqual(['t', 'w']);
  });

  test('an extension that the target has already takes nothing along', () => {
    const extension = entry(8, 'EXTENSION', 'x', { namespace: '' });
    const uses = entry(9, 'FUNCTION', 'f()', { dependencies: [8] });
    const skipEntries = [skip('EXTENSION', 'x')];
    expect(selected([extension, uses], { skipEntries })).toEqual([]);
    expect(selected([extension, uses], { skipEntries, installedExtensions: ['x'] })).toEqual(['f()']);
  });

  test('skip-entries names objects with and without schema, and by their own name', () => {
    expect(matchesSkipEntry(t, skip('TABLE', 't'))).toBe(true);
    expect(matchesSkipEntry(t, skip('TABLE', 'app.t'))).toBe(true);
    expect(matchesSkipEntry(t, skip('TABLE', 'other.t'))).toBe(false);
    expect(matchesSkipEntry(t, skip('INDEX', 't'))).toBe(false);
    const trigger = entry(3, 'TRIGGER', 't audit trail');
    expect(matchesSkipEntry(trigger, skip('TRIGGER', 'audit trail'))).toBe(true);
    expect(matchesSkipEntry(trigger, skip('TRIGGER', 't audit trail'))).toBe(true);
    expect(matchesSkipEntry(trigger, skip('TRIGGER', 'audit'))).toBe(false);
  });
});
