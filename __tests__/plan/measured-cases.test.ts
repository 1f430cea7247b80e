import { describe, expect, test } from '@jest/globals';
import type { TocEntry } from '../../src/archive/types.js';
import { CalledFunctions } from '../../src/plan/called-functions.js';
import { makePlan } from '../../src/plan/plan.js';
import { assignStages } from '../../src/plan/stages-of-entries.js';
import { TocGraph } from '../../src/plan/toc-graph.js';
import type { Unit } from '../../src/plan/unit.js';
import { entry, foreignKey, index, key, table, tableData } from './toc-entries.js';
import { headOf, PLAIN_PLAN, wantedBy } from './units.js';

/** Cases that restores of real databases have shown; `__tests__/engine` has the same with servers. */

function stageOf(wanted: TocEntry, entries: readonly TocEntry[]): string | undefined {
  return assignStages(entries, new CalledFunctions(new TocGraph(entries)), wantedBy('empty')).stageOf.get(
    wanted.dumpId,
  );
}

function unitsOf(entries: readonly TocEntry[]): Unit[] {
  return makePlan(headOf(entries), { blocks: [] }, { ...PLAIN_PLAN, keepPrivileges: true }).units;
}

const t = table(1, 't');
const lost = table(2, 'lost', { definition: 'CREATE UNLOGGED TABLE app.lost (\n    a integer\n);\n' });

test('row-level security waits for foreign keys and indexes, which it would hinder', () => {
  const security = entry(3, 'ROW SECURITY', 't', { section: 'post-data', dependencies: [1] });
  const policy = entry(4, 'POLICY', 't p', { section: 'post-data', dependencies: [1] });
  const fk = foreignKey(5, 'fk', t, t);
  const entries = [t, security, policy, fk];
  expect(entries.map((one) => stageOf(one, entries))).toEqual(['schema', 'privileges', 'privileges', 'constraints']);
});

test('two units never give privileges on the same table at the same time', () => {
  const acl = entry(3, 'ACL', 'TABLE t', { section: 'none', dependencies: [1] });
  const privileges = unitsOf([t, acl]).filter((unit) => unit.stage === 'privileges');
  expect(privileges.map((unit) => unit.locks)).toEqual([[{ table: 1, mode: 'exclusive' }]]);
});

test('security labels and comments follow what they are about', () => {
  const materialized = entry(3, 'MATERIALIZED VIEW', 'm', { section: 'post-data', dependencies: [1] });
  const about = (of: TocEntry, dumpId: number) =>
    entry(dumpId, 'SECURITY LABEL', of.tag, { section: 'none', dependencies: [of.dumpId] });
  const labels = [about(t, 4), about(materialized, 5)];
  expect(labels.map((one) => stageOf(one, [t, materialized, ...labels]))).toEqual(['schema', 'constraints']);
});

describe('what would hinder loading an unlogged table once more', () => {
  const hindrances = (on: TocEntry) => [
    entry(10, 'TRIGGER', 'tr', { section: 'post-data', dependencies: [on.dumpId] }),
    foreignKey(11, 'fk', on, on),
    entry(12, 'ROW SECURITY', 'rs', { section: 'post-data', dependencies: [on.dumpId] }),
    entry(13, 'ACL', 'TABLE x', { section: 'none', dependencies: [on.dumpId] }),
    index(14, 'brin', on, 'brin'),
    entry(15, 'CHECK CONSTRAINT', 'ck', { section: 'post-data', dependencies: [on.dumpId] }),
    entry(16, 'RULE', 'ru', { section: 'post-data', dependencies: [on.dumpId] }),
    key(17, 'nn', on, 'NOT NULL a NOT VALID'),
  ];

  test('what would hinder an unlogged table waits for the last transaction', () => {
    const entries = [t, lost, ...hindrances(lost)];
    expect(hindrances(lost).map((one) => stageOf(one, entries))).toEqual(Array(8).fill('finish'));
  });

  test('what would hinder an unlogged table waits when one partition is unlogged', () => {
    const attach = entry(3, 'TABLE ATTACH', 'lost', { dependencies: [1, 2] });
    const entries = [t, lost, attach, ...hindrances(t)];
    expect(hindrances(t).map((one) => stageOf(one, entries))).toEqual(Array(8).fill('finish'));
  });

  test('a check of a parent, or of a domain in a row type, waits for an unlogged table', () => {
    const domain = entry(3, 'DOMAIN', 'd');
    const type = entry(4, 'TYPE', 'r', { dependencies: [3] });
    const child = { ...lost, dependencies: [1, 4] };
    const checks = [t, domain].map((of, at) =>
      entry(20 + at, 'CHECK CONSTRAINT', 'ck', { section: 'post-data', dependencies: [of.dumpId] }),
    );
    const stages = (...entries: TocEntry[]) => checks.map((one) => stageOf(one, [...entries, ...checks]));
    expect(stages(domain, type, t, child)).toEqual(['finish', 'finish']);
    expect(stages(domain, type, t, lost)).toEqual(['constraints', 'constraints']);
  });

  test('an index that must not be filled row by row waits in every strategy', () => {
    const brin = index(14, 'brin', lost, 'brin');
    const entries = [lost, brin, index(15, 'btree', lost)];
    const { stageOf: stages } = assignStages(
      entries,
      new CalledFunctions(new TocGraph(entries)),
      wantedBy('after-data'),
    );
    expect([14, 15].map((id) => stages.get(id))).toEqual(['finish', 'constraints']);
  });

  test('what would hinder an unlogged table does not wait for other tables', () => {
    const entries = [t, lost, ...hindrances(t)];
    expect(hindrances(t).map((one) => stageOf(one, entries))).not.toContain('finish');
  });
});

describe('an exclusion constraint', () => {
  const called = entry(3, 'FUNCTION', 'rate of(text)');

  test('an exclusion constraint waits when its text calls a function of the archive', () => {
    const exclusion = key(4, 'x', t, 'EXCLUDE USING btree (app."rate of"(zone) WITH =)');
    expect(stageOf(exclusion, [t, called, exclusion])).toBe('constraints');
  });

  test('an exclusion constraint does not wait when it calls only what is there before', () => {
    const exclusion = key(4, 'x', t, 'EXCLUDE USING "gist" (lower(zone) WITH =, public.other(zone) WITH =)');
    expect(stageOf(exclusion, [t, called, exclusion])).toBe('indexes');
  });
});

test('an access method that pg_dump has quoted is known all the same', () => {
  expect(stageOf(index(3, 'i', t, '"gin"'), [t, index(3, 'i', t, '"gin"')])).toBe('indexes');
});

test('rows of configuration tables wait for each other in TOC order, others do not', () => {
  const [first, second] = [5, 6].map((dumpId) => tableData(dumpId, table(90 + dumpId, `c${dumpId}`)));
  if (first === undefined || second === undefined) throw new Error('two entries were made');
  const data = unitsOf([t, first, tableData(7, t), second]).filter((unit) => unit.stage === 'data');
  const [early, late] = [first, second].map(({ dumpId }) => data.find((unit) => unit.dumpIds.includes(dumpId)));
  expect(late?.after).toEqual([early?.id]);
  expect(data.find((unit) => unit.dumpIds.includes(7))?.after).toEqual([]);
});
