import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { waitForLine } from '../helpers/run-action.js';
import { expectFailure } from './backup-runs.js';
import { RestoreRuns, type Inputs } from './restore-runs.js';

/** `mode: all` with a name of its own that was killed on its way, and is run again. */

let runs: RestoreRuns;

beforeAll(async () => {
  runs = await RestoreRuns.create(
    'CREATE TABLE t (id int PRIMARY KEY); INSERT INTO t SELECT generate_series(1, 100); CREATE SEQUENCE s;',
  );
});
afterAll(() => runs.close());

const WEEKLY = { GITHUB_REPOSITORY: 'me/app', GITHUB_RUN_ID: '4711' };
const all = (name: string, changes: Inputs = {}): Inputs => ({
  mode: 'all',
  'backup-name': name,
  ...runs.connection('source'),
  ...changes,
});

/** A run that was killed when its backup was complete and nothing was in its target. Returns the target. */
async function killedBetween(name: string, env: Inputs = {}): Promise<string> {
  const target = runs.missingTarget();
  const handle = await runs.start(target, all(name), env);
  await waitForLine(handle, new RegExp(`backup ${name} is complete`));
  handle.kill('SIGKILL');
  expect(await handle.done).toMatchObject({ signal: 'SIGKILL' });
  return target;
}

/** Writes into the manifest that the backup was complete so many hours ago. */
async function age(name: string, hours: number): Promise<void> {
  const key = runs.manifestKey(name);
  const time = new Date(Date.now() - hours * 3_600_000).toISOString();
  const text = (await runs.bucket.get(key)).toString();
  await runs.bucket.put(key, Buffer.from(text.replace(/"finishedAt":"[^"]*"/, `"finishedAt":"${time}"`)));
}

describe('mode all that was killed between backup and restore', () => {
  test('goes on with its backup, says so, and is done when it is run a third time', async () => {
    const target = await killedBetween('first');
    const before = await runs.bucket.get(runs.archiveKey('first'));
    const again = await runs.succeed(target, all('first'));
    expect(again.stdout).toMatch(
      /going on with the backup first, taken at 20\S+Z and complete for \d.*an earlier try of this run/,
    );
    expect(again.outputs).toMatchObject({ 'backup-name': 'first', 'row-count': '100', resumed: 'false' });
    await runs.expectRestored(target);
    const third = await runs.succeed(target, all('first'));
    expect(third.stdout).toMatch(/the target holds this backup already/);
    expect(await runs.bucket.get(runs.archiveKey('first'))).toEqual(before);

    await runs.server.psql(target, 'INSERT INTO t VALUES (0)', runs.owner);
    expectFailure(await runs.run(target, all('first')), /is not empty/, /public\.t has 101 of 100 rows/);
  });

  test('makes a new backup with `force`, and takes no other target for its own', async () => {
    const target = await killedBetween('forced');
    const before = await runs.bucket.get(runs.manifestKey('forced'));
    expectFailure(await runs.run(runs.missingTarget(), all('forced')), /backup forced of \w+ exists already/);
    await runs.succeed(target, all('forced', { force: 'true' }));
    expect(await runs.bucket.get(runs.manifestKey('forced'))).not.toEqual(before);
  });

  test('refuses a backup that is older than half a day', async () => {
    const target = await killedBetween('old');
    await age('old', 13);
    expectFailure(await runs.run(target, all('old')), /backup old of \w+ exists already/, /force: true/);
    await age('old', 11);
    await runs.succeed(target, all('old'));
  });

  test('goes on in the same run of a workflow, for two days, and in no other run', async () => {
    const target = await killedBetween('weekly', WEEKLY);
    const other = { ...WEEKLY, GITHUB_RUN_ID: '4712' };
    expectFailure(await runs.run(target, all('weekly'), other), /backup weekly of \w+ exists already/);
    expectFailure(await runs.run(target, all('weekly')), /backup weekly of \w+ exists already/);
    await age('weekly', 49);
    expectFailure(await runs.run(target, all('weekly'), WEEKLY), /backup weekly of \w+ exists already/);
    await age('weekly', 47);
    await runs.succeed(target, all('weekly'), WEEKLY);
    await runs.expectRestored(target);
  });
});

test('mode all takes no backup for its own that a run of mode backup has made', async () => {
  await runs.backUp('plain');
  const result = await runs.run(runs.missingTarget(), all('plain'));
  expectFailure(result, /backup plain of \w+ exists already/);
});
