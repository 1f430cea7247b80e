import { existsSync } from 'node:fs';
import { mkdir, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { IS_ROOT } from '../../testbed/places.js';
import { runProgram } from '../../testbed/run-program.js';
import { runActionToEnd, type ActionHandle } from '../helpers/run-action.js';
import { sharedPostgres } from '../helpers/shared-servers.js';
import { checked, childrenOf, expectFailure, processName } from './backup-runs.js';
import { sha256 } from './digests.js';
import { DirectoryRuns } from './directory-runs.js';
import { GATED_SOURCE, GATES, hold, releaseAll, waiting } from './restore-gates.js';
import { deepTest, few } from '../helpers/depth.js';

/** Takes pg_dump seconds at the highest level of compression. */
const SLOW_TABLE = `CREATE UNLOGGED TABLE slow AS
  SELECT g, md5(g::text) || md5((-g)::text) || md5((g * 7)::text) AS noise FROM generate_series(1, 400000) g;
  CREATE TABLE other AS SELECT 1 AS a;`;
const SLOWLY = { 'dump-compress': '9', 'dump-jobs': '2' };

let runs: DirectoryRuns;

beforeAll(async () => {
  runs = await DirectoryRuns.create(sharedPostgres(), SLOW_TABLE);
});
afterAll(() => runs.close());
beforeEach(() => runs.clear());
afterEach(releaseAll);

/** Waits until it is so. */
async function until(what: string, isSo: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; !(await isSo()); tries++) {
    if (tries > 6000) throw new Error(`it did not come to this: ${what}`);
    await sleep(5);
  }
}

/** The directory that pg_dump writes to, with the names of its files. */
async function partial(): Promise<{ path: string; files: string[] } | null> {
  const name = (await runs.visible()).find((entry) => entry.endsWith('.partial'));
  if (name === undefined) return null;
  return { path: runs.path(name), files: await readdir(runs.path(name)).catch(() => []) };
}

/** Starts a backup; comes back when pg_dump has begun with its tables, or (`toc`) when it is done and its files are read. */
async function started(at: 'rows' | 'toc', changes = {}): Promise<{ handle: ActionHandle; processes: number[] }> {
  const handle = await runs.start(runs.backupInputs({ ...SLOWLY, ...changes }));
  const wanted = at === 'toc' ? /^toc\.dat$/ : /^\d+\.dat/;
  await until(`pg_dump writes ${String(wanted)}`, async () => {
    const files = (await partial())?.files ?? [];
    return files.some((file) => wanted.test(file));
  });
  return { handle, processes: await descendants(handle.pid) };
}

async function descendants(pid: number): Promise<number[]> {
  const children = (await childrenOf(pid)).map((child) => child.pid);
  return [...children, ...(await Promise.all(children.map(descendants))).flat()];
}

describe('a backup that is killed', () => {
  test.each(['rows', 'toc'] as const)(
    'a backup killed at %s leaves no backup and no pg_dump, and the post step cleans up',
    async (at) => {
      const { handle, processes } = await started(at);
      if (at === 'rows') expect(await Promise.all(processes.map(processName))).toContain('pg_dump');
      handle.kill('SIGKILL');
      const main = await handle.done;
      expect(main.signal).toBe('SIGKILL');
      expect((await runs.visible()).filter((name) => !name.startsWith('.'))).toEqual([]);
      await until('pg_dump and its workers end', async () =>
        (await Promise.all(processes.map(processName))).every((name) => name === '' || name !== 'pg_dump'),
      );
      const latest = await runs.run(runs.restoreInputs(runs.newTarget(), { 'backup-name': 'latest' }));
      expectFailure(latest, /^there is no complete backup of /, /local-directory/);

      for (let times = 0; times < 2; times++) {
        const post = await runActionToEnd({ with: runs.backupInputs(), entry: 'post', state: main.state });
        expect(post).toMatchObject({ exitCode: 0, stderr: '', annotations: [] });
        expect(post.stdout).toContain(`no unfinished directory of ${runs.path('one')} is left`);
        expect(await runs.visible()).toEqual([]);
      }
      await runs.backUp();
      await runs.restore();
    },
  );

  test('a killed backup is cleaned up by the next one, after an hour without a sign of life', async () => {
    const { handle } = await started('rows');
    handle.kill('SIGKILL');
    await handle.done;
    const dead = (await partial())?.path ?? '';
    await runs.backUp({ 'backup-name': 'two' });
    expect(existsSync(dead)).toBe(true);
    const longAgo = new Date(Date.now() - 3_700_000);
    await until('pg_dump has let go', async () => {
      await utimes(dead, longAgo, longAgo);
      await sleep(300);
      return (await runs.run(runs.backupInputs({ force: 'true' }))).exitCode === 0 && !existsSync(dead);
    });
    expect(await runs.visible()).toEqual(['one', 'one.manifest.json', 'two', 'two.manifest.json']);
  });
});

