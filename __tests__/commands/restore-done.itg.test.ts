import { setTimeout as sleep } from 'node:timers/promises';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { waitForLine, type ActionResult } from '../helpers/run-action.js';
import { childrenOf, expectFailure } from './backup-runs.js';
import { runs, useGatedRuns } from './gated-runs.js';
import { GATES } from './restore-gates.js';
import { succeeded, type Inputs } from './restore-runs.js';
import { stopRestore } from './stopped-restore.js';
import { deepTest, few } from '../helpers/depth.js';

/** Restores that an earlier run has done to its last COMMIT: what is there is compared, and nothing is done again. */

useGatedRuns();

function expectFoundDone(result: ActionResult): void {
  expect(result.outputs).toMatchObject({ 'backup-name': 'one', resumed: 'true', finished: 'true', phases: '[]' });
  expect(result.stdout).toMatch(/the target holds this backup already: an earlier run has restored one/);
  expect(result.stdout).toMatch(/^ok {4}tables counted: 3 of 3$/m);
  expect(result.summary).toMatch(/An earlier run had restored all of it/);
}

/** A restore that has ended in the server, and whose action was killed before it could end; its control session is still there. */
async function killedAfterTheEnd(): Promise<{ target: string; letGo: () => void }> {
  const stopped = await stopRestore(runs, GATES.analyze);
  const [control] = (await childrenOf(stopped.handle.pid)).filter(({ name }) => name === 'psql');
  if (control === undefined) throw new Error('the action has no control session');
  // The action waits for it to end: that is the gap.
  process.kill(control.pid, 'SIGSTOP');
  await stopped.gate.release();
  const journal = "SELECT to_regnamespace('phaselift_journal') IS NULL";
  while ((await runs.server.psql(stopped.target, journal)) !== 't') await sleep(20);
  stopped.handle.kill('SIGKILL');
  expect(await stopped.handle.done).toMatchObject({ signal: 'SIGKILL' });
  return { target: stopped.target, letGo: () => process.kill(control.pid, 'SIGCONT') };
}

describe('a restore that was killed between its last COMMIT and its exit', () => {
  test('is found to be done when it is run again', async () => {
    const { target, letGo } = await killedAfterTheEnd();
    letGo();
    while ((await runs.sessionsIn(target)) !== '') await sleep(20);
    expectFoundDone(await runs.succeed(target));
    await runs.expectRestored(target);
  });

  test('is found to be done by a run that comes while its lock is still held', async () => {
    const { target, letGo } = await killedAfterTheEnd();
    const again = await runs.start(target, { verify: 'false' });
    await waitForLine(again, /another restore holds the lock of this database/);
    letGo();
    expectFoundDone(await succeeded(again));
    await runs.expectRestored(target);
  });
});

