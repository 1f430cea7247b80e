import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { expectFailure } from './backup-runs.js';
import { GATED_SOURCE, GATES, releaseAll } from './restore-gates.js';
import { RestoreRuns, type Inputs } from './restore-runs.js';
import { unfinishedRestore } from './stopped-restore.js';

let runs: RestoreRuns;

beforeAll(async () => {
  runs = await RestoreRuns.create(GATED_SOURCE);
  await runs.backUp();
});

afterEach(releaseAll);
afterAll(() => runs.close());

describe('a target that somebody changed before the verification', () => {
  let target: string;

  beforeAll(async () => {
    // All four phases are done by then.
    target = await unfinishedRestore(runs, GATES.analyze);
  });

  /** Changes the target, sees the verification fail, mends it. */
  async function found(change: string, mend: string, firstLine: RegExp, inputs: Inputs = {}): Promise<void> {
    await runs.server.psql(target, change, runs.owner);
    const result = await runs.run(target, { analyze: 'false', ...inputs });
    expectFailure(result, firstLine, /run the restore again/);
    expect(result.annotations[0]?.message).toMatch(/^the restored database differs from the backup: /);
    expect(result.outputs['resumed']).toBe('true');
    expect(result.stdout).toMatch(/^WRONG /m);
    expect(await runs.server.psql(target, "SELECT to_regclass('phaselift_journal.restore') IS NOT NULL")).toBe('t');
    await runs.server.psql(target, mend, runs.owner);
  }

  test('the verification finds an index that is missing', () =>
    found(
      'DROP INDEX app.by_note',
      'CREATE INDEX by_note ON app.no_key (note)',
      /indexes \(app\.by_note is missing\)/,
    ));

  test('the verification finds an index that is not valid', async () => {
    // As a CREATE INDEX CONCURRENTLY that broke off leaves it.
    const setValid = (valid: boolean): Promise<string> =>
      runs.server.psql(target, `UPDATE pg_index SET indisvalid = ${valid} WHERE indexrelid = 'app.by_note'::regclass`);
    await setValid(false);
    await found('SELECT 1', 'SELECT 1', /indexes \(app\.by_note is not valid\)/);
    await setValid(true);
  });

  test('the verification finds a key that is missing', () =>
    found(
      'ALTER TABLE app.small DROP CONSTRAINT small_pkey',
      'ALTER TABLE app.small ADD PRIMARY KEY (id)',
      /indexes \(app\.small_pkey is missing\); constraints \(app\.small small_pkey is missing\)/,
    ));

  test('the verification finds a constraint that is no longer validated', () =>
    found(
      `ALTER TABLE app.no_key DROP CONSTRAINT no_key_big_id_fkey,
       ADD CONSTRAINT no_key_big_id_fkey FOREIGN KEY (big_id) REFERENCES app.big NOT VALID`,
      'ALTER TABLE app.no_key VALIDATE CONSTRAINT no_key_big_id_fkey',
      /constraints \(app\.no_key no_key_big_id_fkey is not validated\)/,
    ));

  test('the verification finds a sequence with another value', () =>
    found(
      "SELECT setval('app.counter', 7)",
      "SELECT setval('app.counter', 6)",
      /sequences \(app\.counter is at 7, not 6\)/,
    ));

  test('the verification finds a sequence with the same value, but already used', () =>
    found(
      "SELECT setval('app.counter', 6, false)",
      "SELECT setval('app.counter', 6)",
      /sequences \(app\.counter is at 6 \(not handed out yet\), not 6\)/,
    ));

  test('the verification finds a sequence that is gone', () =>
    found(
      'ALTER SEQUENCE app.counter RENAME TO lost',
      'ALTER SEQUENCE app.lost RENAME TO counter',
      /sequences \(app\.counter is missing/,
    ));

  test('the verification finds a view that is gone', () =>
    found(
      'ALTER VIEW app.view RENAME TO lost_view',
      'ALTER VIEW app.lost_view RENAME TO view',
      /objects: VIEW \(app\.view is missing\)/,
    ));

  test('the verification finds a function that is gone', () =>
    found(
      'DROP FUNCTION app.spare',
      "CREATE FUNCTION app.spare() RETURNS integer LANGUAGE sql AS 'SELECT 1'",
      /objects: FUNCTION \(some are missing\)/,
    ));

  test('the verification finds a row that is gone, when `verify: full` counts', () =>
    found(
      'DELETE FROM app.no_key WHERE big_id = 7',
      "INSERT INTO app.no_key VALUES (7, repeat('n', 300))",
      /tables counted \(app\.no_key has 1,999 of 2,000 rows\)/,
      { verify: 'full' },
    ));

  test('a target that was mended lets the restore go on to its end', async () => {
    const result = await runs.succeed(target, { verify: 'full' });
    expect(result.outputs['resumed']).toBe('true');
    expect(result.stdout).toMatch(/^ok +rows loaded: 5,050 of 5,050/m);
    expect(result.stdout).toMatch(/^ok +tables counted: 3 of 3/m);
    expect(result.stdout).not.toMatch(/^WRONG/m);
    await runs.expectRestored(target);
  });
});

describe('what can be left out', () => {
  /** Autovacuum, which may come by at any time, has a count of its own. */
  const analyzedByHand = "SELECT analyze_count FROM pg_stat_all_tables WHERE relid = 'app.big'::regclass";

  test('`analyze: false` and `verify: false` leave out statistics and verification', async () => {
    const target = await runs.emptyTarget();
    const result = await runs.succeed(target, { analyze: 'false', verify: 'false' });
    expect(result.stdout).not.toMatch(/^::group::(ANALYZE|Verification)/m);
    expect(result.summary).not.toMatch(/verify|analyze/);
    expect(await runs.server.psql(target, analyzedByHand)).toBe('0');
    await runs.expectRestored(target);
  });

  test('statistics and verification are not left out by themselves', async () => {
    const target = await runs.emptyTarget();
    const result = await runs.succeed(target);
    expect(result.stdout).toMatch(/^ok +rows loaded: 5,050 of 5,050 \(each COPY was compared on its own\)$/m);
    expect(result.stdout).toMatch(/^ok +sequences: 2 of 2/m);
    expect(result.stdout).not.toMatch(/tables counted/);
    expect(await runs.server.psql(target, analyzedByHand)).toBe('1');
  });

  test('`skip-checks` leaves out the checks: what is in the target stays beside the restore', async () => {
    const target = await runs.emptyTarget('CREATE TABLE mine AS SELECT 1 AS a;');
    await runs.succeed(target, { 'skip-checks': 'true' });
    expect(await runs.server.psql(target, 'SELECT a FROM mine')).toBe('1');
    await runs.server.psql(target, 'DROP TABLE mine');
    await runs.expectRestored(target);
  });
});