describe('a backup that ends early', () => {
  test('a backup in a directory leaves nothing when the job is cancelled', async () => {
    const { handle, processes } = await started('rows');
    handle.kill('SIGINT');
    const result = await checked(handle, runs.backupInputs());
    expect(result).toMatchObject({ exitCode: 1, signal: null });
    expect(result.summary).toContain('| backup | 🚫 cancelled |');
    expect(await runs.visible()).toEqual([]);
    await until('pg_dump is gone', async () => !(await Promise.all(processes.map(processName))).includes('pg_dump'));
    const post = await runActionToEnd({ with: runs.backupInputs(), entry: 'post', state: result.state });
    expect(post.lines.filter((line) => line !== '' && !line.startsWith('::add-mask::'))).toEqual([]);
  });

  deepTest('a backup whose pg_dump is killed leaves the one that it was to replace whole', async () => {
    await runs.backUp();
    const before = await runs.contents();
    const { handle, processes } = await started('rows', { force: 'true' });
    for (const pid of processes) if ((await processName(pid)) === 'pg_dump') process.kill(pid, 'SIGKILL');
    expectFailure(await checked(handle, runs.backupInputs()), /^pg_dump failed \(killed by SIGKILL\)/);
    expect(await runs.visible()).toEqual(['one', 'one.manifest.json']);
    expect(await runs.contents()).toEqual(before);
    await runs.restore();
  });

  test('a backup leaves nothing when something else takes its name meanwhile', async () => {
    const { handle } = await started('rows');
    await mkdir(runs.path('one'));
    await writeFile(runs.path('one', 'a file'), 'of somebody else');
    const result = await checked(handle, runs.backupInputs());
    expectFailure(result, /^the backup one of .* has come to exist meanwhile/);
    expect(await runs.visible()).toEqual(['one']);
    expect(await runs.contents()).toEqual({ 'a file': sha256(Buffer.from('of somebody else')) });
  });

  test('a backup in a directory leaves nothing when the source cannot be read', async () => {
    const result = await runs.run(runs.backupInputs({ 'source-user': 'nobody', 'source-password': 'no password' }));
    expectFailure(result, /password/);
    expect(await runs.visible()).toEqual([]);
  });
});

describe('a directory that cannot be used', () => {
  test('a directory is named when a file stands in its way', async () => {
    const file = join(runs.directory, 'file');
    await writeFile(file, '');
    const below = await runs.run(runs.backupInputs({ 'local-directory': join(file, 'backups') }));
    expectFailure(
      below,
      /^cannot .*file.*: .*a file, not a directory.*\(local-directory\)/,
      /Choose another local-directory/,
    );
    const itself = await runs.run(runs.backupInputs({ 'local-directory': file }));
    expectFailure(itself, /file is a file, not a directory \(local-directory\)/, /Choose another local-directory/);
    const target = await runs.run(runs.restoreInputs(runs.newTarget(), { 'local-directory': join(file, 'backups') }));
    expectFailure(target, /^there is no backup one of |local-directory/);
  });

  test('a directory is named when a restore finds nothing there', async () => {
    const missing = join(runs.directory, 'not mounted');
    const changes = { 'local-directory': missing, 'backup-name': 'latest' };
    const result = await runs.run(runs.restoreInputs(runs.newTarget(), changes));
    expectFailure(result, /^cannot read .*not mounted: it is not there \(local-directory\)/);
    expect(existsSync(missing)).toBe(false);
  });

  const withMount = IS_ROOT ? test : test.skip;
  withMount('a directory is named when it is read-only', async () => {
    await mounted('ro', async (directory) => {
      const result = await runs.run(runs.backupInputs({ 'local-directory': directory }));
      expectFailure(
        result,
        /^cannot make .*: the file system is read-only \(local-directory\)/,
        /Choose a local-directory/,
      );
    });
  });

  withMount('a directory is named when it is full, and what was written is removed', async () => {
    await mounted('size=3m', async (directory) => {
      const result = await runs.run(runs.backupInputs({ 'local-directory': directory, 'dump-jobs': '2' }));
      expectFailure(result, /^cannot write .*one: no space is left on the device \(local-directory\)/, /Make room/);
      expect(await readdir(join(directory, runs.source))).toEqual([]);
    });
  });
});

/** Does the work with a file system of its own in memory. */
async function mounted(options: string, work: (directory: string) => Promise<void>): Promise<void> {
  const directory = join(runs.directory, 'mounted');
  await mkdir(directory);
  await runProgram('mount', ['-t', 'tmpfs', '-o', options, 'none', directory]);
  try {
    await work(directory);
  } finally {
    await runProgram('umount', [directory]);
    await rm(directory, { recursive: true });
  }
}

describe('a restore that is killed', () => {
  test.each(few([1], ['0', '6']))('a killed restore of a directory goes on (dump-compress %s)', async (compress) => {
    const gated = await DirectoryRuns.create(sharedPostgres(), GATED_SOURCE);
    try {
      await gated.backUp({ 'dump-compress': compress, 'dump-jobs': '3' });
      const target = gated.newTarget();
      await gated.server.psql('postgres', `CREATE DATABASE ${target} OWNER ${gated.owner.user} TEMPLATE template0`);
      const gate = await hold(gated.server, target, GATES.dataWithoutKey);
      const handle = await gated.start(gated.restoreInputs(target, { 'restore-jobs': '1' }));
      await waiting(gated.server, target);
      handle.kill('SIGKILL');
      await handle.done;
      await gate.release();
      // `latest` goes on with the backup that it began with, also when there is a newer one.
      await gated.backUp({ 'backup-name': 'newer' });
      const again = await gated.restore({ 'backup-name': 'latest', 'restore-jobs': '2' }, target);
      expect(again.outputs).toMatchObject({ resumed: 'true', 'backup-name': 'one' });
    } finally {
      await gated.close();
    }
  });
});
