import { readdir, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { BackupLine } from '../../src/report/run-report.js';
import { runProgram } from '../../testbed/run-program.js';
import { expectSuccess } from '../engine/backup-trial.js';
import { runActionToEnd, type ActionHandle, type ActionResult } from '../helpers/run-action.js';
import { sharedPostgres } from '../helpers/shared-servers.js';
import { checked, expectFailure } from './backup-runs.js';
import { DirectoryRuns } from './directory-runs.js';
import { held, holding } from './held-steps.js';
import { few } from '../helpers/depth.js';

const OLD_ROWS = 3;
let runs: DirectoryRuns;

beforeAll(async () => {
  runs = await DirectoryRuns.create(sharedPostgres(), 'CREATE TABLE kept (a int PRIMARY KEY);');
});
afterAll(() => runs.close());
beforeEach(async () => {
  await runs.clear();
  await rowsInSource(OLD_ROWS);
  await runs.backUp();
  await rowsInSource(OLD_ROWS + 1);
});

async function rowsInSource(rows: number): Promise<void> {
  await runs.server.psql(runs.source, `TRUNCATE kept; INSERT INTO kept SELECT generate_series(1, ${rows})`);
}

/** Starts a backup with `force`, held before it makes that change. */
async function heldBefore(change: RegExp, until = '', changes = {}): Promise<ActionHandle> {
  const handle = await runs.start(runs.backupInputs({ force: 'true', ...changes }), holding(change, until));
  await held(handle);
  return handle;
}

/** The steps of a publication in their order, and how many rows the backup has when a run is killed just before. */
const STEPS = {
  'the new manifest is written': [/rename .*\.tmp -> .*\.partial\/phaselift\.manifest\.json$/, OLD_ROWS],
  'the old backup is moved aside': [/rename .*\/one -> .*\.replaced$/, OLD_ROWS],
  'the new one takes its name': [/rename .*\.partial -> .*\/one$/, OLD_ROWS],
  'its manifest takes its place': [
    /rename .*\/one\/phaselift\.manifest\.json -> .*\/one\.manifest\.json$/,
    OLD_ROWS + 1,
  ],
  'the old one is condemned': [/rename .*\.replaced -> .*\.removed$/, OLD_ROWS + 1],
  'the old one is removed': [/rm .*\.removed$/, OLD_ROWS + 1],
} as const;
const stepsWithRows = Object.entries(STEPS).map(([step, [change, rows]]) => [step, change, rows] as const);

async function killedBefore(change: RegExp): Promise<ActionResult> {
  const handle = await heldBefore(change);
  handle.kill('SIGKILL');
  const result = await handle.done;
  expect(result.signal).toBe('SIGKILL');
  return result;
}

/** The one backup that a list shows is complete and has so many rows, and all of its bytes are as its manifest says. */
async function expectWhole(rows: number): Promise<void> {
  await expectListed(rows);
  expectSuccess(await runs.run({ ...storeInputs(), mode: 'verify', 'backup-name': 'one' }));
}

/** The newest backup is `one`, and has so many rows. */
async function expectRestorable(rows: number): Promise<void> {
  const target = runs.newTarget();
  const restored = await runs.run(runs.restoreInputs(target, { 'backup-name': 'latest' }));
  expectSuccess(restored);
  expect(restored.outputs).toMatchObject({ 'backup-name': 'one', 'row-count': String(rows) });
  expect((await runs.server.psql(target, 'SELECT count(*) FROM kept')).trim()).toBe(String(rows));
}

async function expectListed(rows: number): Promise<void> {
  const list = await runs.run({ ...storeInputs(), mode: 'list' });
  expectSuccess(list);
  const lines = JSON.parse(list.outputs['backups'] ?? '') as BackupLine[];
  expect(lines.filter(({ name }) => name === 'one')).toEqual([expect.objectContaining({ state: 'complete', rows })]);
}

function storeInputs(): Record<string, string> {
  return { database: runs.source, 'local-directory': runs.directory, 'pg-client': 'path' };
}

/** Makes what is hidden look as if its run had been silent for an hour. */
async function age(): Promise<void> {
  const longAgo = new Date(Date.now() - 3_700_000);
  for (const name of await runs.visible()) if (name.startsWith('.')) await utimes(runs.path(name), longAgo, longAgo);
}

describe('a backup that is to replace another, killed just before', () => {
  test.each(few([2, 3], stepsWithRows))(
    'a kill before %s leaves one backup whole, and the next clears up',
    async (_, change, rows) => {
      await killedBefore(change);
      const before = await runs.visible();
      await expectWhole(rows);
      await expectRestorable(rows);
      expect(await runs.visible()).toEqual(before);
      await runs.backUp({ 'backup-name': 'next' });
      await expectListed(rows);
      await age();
      await runs.backUp({ 'backup-name': 'next', force: 'true' });
      expect(await runs.visible()).toEqual(['next', 'next.manifest.json', 'one', 'one.manifest.json']);
      expect(await runs.contents()).not.toHaveProperty('phaselift.manifest.json');
      await expectListed(rows);
    },
  );

  test.each(few([2, 3], stepsWithRows))(
    'a kill before %s leaves what the post step clears up',
    async (_, change, rows) => {
      const { state } = await killedBefore(change);
      const post = await runActionToEnd({ with: runs.backupInputs(), entry: 'post', state });
      expect(post).toMatchObject({ exitCode: 0, stderr: '', annotations: [] });
      const left = (await runs.visible()).filter((name) => !name.endsWith('.removed'));
      expect(left).toEqual(['one', 'one.manifest.json']);
      expect(await runs.contents()).not.toHaveProperty('phaselift.manifest.json');
      await expectListed(rows);
    },
  );

  test.each(few([0], stepsWithRows.slice(2, 5)))(
    'a kill before %s lets one more backup replace it',
    async (_, change) => {
      await killedBefore(change);
      await rowsInSource(7);
      await runs.backUp({ force: 'true' });
      await expectListed(7);
      expect((await runs.visible()).filter((name) => !name.endsWith('.partial'))).toEqual(['one', 'one.manifest.json']);
    },
  );

  test('a kill before the new backup takes its name does not make the name free', async () => {
    await killedBefore(STEPS['the new one takes its name'][0]);
    expectFailure(await runs.run(runs.backupInputs()), /^the backup one of .* exists already/, /force: true/);
    await expectListed(OLD_ROWS);
  });

  test('a prune removes all of an old backup whose replacement was killed', async () => {
    await runs.backUp({ 'backup-name': 'two' });
    await killedBefore(STEPS['the new one takes its name'][0]);
    expectSuccess(await runs.run({ ...storeInputs(), mode: 'prune', 'keep-last': '1' }));
    await age();
    await runs.backUp({ 'backup-name': 'two', force: 'true' });
    expect(await runs.visible()).toEqual(['two', 'two.manifest.json']);
  });

  test('stock pg_restore reads a directory whose manifest has not yet taken its place', async () => {
    await killedBefore(STEPS['its manifest takes its place'][0]);
    expect(await readdir(runs.path('one'))).toContain('phaselift.manifest.json');
    const pgRestore = join(runs.server.programs, 'pg_restore');
    const sql = await runProgram(pgRestore, ['--format=directory', '--file=-', runs.path('one')]);
    expect(sql).toContain('COPY public.kept');
  });
});

describe('several backups of one name at once', () => {
  const LOST = /^the backup one of .* has come to exist meanwhile: /;

  /** The run fails as the loser that it is; nobody says `force: true` to it. */
  async function expectLost(handle: ActionHandle): Promise<void> {
    const result = await checked(handle, runs.backupInputs());
    expectFailure(result, LOST, /give each its own `backup-name`/);
    expect(result.stdout).not.toMatch(/force: true/);
  }

  test.each(
    few(
      [0, 2],
      [
        ['with `force`, over another', 'true', true],
        ['with `force`, where there is none', 'true', false],
        ['without `force`', 'false', false],
      ],
    ),
  )('several backups of one name at once, %s: one wins and is whole, the others fail', async (_, force, isThere) => {
    if (!isThere) await runs.clear();
    const release = runs.path('..', 'go on');
    const start = () => heldBefore(STEPS['the new manifest is written'][0], release, { force });
    const handles = await Promise.all(Array.from({ length: 5 }, start));
    await writeFile(release, '');
    const results = await Promise.all(handles.map((handle) => handle.done));
    expect(results.filter(({ exitCode }) => exitCode === 0)).toHaveLength(1);
    for (const handle of handles) if ((await handle.done).exitCode !== 0) await expectLost(handle);
    expect(await runs.visible()).toEqual(['one', 'one.manifest.json']);
    await expectWhole(OLD_ROWS + 1);
  });

  test.each(few([1], stepsWithRows.slice(0, 4)))(
    'a backup halted before %s loses against one that is through by then',
    async (_, change) => {
      const release = runs.path('..', 'go on');
      const halted = await heldBefore(change, release);
      await rowsInSource(7);
      await runs.backUp({ force: 'true' });
      await writeFile(release, '');
      await expectLost(halted);
      expect(await runs.visible()).toEqual(['one', 'one.manifest.json']);
      await expectWhole(7);
    },
  );
});
