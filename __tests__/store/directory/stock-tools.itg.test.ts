import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { DirectoryArchive } from '../../../src/store/directory/directory-archive.js';
import { postgresPrograms } from '../../../testbed/postgres-programs.js';
import { runProgram } from '../../../testbed/run-program.js';
import { createDatabase, dropDatabase } from '../../helpers/databases.js';
import { sharedPostgres } from '../../helpers/shared-servers.js';
import { readAll } from './fixture-directory.js';

const SOURCE = join(import.meta.dirname, '..', '..', 'fixtures', 'archives', 'source.sql');
const server = sharedPostgres();
let database: string;
let root: string;

beforeAll(async () => {
  const wide = 'CREATE TABLE app.wide AS SELECT g, repeat(md5(g::text), 20) FROM generate_series(1, 2000) g;';
  database = await createDatabase(server, { sql: `${await readFile(SOURCE, 'utf8')}\n${wide}` });
  root = await mkdtemp(join(tmpdir(), 'phaselift-stock-'));
});
afterAll(async () => {
  await rm(root, { recursive: true });
  await dropDatabase(server, database);
});

/** Without the key that is drawn anew each time. */
function sql(text: string): string[] {
  return text.split('\n').filter((line) => !/^\\(un)?restrict /.test(line));
}

describe.each([
  [15, '0'],
  [15, '6'],
  [17, 'none'],
  [17, 'gzip'],
  [17, 'lz4'],
  [17, 'zstd'],
  [18, 'none'],
  [18, 'lz4:9'],
] as const)('a directory of pg_dump %i, -Z%s', (major, compress) => {
  test('a directory of pg_dump is read as an archive that pg_restore takes from stdin', async () => {
    const tools = await postgresPrograms(major);
    const path = join(root, `${major}-${compress}`);
    const env = server.environment(database);
    const args = ['--format=directory', `--compress=${compress}`, '--jobs=2', `--file=${path}`];
    await runProgram(join(tools, 'pg_dump'), args, { env });
    const archive = await DirectoryArchive.open(path, await readFile(join(path, 'toc.dat')), null);
    const input = await readAll(archive);

    const pgRestore = join(tools, 'pg_restore');
    const entries = (text: string) => text.split('\n').filter((line) => !line.startsWith(';'));
    expect(entries(await runProgram(pgRestore, ['--list'], { input }))).toEqual(
      entries(await runProgram(pgRestore, ['--list', path])),
    );
    const fromStdin = sql(await runProgram(pgRestore, ['--file=-'], { input }));
    expect(fromStdin).toEqual(sql(await runProgram(pgRestore, ['--file=-', path])));
    expect(fromStdin.length).toBeGreaterThan(2500);
  });
});
