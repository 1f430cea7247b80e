import { readFileSync } from 'node:fs';
import { cp, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { startPostgres, type PostgresServer } from '../../testbed/postgres.js';
import { runProgram } from '../../testbed/run-program.js';
import { expectSuccess } from '../engine/backup-trial.js';
import { sharedPostgres } from '../helpers/shared-servers.js';
import { expectFailure } from './backup-runs.js';
import { DirectoryRuns } from './directory-runs.js';
import { few } from '../helpers/depth.js';

const RICH = `
${readFileSync(new URL('../engine/odd-database.sql', import.meta.url), 'utf8')}
CREATE TABLE app.no_rows (a int);
CREATE TABLE app.wide AS SELECT g AS id, repeat(md5(g::text), 30) AS filler FROM generate_series(1, 3000) g;
SELECT lo_from_bytea(0, 'a small one'), lo_from_bytea(0, ''), lo_from_bytea(0, decode(repeat('00ff', 300000), 'hex'));
SELECT lo_from_bytea(4000000000, 'a high oid');
COMMENT ON LARGE OBJECT 4000000000 IS 'the high one';
`;

/** The SQL that stock tools make of a directory. */
async function stockRestore(runs: DirectoryRuns, path: string): Promise<string> {
  return runProgram(join(runs.server.programs, 'pg_restore'), ['--format=directory', '--file=-', path]);
}

function roundTrips(runs: () => DirectoryRuns, cases: readonly (readonly [string, number])[]): void {
  test.each(cases)('a directory restores the same (dump-compress %s, dump-jobs %i)', async (compress, jobs) => {
    const name = `with-${compress.replace(':', '-')}`;
    const made = await runs().backUp({ 'backup-name': name, 'dump-compress': compress, 'dump-jobs': String(jobs) });
    expect(made.outputs['backup-uri']).toBe(runs().path(name));
    expect(made.outputs['manifest-uri']).toBe(`${runs().path(name)}.manifest.json`);
    expect(Number(made.outputs['size-bytes'])).toBeGreaterThan(10_000);
    expect(await runs().visible()).toEqual(expect.arrayContaining([name, `${name}.manifest.json`]));
    expect((await stat(runs().path(name))).mode & 0o777).toBe(0o700);
    expect(await stockRestore(runs(), runs().path(name))).toContain('CREATE TABLE app.books');

    const restored = await runs().restore({ 'backup-name': name, 'restore-jobs': '2', verify: 'full' });
    expect(restored.outputs['table-count']).toBe(made.outputs['table-count']);
    expect(restored.outputs['row-count']).toBe(made.outputs['row-count']);
    expect(made.outputs['row-count']).toMatch(compress === 'lz4' ? /^$/ : /^\d{5,}$/);
  });
}

describe('a backup in a local directory, of PostgreSQL 15', () => {
  let runs: DirectoryRuns;
  beforeAll(async () => (runs = await DirectoryRuns.create(sharedPostgres(), RICH)));
  afterAll(() => runs.close());

  roundTrips(
    () => runs,
    [
      ['0', 4],
      ['6', 1],
    ],
  );

  test('a backup in a local directory is followed by its restore in `mode: all`', async () => {
    const target = runs.newTarget();
    const inputs = { ...runs.backupInputs(), ...runs.restoreInputs(target), mode: 'all', 'backup-name': 'all' };
    expectSuccess(await runs.run({ ...inputs, 'dump-jobs': '2', 'dump-compress': '3' }));
    await runs.expectRestored(target);
    expect(await runs.visible()).toEqual(expect.arrayContaining(['all', 'all.manifest.json']));
  });

  test('a backup in a local directory is replaced with `force` only', async () => {
    await runs.backUp({ 'backup-name': 'again' });
    const before = await runs.contents('again');
    const refused = await runs.run(runs.backupInputs({ 'backup-name': 'again' }));
    expectFailure(refused, /^the backup again of .* exists already: .*again$/, /force: true/);
    expect(await runs.contents('again')).toEqual(before);

    await runs.backUp({ 'backup-name': 'again', 'dump-compress': '1', force: 'true' });
    expect(Object.keys(await runs.contents('again'))).toContainEqual(expect.stringMatching(/^\d+\.dat\.gz$/));
    expect((await runs.visible()).filter((name) => name.startsWith('.'))).toEqual([]);
    await runs.restore({ 'backup-name': 'again' });
  });

  test('a backup does not push aside a directory that no manifest explains', async () => {
    await runs.backUp({ 'backup-name': 'theirs' });
    await rm(runs.path('theirs.manifest.json'));
    const refused = await runs.run(runs.backupInputs({ 'backup-name': 'theirs' }));
    expectFailure(refused, /theirs is there already, without a manifest/, /force: true/);
    await runs.backUp({ 'backup-name': 'theirs', force: 'true' });
    expect(await runs.visible()).toEqual(expect.arrayContaining(['theirs', 'theirs.manifest.json']));
  });

  test('`latest` is the newest by its time that is whole and has a manifest', async () => {
    await runs.clear();
    await runs.backUp({ 'backup-name': 'z-older' });
    await runs.backUp({ 'backup-name': 'a-newer' });
    await cp(runs.path('a-newer'), runs.path('copied'), { recursive: true });
    await cp(runs.path('a-newer'), runs.path('half'), { recursive: true });
    await rm(runs.path('half', 'toc.dat'));
    await cp(runs.path('a-newer.manifest.json'), runs.path('half.manifest.json'));
    await cp(runs.path('a-newer'), runs.path('.copied.0123456789ab.partial'), { recursive: true });
    const restored = await runs.restore({ 'backup-name': 'latest' });
    expect(restored.outputs['backup-name']).toBe('a-newer');

    const copied = await runs.run(runs.restoreInputs(runs.newTarget(), { 'backup-name': 'copied' }));
    expectFailure(copied, /copied has no manifest: it is no complete backup/, /local-directory: .*copied`/);
    const half = await runs.run(runs.restoreInputs(runs.newTarget(), { 'backup-name': 'half' }));
    expectFailure(half, /half is a half-written directory of pg_dump: toc\.dat, .* is missing/);
  });

  test('a backup in a local directory can be moved, and is restored without a warning', async () => {
    await runs.clear();
    await runs.backUp({ 'backup-name': 'here' });
    await cp(runs.path('here'), runs.path('there'), { recursive: true });
    await rename(runs.path('here.manifest.json'), runs.path('there.manifest.json'));
    await rm(runs.path('here'), { recursive: true });
    const restored = await runs.restore({ 'backup-name': 'there' });
    expect(restored.annotations.filter(({ message }) => /written again/.test(message))).toEqual([]);
  });

  test.each(few([1], ['0', '6']))(
    'a backup in a directory is listed, verified, pruned (dump-compress %s)',
    async (compress) => {
      await runs.clear();
      for (const name of ['first', 'second']) await runs.backUp({ 'backup-name': name, 'dump-compress': compress });
      const inputs = { database: runs.source, 'local-directory': runs.directory, 'pg-client': 'path' };
      const listed = await runs.run({ ...inputs, mode: 'list' });
      expectSuccess(listed);
      expect(JSON.parse(listed.outputs['backups'] ?? '')).toMatchObject([
        { name: 'second', state: 'complete' },
        { name: 'first', state: 'complete' },
      ]);
      expectSuccess(await runs.run({ ...inputs, mode: 'verify', 'backup-name': 'first' }));
      expectSuccess(await runs.run({ ...inputs, mode: 'prune', 'keep-last': '1' }));
      expect(await runs.visible()).toEqual(['second', 'second.manifest.json']);
    },
  );

  describe('that pg_dump alone has made', () => {
    test.each(few([1], ['0', '6']))('a directory of pg_dump alone is a place to restore from (-Z%s)', async (level) => {
      const path = runs.path(`by-hand-${level}`);
      const env = runs.server.environment(runs.source, runs.owner);
      const pgDump = join(runs.server.programs, 'pg_dump');
      await runProgram(pgDump, ['-Fd', `-Z${level}`, '-j2', '-f', path], { env });
      // Which indexes were not valid in the source is in manifests only.
      const changes = { 'local-directory': path, 'backup-name': 'latest', 'restore-jobs': '2', verify: 'false' };
      const restored = await runs.restore(changes);
      expect(restored.stdout).toContain(`${path} has no manifest: reading it once to map it`);

      const backup = await runs.run(runs.backupInputs({ 'local-directory': path, force: 'true' }));
      expectFailure(backup, /is itself an archive of pg_dump, no place for backups/, /directory of its own/);
      await rm(join(path, 'toc.dat'));
      const half = await runs.run(runs.restoreInputs(runs.newTarget(), { 'local-directory': path }));
      expectFailure(half, /is a half-written directory of pg_dump: toc\.dat, .* is missing/);
    });

    test('a directory of pg_dump alone is restored with a manifest where it is one of ours', async () => {
      await runs.backUp({ 'backup-name': 'ours' });
      const restored = await runs.restore({ 'local-directory': runs.path('ours') });
      expect(restored.stdout).not.toContain('has no manifest');
    });
  });
});

describe('a backup in a local directory, of PostgreSQL 17', () => {
  let server: PostgresServer;
  let runs: DirectoryRuns;
  beforeAll(async () => {
    server = await startPostgres({ version: 17 });
    runs = await DirectoryRuns.create(server, RICH);
  });
  afterAll(() => server.stop());

  roundTrips(
    () => runs,
    [
      ['0', 1],
      ['gzip', 4],
      ['lz4', 4],
      ['zstd', 1],
    ],
  );

  test('a backup in a local directory is restored when its files were compressed by hand', async () => {
    await runs.backUp({ 'backup-name': 'by-hand' });
    const path = runs.path('by-hand');
    const files = (await readdir(path)).filter((name) => name.endsWith('.dat') && name !== 'toc.dat');
    await runProgram('gzip', files.map((name) => join(path, name)).slice(1));
    await runs.restore({ 'backup-name': 'by-hand' });
  });

  test.each([
    ['gzip', 'none'],
    ['lz4', 'lz4'],
    ['zstd', 'none'],
  ])('a manifest says how its directory was dumped (%s), and how it is read (%s)', async (compress, algorithm) => {
    const manifest: unknown = JSON.parse(await readFile(runs.path(`with-${compress}.manifest.json`), 'utf8'));
    expect(manifest).toMatchObject({ archive: { compression: { algorithm } }, source: { options: { compress } } });
  });
});
