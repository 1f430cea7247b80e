import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createDatabase, dropDatabase } from '../helpers/databases.js';
import type { ActionResult } from '../helpers/run-action.js';
import { BackupRuns } from './backup-runs.js';

/** Whatever is written to it fails, as on a disk that is full. */
const FULL = '/dev/full';

let runs: BackupRuns;
let database: string;

beforeAll(async () => {
  runs = await BackupRuns.create();
  database = await createDatabase(runs.postgres, { sql: 'CREATE TABLE t AS SELECT generate_series(1, 1000) AS a' });
});

afterAll(async () => {
  await dropDatabase(runs.postgres, database);
  runs.close();
});

/** A backup whose runner has no room for one of its files. */
async function backupWithFull(variable: string, name: string, changes = {}): Promise<ActionResult> {
  const handle = await runs.start(database, { 'backup-name': name, ...changes }, { env: { [variable]: FULL } });
  const result = await handle.done;
  expect(result.stderr).toBe('');
  return result;
}

function said({ annotations }: ActionResult): string[] {
  return annotations.map(({ level, message }) => `${level}: ${message.split('\n')[0] ?? ''}`);
}

test('a backup stays and succeeds though nothing can be kept for the post step', async () => {
  const result = await backupWithFull('GITHUB_STATE', 'stateless');
  expect(result.exitCode).toBe(0);
  expect(said(result)).toContainEqual(expect.stringMatching(/^warning: the post step will not know .*ENOSPC/));
  expect(result.outputs['backup-name']).toBe('stateless');
  expect(await runs.bucket.keys()).toContain(`${database}/stateless.manifest.json`);
});

test('outputs that cannot be written fail the step, in one line; the summary is there', async () => {
  const result = await backupWithFull('GITHUB_OUTPUT', 'mute');
  expect(result.exitCode).toBe(1);
  expect(said(result)).toEqual([expect.stringMatching(/^error: the outputs could not be written: ENOSPC/)]);
  expect(result.summary).toContain('mute');
});

test('outputs that cannot be written do not hide why the run has failed', async () => {
  const result = await backupWithFull('GITHUB_OUTPUT', 'mute-too', { 'source-password': 'wrong' });
  expect(result.exitCode).toBe(1);
  expect(said(result)).toContainEqual(expect.stringContaining('password authentication failed'));
  expect(result.summary).toMatch(/^## ❌ /);
});

test('a summary that cannot be written is a warning', async () => {
  const result = await backupWithFull('GITHUB_STEP_SUMMARY', 'unsummed');
  expect(result.exitCode).toBe(0);
  expect(said(result)).toEqual([expect.stringMatching(/^warning: the job summary could not be written: ENOSPC/)]);
});
