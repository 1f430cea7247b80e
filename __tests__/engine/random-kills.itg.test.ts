import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { startPostgres, type PostgresServer } from '../../testbed/postgres.js';
import { Bench } from '../../testbed/torture/bench.js';
import { KILLS } from '../../testbed/torture/fault.js';
import { differences, fingerprint } from '../../testbed/torture/fingerprint.js';
import { restoreTrial } from '../../testbed/torture/restore-trial.js';
import { SMALL_SOURCE } from '../../testbed/torture/source.js';
import { createDatabase } from '../helpers/databases.js';
import { sharedS3 } from '../helpers/shared-servers.js';

/** A few of those that `npm run torture -- --kills` runs until a thousand kills have hit (docs/reliability.md): about thirty kills are planned. */
const SEEDS = Array.from({ length: 8 }, (_, index) => index + 1);
const LEAST_HITS = 20;

let server: PostgresServer;
let bench: Bench;
let hits = 0;

beforeAll(async () => {
  // What is committed has to outlive the crash.
  server = await startPostgres({ settings: { synchronous_commit: 'on' } });
  bench = await Bench.prepare(server, sharedS3(), SMALL_SOURCE);
});
afterAll(async () => {
  await server.stop();
  await bench.close();
});

test.each([
  ['a row that was changed', "UPDATE shop.t SET line = 'other' WHERE id = 2", /rows of shop\.t/],
  ['a row that is there twice', 'INSERT INTO shop.t SELECT * FROM shop.t WHERE id = 2', /rows of shop\.t/],
  ['a sequence that has gone on', "SELECT nextval('shop.s')", /sequence shop\.s/],
  ['a large object with other contents', "SELECT lo_put(1, 0, 'y')", /large object 1/],
  ['an index that is missing', 'DROP INDEX shop.by_line', /CREATE INDEX by_line/],
  ['a journal that was left', 'CREATE SCHEMA phaselift_journal', /phaselift_journal/],
])('the comparison with the source finds %s', async (_what, change, line) => {
  const sql = `CREATE SCHEMA shop; CREATE TABLE shop.t (id int, line text); CREATE INDEX by_line ON shop.t (line);
    INSERT INTO shop.t SELECT i, 'line ' || i FROM generate_series(1, 10) i; CREATE SEQUENCE shop.s; SELECT lo_from_bytea(1, 'x');`;
  const name = await createDatabase(server, { sql });
  const before = await fingerprint(server, name);
  expect(differences(before, await fingerprint(server, name))).toEqual([]);
  await server.psql(name, change);
  expect(differences(before, await fingerprint(server, name)).join('\n')).toMatch(line);
});

describe('a restore by four workers that is killed at random moments', () => {
  test.each(SEEDS)('leaves a target identical to the source, however often it is killed (seed %i)', async (seed) => {
    const { losses, strikes } = await restoreTrial(bench, seed, KILLS, {});
    hits += strikes.length;
    expect(losses).toEqual([]);
  });

  test('was killed often enough', () => {
    expect(hits).toBeGreaterThanOrEqual(LEAST_HITS);
  });
});
