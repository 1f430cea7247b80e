import { beforeAll, describe, expect, test } from '@jest/globals';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Login } from '../../testbed/database-server.js';
import { PROJECT_DIRECTORY } from '../../testbed/places.js';
import { createDatabase, createRole } from '../helpers/databases.js';
import { sharedPostgres } from '../helpers/shared-servers.js';
import { backUp, expectSameDump, type BackupTrial, type RestoredDatabase, type RestoreOptions } from './backup-trial.js';

const server = sharedPostgres();
let owner: Login;
let trial: BackupTrial;

beforeAll(async () => {
  owner = await createRole(server, { attributes: 'CREATEDB' });
  const sql = await readFile(join(PROJECT_DIRECTORY, '__tests__/engine/odd-database.sql'), 'utf8');
  trial = await backUp(server, await createDatabase(server, { sql, owner }), owner);
});

/** One restore by each combination is enough for all tests. */
const restored = new Map<string, Promise<RestoredDatabase>>();
function restoredBy(strategy: RestoreOptions['strategy'] & string, jobs: number): Promise<RestoredDatabase> {
  const key = `${strategy} ${jobs}`;
  const target = restored.get(key) ?? trial.restore({ strategy, jobs, with: { verify: 'full' } });
  restored.set(key, target);
  return target;
}

async function inTarget(sql: string): Promise<string> {
  return server.psql((await restoredBy('empty', 1)).name, sql);
}

describe('a database with one of everything, restored by its plain owner', () => {
  test.each([
    ['empty', 1],
    ['empty', 3],
    ['empty-keys-last', 1],
    ['empty-keys-last', 3],
    ['after-data', 1],
    ['after-data', 3],
  ] as const)('is the same with index-strategy %s and restore-jobs %i', async (strategy, jobs) => {
    const target = await restoredBy(strategy, jobs);
    await expectSameDump({ server, name: trial.database }, target);
    expect(await server.psql(target.name, 'SELECT nspname FROM pg_namespace WHERE nspname ~ \'phaselift\'')).toBe('');
  });
});
