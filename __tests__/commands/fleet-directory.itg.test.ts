import { randomUUID } from 'node:crypto';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { BackupLine, StatusLine } from '../../src/report/run-report.js';
import { createDatabase, dropDatabase } from '../helpers/databases.js';
import { runAction, type ActionResult } from '../helpers/run-action.js';
import { sharedPostgres } from '../helpers/shared-servers.js';
import { checked, expectFailure, type Inputs } from './backup-runs.js';

/** Many databases on a real server, and their backups in a directory. */

const tag = `local${randomUUID().slice(0, 6)}`;
const [SHOP, BILLING, NEW] = [`${tag}_shop`, `${tag}_billing`, `${tag}_new`];
const MEANT = { databases: `${tag}*` };

const postgres = sharedPostgres();
let root: string;
let config: string;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'phaselift-fleet-'));
  for (const name of [SHOP, BILLING, NEW])
    await createDatabase(postgres, { name, sql: 'CREATE TABLE t AS SELECT generate_series(1, 100) AS id;' });
  config = join(root, 'rules.yml');
  const place = JSON.stringify(join(root, 'backups'));
  const rules = `defaults: { local-directory: ${place}, every: 1d, max-age: 2d, keep-last: 1 }
databases:
  - { match: ${BILLING}, local-directory: ${JSON.stringify(join(root, 'elsewhere'))}, keep-last: 2 }
  - { match: '${tag}*' }
`;
  await writeFile(config, rules);
  for (const database of [SHOP, BILLING])
    for (const name of ['one', 'two']) await succeed('backup', { database, 'backup-name': name, ...source() });
});

afterAll(async () => {
  for (const name of [SHOP, BILLING, NEW]) await dropDatabase(postgres, name);
  await rm(root, { recursive: true });
});

const source = (): Inputs => ({
  'source-host': postgres.host,
  'source-port': String(postgres.port),
  'source-user': postgres.user,
  'source-password': postgres.password,
});

async function run(mode: string, changes: Inputs = {}): Promise<ActionResult> {
  const inputs = { mode, config, 'pg-client': 'path', ...changes };
  const PATH = `${postgres.programs}:${process.env['PATH'] ?? ''}`;
  return checked(await runAction({ with: inputs, env: { PATH } }), inputs);
}

async function succeed(mode: string, changes: Inputs = {}): Promise<ActionResult> {
  const result = await run(mode, changes);
  if (result.exitCode !== 0) throw new Error(`the ${mode} failed:\n${result.stdout}${result.stderr}`);
  return result;
}

const namesIn = async (...path: string[]): Promise<string[]> => (await readdir(join(root, ...path))).sort();

describe('many databases in local directories, each by its rule', () => {
  test('databases finds what is due by what is in the directories', async () => {
    const { outputs } = await succeed('databases', { ...MEANT, ...source() });
    const { include } = JSON.parse(outputs['matrix'] ?? '') as { include: Record<string, unknown>[] };
    expect(include).toEqual([expect.objectContaining({ database: NEW, newestBackup: null })]);
    expect(outputs['due-count']).toBe('1');
  });

  test('status, list and verify show each database, in the directory of its rule', async () => {
    const failed = await run('status', { ...MEANT, ...source() });
    expectFailure(failed, /^1 of 3 databases is not well:$/);
    const status = JSON.parse(failed.outputs['status'] ?? '') as StatusLine[];
    expect(status.map(({ database, state }) => [database, state])).toEqual([
      [NEW, 'missing'],
      [BILLING, 'ok'],
      [SHOP, 'ok'],
    ]);
    expect(status[1]).toMatchObject({ newestBackup: 'two', rows: 100, rowsBefore: 100, leftovers: 0 });
    expect(status[1]?.sizeBytes).toBeGreaterThan(0);
    await succeed('status', MEANT);

    const list = await succeed('list', MEANT);
    const backups = JSON.parse(list.outputs['backups'] ?? '') as BackupLine[];
    expect(backups.map(({ database, name }) => `${database ?? ''} ${name}`)).toEqual(
      [BILLING, SHOP].flatMap((database) => [`${database} two`, `${database} one`]),
    );
    const verified = await succeed('verify', MEANT);
    expect(verified.summary).toContain('**Verified backups of 2 databases: they are whole**');
  });

  test('prune keeps of each database what its rule says', async () => {
    await succeed('prune', MEANT);
    expect(await namesIn('backups', SHOP)).toEqual(['two', 'two.manifest.json']);
    expect(await namesIn('elsewhere', BILLING)).toEqual(['one', 'one.manifest.json', 'two', 'two.manifest.json']);
  });

  test('a manifest that cannot be read makes its database broken, and a directory that is gone is named', async () => {
    await writeFile(join(root, 'elsewhere', BILLING, 'one.manifest.json'), 'hello');
    const broken = await run('status', MEANT);
    expectFailure(broken, /^1 of 2 databases is not well:$/);
    expect(broken.stdout).toContain(`${BILLING} is broken: the manifest of one cannot be read`);
    await rm(join(root, 'elsewhere'), { recursive: true });
    expectFailure(await run('status', MEANT), /^1 of 2 databases is not well:$/, /is broken: .*elsewhere/);
  });
});