describe('a target that holds the backup', () => {
  let target: string;

  beforeAll(async () => {
    target = await runs.emptyTarget();
    await runs.succeed(target);
  });

  test.each<[string, Inputs]>(
    few(
      [0],
      [
        ['without verification', { verify: 'false' }],
        ['without checks', { 'skip-checks': 'true' }],
        ['with four sessions', { 'restore-jobs': '4', 'index-strategy': 'after-data' }],
      ],
    ),
  )('is found to hold it %s', async (_how, inputs) => {
    expectFoundDone(await runs.run(target, inputs));
  });

  deepTest('is found to hold an archive without a manifest', async () => {
    await runs.bucket.put('elsewhere/one', await runs.bucket.get(runs.archiveKey()));
    const result = await runs.succeed(target, { 's3-uri': runs.uriOf('elsewhere/one') });
    expect(result.stdout).toMatch(/the target holds this backup already/);
  });

  const ROWS = "SELECT setval('app.small_id_seq', 50)";
  test.each(
    few(
      [0, 4, 10, 11],
      [
        [
          'a row more',
          'INSERT INTO app.no_key VALUES (1)',
          'DELETE FROM app.no_key WHERE note IS NULL',
          /app\.no_key has 2,001 of 2,000 rows/,
        ],
        [
          'a row less',
          'DELETE FROM app.small WHERE id = 7',
          'INSERT INTO app.small OVERRIDING SYSTEM VALUE VALUES (7, 7)',
          /app\.small has 49 of 50 rows/,
        ],
        ['a table more', 'CREATE TABLE app.more (i int)', 'DROP TABLE app.more', /table app\.more is not of it/],
        ['an index more', 'CREATE INDEX more ON app.small (a)', 'DROP INDEX app.more', /index app\.more is not of it/],
        [
          'an index less',
          'DROP INDEX app.by_note',
          'CREATE INDEX by_note ON app.no_key (note)',
          /app\.by_note is missing/,
        ],
        [
          'a view less',
          'DROP VIEW app.view',
          'CREATE VIEW app.view AS SELECT id FROM app.big',
          /view app\.view is missing/,
        ],
        [
          'a function more',
          "CREATE FUNCTION app.spare(int) RETURNS int LANGUAGE sql AS 'SELECT 1'",
          'DROP FUNCTION app.spare(int)',
          /function app\.spare is not of it/,
        ],
        [
          'a trigger more',
          'CREATE TRIGGER more BEFORE UPDATE ON app.small FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger()',
          'DROP TRIGGER more ON app.small',
          /trigger app\.small more is not of it/,
        ],
        [
          'a foreign key more',
          'ALTER TABLE app.small ADD CONSTRAINT more FOREIGN KEY (a) REFERENCES app.small (id)',
          'ALTER TABLE app.small DROP CONSTRAINT more',
          /foreign key app\.small more is not of it/,
        ],
        [
          'a large object more',
          "SELECT lo_from_bytea(4242, 'x')",
          'SELECT lo_unlink(4242)',
          /it has 2 of 1 large object/,
        ],
        [
          'a sequence that has gone on',
          "SELECT nextval('app.small_id_seq')",
          ROWS,
          /app\.small_id_seq is at 51, not 50/,
        ],
        [
          'rows that we may not read',
          'REVOKE SELECT ON app.small FROM CURRENT_USER',
          'GRANT SELECT ON app.small TO CURRENT_USER',
          /permission denied for table small/,
        ],
        [
          'a foreign key less',
          'ALTER TABLE app.no_key DROP CONSTRAINT no_key_big_id_fkey',
          'ALTER TABLE app.no_key ADD FOREIGN KEY (big_id) REFERENCES app.big',
          /no_key_big_id_fkey is missing/,
        ],
      ],
    ),
  )('is refused with %s', async (_what, change, mend, difference) => {
    await runs.server.psql(target, change, runs.owner);
    const result = await runs.run(target);
    expectFailure(
      result,
      new RegExp(`the target database ${target} is not empty, and no restore of Phaselift explains what is in it: `),
      difference,
    );
    expect(result.outputs).toMatchObject({ resumed: 'false', phases: '[]' });
    await runs.server.psql(target, mend, runs.owner);
  });

  test('is refused to another backup, which the rows tell', async () => {
    await runs.server.psql(runs.source, 'INSERT INTO app.no_key VALUES (1)', runs.owner);
    await runs.backUp('two');
    await runs.server.psql(runs.source, 'DELETE FROM app.no_key WHERE note IS NULL', runs.owner);
    expectFailure(
      await runs.run(target, { 'backup-name': 'two' }),
      /is not empty/,
      /app\.no_key has 2,000 of 2,001 rows/,
    );
  });

  test('is found to hold it once all is mended', async () => {
    expectFoundDone(await runs.run(target));
  });
});

describe('a target that holds a part of the backup', () => {
  test('is found to hold what `only` restores, and refused to all of it', async () => {
    const target = await runs.emptyTarget();
    const only = { only: 'TABLE app.small' };
    await runs.succeed(target, only);
    expect((await runs.succeed(target, only)).stdout).toMatch(/the target holds this backup already/);
    expectFailure(await runs.run(target), /is not empty/, /table app\.big is missing/);
  });

  deepTest('is found to hold what `skip-entries` leaves, with a table whose rows are left out', async () => {
    const target = await runs.emptyTarget();
    const skip = { 'skip-entries': 'TABLE DATA app.small\nVIEW app.view' };
    await runs.succeed(target, skip);
    expect((await runs.succeed(target, skip)).stdout).toMatch(/the target holds this backup already/);
    expectFailure(await runs.run(target), /is not empty/, /view app\.view is missing/);
    await runs.server.psql(target, 'INSERT INTO app.small (a) VALUES (1)', runs.owner);
    expectFailure(await runs.run(target, skip), /is not empty/, /"app"\."small" has rows/);
  });
});

test('a target is refused where the backup does not tell how many rows it has', async () => {
  await runs.backUp('inserts', { 'dump-options': '--inserts' });
  const target = await runs.emptyTarget();
  const inputs = { 'backup-name': 'inserts' };
  await runs.succeed(target, inputs);
  const result = await runs.run(target, inputs);
  expectFailure(result, /is not empty/, /its rows cannot be compared: the backup has no row count of 3 tables/);
});
