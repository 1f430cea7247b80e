import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { sharedS3 } from '../helpers/shared-servers.js';
import { MeddlingProxy } from '../store/meddling-proxy.js';
import { expectFailure } from './backup-runs.js';
import { GATED_SOURCE, GATES, releaseAll } from './restore-gates.js';
import { ended, RestoreRuns, succeeded } from './restore-runs.js';
import { finishRestore, stopRestore, unfinishedRestore } from './stopped-restore.js';

let runs: RestoreRuns;

beforeAll(async () => {
  runs = await RestoreRuns.create(GATED_SOURCE);
  await runs.backUp('one');
});

afterEach(releaseAll);
afterAll(() => runs.close());

test('a store that stops half-way ends the restore; when it is back, the restore goes on', async () => {
  const proxy = await MeddlingProxy.start(sharedS3().endpoint);
  const stopped = await stopRestore(runs, GATES.data, { 's3-endpoint': proxy.endpoint });
  proxy.meddler = () => ({ cutAfterBytes: 0 });
  await stopped.gate.release();
  const result = await ended(stopped.handle);
  await proxy.stop();
  expectFailure(result, /Cannot read s3:\/\/.*one\.dump/, /./);
  await finishRestore(runs, stopped);
});

test('a second restore into the same target is refused while the first is alive, which goes on', async () => {
  const stopped = await stopRestore(runs, GATES.data);
  const second = await runs.run(stopped.target);
  expectFailure(
    second,
    /another restore is at work in this database \(session \d+/,
    /Wait for it to end, or cancel it/,
  );
  await stopped.gate.release();
  const first = await succeeded(stopped.handle);
  expect(first.outputs['resumed']).toBe('false');
  await runs.expectRestored(stopped.target);
});

describe('a target with an unfinished restore', () => {
  let target: string;

  beforeAll(async () => {
    target = await unfinishedRestore(runs, GATES.data, { 'index-strategy': 'empty-keys-last' });
    await runs.backUp('two');
  });

  test('refuses another backup, and says how to go on', async () => {
    const result = await runs.run(target, { 'backup-name': 'two' });
    expectFailure(result, /holds an unfinished restore of another backup: one of db_\w+ \(s3:/, /`backup-name: one`/);
  });

  test('refuses the backup of another database', async () => {
    await runs.bucket.put('other/two.dump', await runs.bucket.get(runs.archiveKey('two')));
    await runs.bucket.put('other/two.manifest.json', await runs.bucket.get(runs.manifestKey('two')));
    const result = await runs.run(target, { database: 'other', 'backup-name': 'latest' });
    expectFailure(result, /holds an unfinished restore of another backup: one of db_/, /`backup-name: one`/);
  });

  test('by `latest` goes on with the backup that it began with, by the plan that it began with', async () => {
    const result = await runs.succeed(target, {
      'backup-name': 'latest',
      'restore-jobs': '3',
      'index-strategy': 'after-data',
    });
    expect(result.outputs).toMatchObject({ 'backup-name': 'one', resumed: 'true' });
    expect(result.stdout).toMatch(/^index strategy: empty-keys-last$/m);
    await runs.expectRestored(target);
  });
});

describe('mode all on a target with an unfinished restore', () => {
  test('goes on with it, without a new backup', async () => {
    const target = await unfinishedRestore(runs, GATES.dataWithoutKey);
    const before = await runs.bucket.keys();
    const result = await runs.succeed(target, {
      mode: 'all',
      'backup-name': 'another',
      ...runs.connection('source'),
    });
    expect(result.outputs).toMatchObject({ 'backup-name': 'one', resumed: 'true' });
    expect(result.stdout).toMatch(/unfinished restore of one: going on with it, without a new backup/);
    expect(await runs.bucket.keys()).toEqual(before);
    await runs.expectRestored(target);
  });

  test('of another database is refused, and nothing is backed up', async () => {
    const target = await unfinishedRestore(runs, GATES.data);
    const before = await runs.bucket.keys();
    const result = await runs.run(target, { mode: 'all', database: 'postgres', ...runs.connection('source') });
    expectFailure(result, /holds an unfinished restore of another (database|backup): one of db_/, /`database: db_\w+`/);
    expect(await runs.bucket.keys()).toEqual(before);
  });
});
