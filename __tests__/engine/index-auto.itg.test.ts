import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Login } from '../../testbed/database-server.js';
import { startPostgres, type PostgresServer } from '../../testbed/postgres.js';
import { createDatabase, createRole } from '../helpers/databases.js';
import { backUp, type BackupTrial } from './backup-trial.js';

/**
 * Restores by `index-strategy: auto`, whose server refuses more temporary files than the budget has. The server is this file's own:
 * nobody else writes temporary files in it.
 */

const MIB = 1024 * 1024;
const ROWS = 200_000;
const SQL = `
  CREATE SCHEMA app;
  CREATE TABLE app.events (id bigint, visitor uuid, kind text, url text, at timestamptz, place point, words int[]);
  INSERT INTO app.events SELECT i, md5('v' || i)::uuid, (ARRAY['view', 'click'])[1 + i % 2],
    'https://shop.example/' || md5('u' || i) || '/' || md5('w' || i), now() + i * interval '1 s', point(i, -i), ARRAY[i % 97, i % 1009]
    FROM generate_series(1, ${ROWS}) i;
  ALTER TABLE app.events ADD CONSTRAINT events_pkey PRIMARY KEY (id);
  CREATE INDEX events_visitor ON app.events (visitor);
  CREATE INDEX events_kind ON app.events (kind);
  CREATE INDEX events_url ON app.events (url);
  CREATE INDEX events_lower ON app.events (lower(url));
  CREATE INDEX events_at ON app.events USING brin (at);
  CREATE INDEX events_place ON app.events USING gist (place);
  CREATE INDEX events_words ON app.events USING gin (words);
  CREATE INDEX events_hash ON app.events USING hash (visitor);
  CREATE TABLE app.parts (id int PRIMARY KEY, name text) PARTITION BY RANGE (id);
  CREATE TABLE app.parts_1 PARTITION OF app.parts FOR VALUES FROM (0) TO (1000);
  CREATE TABLE app.parts_2 PARTITION OF app.parts FOR VALUES FROM (1000) TO (2000);
  CREATE INDEX ON app.parts (name);
  INSERT INTO app.parts SELECT i, 'name ' || i FROM generate_series(1, 1999) i;
  ANALYZE;`;
/** Little memory, so that builds write temporary files. */
const OPTIONS = '-c maintenance_work_mem=2MB -c max_parallel_maintenance_workers=1';
/** Enough for every index but those of the urls: of these an entry has 100 bytes. */
const BUDGET_BYTES = 10 * MIB;

let server: PostgresServer;
let login: Login;
let trial: BackupTrial;

beforeAll(async () => {
  server = await startPostgres({ settings: { log_temp_files: '0' } });
  login = await createRole(server, { attributes: 'CREATEDB' });
  trial = await backUp(server, await createDatabase(server, { sql: SQL, owner: login }), login);
});
afterAll(() => server.stop());

/** The most bytes of temporary files that the server has at one time until `done`. */
async function mostTempBytes(done: Promise<unknown>): Promise<number> {
  let isDone = false;
  const ended = done.finally(() => (isDone = true));
  let most = 0;
  while (!isDone) {
    const sql = 'SELECT COALESCE(sum(size), 0) FROM pg_ls_tmpdir()';
    most = Math.max(most, Number(await server.psql('postgres', sql)));
    await sleep(20);
  }
  await ended;
  return most;
}

test('auto keeps to the budget that the server has for temporary files, and says of each index what and why', async () => {
  await server.psql('postgres', `ALTER ROLE ${login.user} SET temp_file_limit = '${BUDGET_BYTES / 1024}kB'`);
  const started = await trial.start({ strategy: 'auto', jobs: 3, with: { 'pg-options': OPTIONS, verify: 'full' } });
  const most = await mostTempBytes(started.handle.done);
  const { exitCode, lines, summary } = await started.handle.done;
  expect(exitCode).toBe(0);
  expect(most).toBeGreaterThan(MIB);
  expect(most).toBeLessThanOrEqual(BUDGET_BYTES);
  const said = (name: string): string => lines.find((line) => line.startsWith(`app.${name} is `)) ?? '';
  expect(said('events_url')).toMatch(/is created empty: its build may need .* and the budget is 10 MiB/);
  expect(said('events_lower')).toMatch(/is created empty: its build may need/);
  expect(said('events_place')).toMatch(/is created empty: filling a gist index/);
  for (const name of ['events_pkey', 'events_visitor', 'events_kind', 'events_hash']) {
    expect(said(name)).toMatch(/is built after the data: its build may write .* of temporary files, within the budget/);
  }
  expect(lines.join('\n')).toMatch(/its build needs no temporary files; so are \d more: .*app\.events_words/);
  expect(summary).toContain('app.events_url is created empty');
  const sql = `SELECT count(*) FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
    WHERE c.relnamespace = 'app'::regnamespace AND indisvalid`;
  expect(await server.psql(started.name, sql)).toBe(await server.psql(trial.database, sql));
});

test('what is said of tables and indexes wins over the strategy', async () => {
  await server.psql('postgres', `ALTER ROLE ${login.user} RESET temp_file_limit`);
  const { result } = await trial.restore({
    strategy: 'auto',
    with: { 'index-strategy-overrides': 'app.events=empty\nevents_url=after-data', 'pg-options': OPTIONS },
  });
  const log = result.lines.join('\n');
  expect(log).toContain(
    'app.events_url is built after the data: index-strategy-overrides says `events_url=after-data`',
  );
  expect(log).toMatch(
    /app\.events_pkey is created empty: index-strategy-overrides says `app\.events=empty`; so are \d more/,
  );
  // BRIN is not complete when it is filled, whatever is said of it.
  expect(log).toMatch(/INDEX app\.events_at is built after the data: brin/);
});

test.each([
  ['app.event_url=empty', /`app\.event_url=empty` matches no index in the backup.*did you mean `app\.events_url`/],
  ['app.events_*=empty\nevents_url=after-data', /contradict each other on INDEX app\.events_url/],
])('overrides that cannot be followed are refused before anything is done: %j', async (overrides, message) => {
  const started = await trial.start({ strategy: 'auto', with: { 'index-strategy-overrides': overrides } });
  const { exitCode, annotations } = await started.handle.done;
  expect(exitCode).toBe(1);
  expect(annotations.find(({ level }) => level === 'error')?.message).toMatch(message);
  expect(await server.psql('postgres', `SELECT count(*) FROM pg_database WHERE datname = '${started.name}'`)).toBe('0');
});
