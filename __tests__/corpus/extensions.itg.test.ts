import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { DatabaseServer } from '../../testbed/database-server.js';
import { startPostgres, type PostgresServer } from '../../testbed/postgres.js';
import { programsWithExtensions } from '../../testbed/postgres-programs.js';
import { backUp, type BackupTrial, type RestoreOptions } from '../engine/backup-trial.js';
import { createDatabase, dropDatabase } from '../helpers/databases.js';
import '../helpers/run-action.js';
import { sharedPostgres } from '../helpers/shared-servers.js';
import { expectSameContents } from './contents.js';

function sqlOf(name: string): string {
  return readFileSync(join(import.meta.dirname, 'extensions', `${name}.sql`), 'utf8');
}

/** By the superuser, as for most of these extensions only one may create them. */
async function expectMoved(trial: BackupTrial, options: RestoreOptions): Promise<string> {
  const target = await trial.restore({
    ...options,
    with: { verify: 'full', 'keep-privileges': 'true', ...options.with },
  });
  await expectSameContents({ server: trial.source, name: trial.database }, target, { fewest: 50 });
  expect(target.result.annotations.filter(({ level }) => level === 'warning')).toEqual([]);
  return target.name;
}

describe("a database that uses PostgreSQL's own extensions", () => {
  const server: DatabaseServer = sharedPostgres();
  const made: string[] = [];
  let trial: BackupTrial;

  beforeAll(async () => {
    const source = await createDatabase(server, { sql: sqlOf('contrib') });
    made.push(source);
    trial = await backUp(server, source, server, { with: { 'dump-jobs': '2', 'dump-compress': '1' } });
  });
  afterAll(async () => {
    for (const name of made) await dropDatabase(server, name);
  });

  test.each([
    ['empty', 1],
    ['after-data', 3],
  ] as const)(
    'a database with contrib extensions is the same (index-strategy %s, restore-jobs %i)',
    async (strategy, jobs) => {
      made.push(await expectMoved(trial, { strategy, jobs }));
    },
  );
});

/** Installing them takes a while and 640 MB: docs/reliability.md says who runs these. */
const others = process.env['PHASELIFT_TEST_EXTENSIONS'] === '1' ? describe : describe.skip;

others('a database that uses PostGIS, pgvector, pg_partman or pg_cron, in PostgreSQL 17', () => {
  /** pg_cron is in the one database of a server that its settings name, so its jobs move from one server to another. */
  let servers: [PostgresServer, PostgresServer];

  beforeAll(async () => {
    const startedAt = performance.now();
    const programs = await programsWithExtensions();
    process.stderr.write(`extensions: there after ${((performance.now() - startedAt) / 1000).toFixed(1)} s\n`);
    const settings = {
      shared_preload_libraries: 'pg_cron',
      'cron.database_name': 'jobs',
      'cron.launch_active_jobs': 'off',
    };
    servers = [await startPostgres({ programs, settings }), await startPostgres({ programs, settings })];
  });
  afterAll(async () => {
    for (const server of servers) await server.stop();
  });

  test.each([
    ['postgis', { 'dump-jobs': '3', 'dump-compress': 'zstd' }, 'empty', 3],
    ['vector', {}, 'empty-keys-last', 1],
    ['vector', { 'dump-compress': 'gzip' }, 'auto', 3],
    ['partman', { 'dump-jobs': '2' }, 'after-data', 3],
  ] as const)(
    'a database with %s is the same (backed up with %j, restored with %s, %i)',
    async (name, inputs, strategy, jobs) => {
      const [server] = servers;
      const source = await createDatabase(server, { sql: sqlOf(name) });
      await expectMoved(await backUp(server, source, server, { with: inputs }), { strategy, jobs });
    },
  );

  test('a database with jobs of pg_cron is the same in another server', async () => {
    const [server, target] = servers;
    const source = await createDatabase(server, { name: 'jobs', sql: sqlOf('cron') });
    await expectMoved(await backUp(server, source, server), { target, database: 'jobs' });
    expect(await target.psql('jobs', 'SELECT count(*) FROM cron.job')).toBe('2');
  });
});
