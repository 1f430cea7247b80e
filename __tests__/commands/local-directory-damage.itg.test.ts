import { copyFile, cp, readdir, readFile, rename, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { gunzipSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { parseHead } from '../../src/archive/head.js';
import { runProgram } from '../../testbed/run-program.js';
import { sharedPostgres } from '../helpers/shared-servers.js';
import { expectFailure } from './backup-runs.js';
import { DirectoryRuns } from './directory-runs.js';

const SOURCE = `CREATE SCHEMA app;
  CREATE TABLE app.big AS SELECT g AS id, md5(g::text) AS text FROM generate_series(1, 20000) g;
  CREATE TABLE app.small AS SELECT 1 AS a;
  SELECT lo_from_bytea(77777, 'a large object');`;

let runs: DirectoryRuns;

beforeAll(async () => {
  runs = await DirectoryRuns.create(sharedPostgres(), SOURCE);
  await runs.backUp({ 'backup-name': 'plain' });
  await runs.backUp({ 'backup-name': 'packed', 'dump-compress': '6' });
});
afterAll(() => runs.close());
beforeEach(async () => {
  for (const name of ['one', 'one.manifest.json']) await rm(runs.path(name), { recursive: true, force: true });
});

/** A copy of one of the backups, under the name that is restored. Returns the path of the file with the rows of app.big. */
async function damaged(from: 'plain' | 'packed'): Promise<string> {
  await cp(runs.path(from), runs.path('one'), { recursive: true });
  await copyFile(runs.path(`${from}.manifest.json`), runs.path('one.manifest.json'));
  const files = await readdir(runs.path('one'));
  const { entries } = parseHead(await readFile(runs.path('one', 'toc.dat')));
  const name = entries.find(({ desc, tag }) => desc === 'TABLE DATA' && tag === 'big')?.fileName ?? '';
  return runs.path('one', files.find((file) => file.startsWith(name)) ?? '');
}

/** The restore fails with that line, and no row is there. */
async function expectRefused(firstLine: RegExp, changes = {}): Promise<void> {
  const target = runs.newTarget();
  const result = await runs.run(runs.restoreInputs(target, changes));
  expectFailure(result, firstLine);
  const exists = await runs.server.psql('postgres', `SELECT 1 FROM pg_database WHERE datname = '${target}'`);
  const table = exists === '1' ? await runs.server.psql(target, `SELECT to_regclass('app.big')`) : '';
  expect(table === '' ? '0' : await runs.server.psql(target, 'SELECT count(*) FROM app.big')).toBe('0');
}

async function flipByte(path: string, at: number): Promise<void> {
  const bytes = await readFile(path);
  bytes[at] = (bytes[at] ?? 0) ^ 1;
  await writeFile(path, bytes);
}

describe.each(['plain', 'packed'] as const)('a file of a backup (%s)', (from) => {
  test('a file of a backup that was cut short is named, with its table', async () => {
    const file = await damaged(from);
    await truncate(file, 5000);
    await expectRefused(
      /^the archive is damaged: .*\.dat(\.gz)?, with TABLE DATA app\.big .*, (has 5000 bytes instead of|cannot be decompressed)/,
    );
  });

  test('a file of a backup that was changed is noticed before its rows are committed', async () => {
    const file = await damaged(from);
    await flipByte(file, 40_000);
    await expectRefused(/damaged: .*TABLE DATA app\.big/);
  });

  test('a file of a backup that is missing is named, with its table', async () => {
    await rm(await damaged(from));
    await expectRefused(/^the archive is damaged: .*\.dat, with TABLE DATA app\.big .*, is missing/);
  });

  test('a file of a backup that has other rows in it is noticed', async () => {
    const file = await damaged(from);
    const bytes = await readFile(file);
    const rows = (from === 'packed' ? gunzipSync(bytes) : bytes).toString().replace('\n7\t', '\n6\t');
    await writeFile(file, from === 'packed' ? gzipSync(rows) : rows);
    await expectRefused(/is damaged: the bytes .*TABLE DATA app\.big.* differ from the manifest's digest/);
  });
});

describe('a directory without a manifest', () => {
  test.each(['plain', 'packed'] as const)('a cut file is refused also without a manifest (%s)', async (from) => {
    const file = await damaged(from);
    await rm(runs.path('one.manifest.json'));
    const bytes = await readFile(file);
    const cut = from === 'packed' ? gzipSync(gunzipSync(bytes).subarray(0, 1000)) : bytes.subarray(0, 1000);
    await writeFile(file, cut);
    await expectRefused(/with TABLE DATA app\.big .*, does not end like the rows of a table: it was cut short/, {
      'local-directory': runs.path('one'),
    });
  });
});

describe('a directory that leads elsewhere', () => {
  test('a directory is refused when a link stands in place of a file', async () => {
    const file = await damaged('plain');
    await rename(file, runs.path('elsewhere'));
    await symlink(runs.path('elsewhere'), file);
    await expectRefused(/^the archive is damaged: .*app\.big .*, is a link or no file at all/);
    await rm(runs.path('elsewhere'));
  });

  test('a directory is refused when a pipe, which never ends, stands in place of a file', async () => {
    const file = await damaged('plain');
    await rm(file);
    await runProgram('mkfifo', [file]);
    await expectRefused(/^the archive is damaged: .*app\.big .*, is a link or no file at all/);
  });

  test.each(['../x.dat', '/etc/x.d', '..%2f.dat', '1234.toc', 'toc.dat\n'])(
    'a directory is refused when toc.dat gives a file the name %j',
    async (name) => {
      await damaged('plain');
      const toc = await readFile(runs.path('one', 'toc.dat'));
      const { entries } = parseHead(toc);
      const entry = entries.find(({ desc, tag }) => desc === 'TABLE DATA' && tag === 'big');
      const old = entry?.fileName ?? '';
      const length = Buffer.alloc(4);
      length.writeInt32LE(name.length);
      const end = entry?.end ?? 0;
      const start = end - old.length - 4;
      await writeFile(
        runs.path('one', 'toc.dat'),
        Buffer.concat([toc.subarray(0, start), length, Buffer.from(name), toc.subarray(end)]),
      );
      await expectRefused(
        /toc\.dat: the archive is damaged or was tampered with: .*app\.big .* a name that pg_dump does not give/,
      );
    },
  );

  test('a directory is refused for the name of a large object that leads elsewhere', async () => {
    await damaged('plain');
    await writeFile(runs.path('one', 'blobs.toc'), '77777 ../../x.dat\n');
    await rm(runs.path('one.manifest.json'));
    await expectRefused(/list of large objects .*blobs\.toc/, { 'local-directory': runs.path('one') });
  });
});
