import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Login } from '../../testbed/database-server.js';
import { createDatabase, createRole, dropDatabase } from '../helpers/databases.js';
import type { ActionResult } from '../helpers/run-action.js';
import { sharedPostgres } from '../helpers/shared-servers.js';
import { backUp, expectSameDump, expectSuccess, type BackupTrial } from './backup-trial.js';

const server = sharedPostgres();
/** Six tables, each of whose 100 rows takes its time while it is loaded. */
const SQL = `
  CREATE FUNCTION slowly(int) RETURNS bool LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(coalesce(nullif(current_setting('trial.pause', true), ''), '0')::float8); RETURN true; END $$;
  ${[1, 2, 3, 4, 5, 6].map((n) => `CREATE TABLE t${n} (id int CHECK (slowly(id))); INSERT INTO t${n} SELECT generate_series(1, 100);`).join('\n')}
  CREATE INDEX ON t1 (id);`;

let owner: Login;
let trial: BackupTrial;
const made: string[] = [];

beforeAll(async () => {
  owner = await createRole(server, { attributes: 'CREATEDB' });
  const source = await createDatabase(server, { sql: SQL, owner });
  made.push(source);
  trial = await backUp(server, source, owner);
});
afterAll(async () => {
  for (const name of made) await dropDatabase(server, name);
});

/** One run with a limit, which ends well whether it is done or not. */
async function run(pause: number, limit: string, database?: string): Promise<{ name: string; result: ActionResult }> {
  const { name, handle } = await trial.start({
    ...(database === undefined ? {} : { database }),
    with: { 'pg-options': `-c trial.pause=${pause}`, 'time-limit': limit },
  });
  const result = await handle.done;
  expectSuccess(result);
  return { name, result };
}

describe('a restore with a time limit', () => {
  test('ends in order before it, and the next runs go on until it is done', async () => {
    const { name, result } = await run(0.03, '12s');
    made.push(name);
    expect(result.outputs['finished']).toBe('false');
    expect(Number(result.outputs['duration-seconds'])).toBeLessThan(12);
    expect(result.summary).toMatch(/Restored a part of .*: the time limit ended the run in order/);
    expect(result.stdout).toMatch(
      /^the time limit is reached: \d+ of \d+ units are finished; run the restore again to go on from here$/m,
    );
    expect(result.annotations).toEqual([]);
    let last = result;
    for (let runs = 1; last.outputs['finished'] === 'false'; runs++) {
      expect(runs).toBeLessThan(7);
      last = (await run(0.03, '12s', name)).result;
      expect(last.outputs['resumed']).toBe('true');
    }
    expect(last.outputs['finished']).toBe('true');
    await expectSameDump({ server, name: trial.database }, { server, name });
  });

  test('rolls back what is at work when the limit comes, and says that it is not done', async () => {
    const startedAt = Date.now();
    const { name, result } = await run(1, '10s');
    made.push(name);
    expect(result.outputs['finished']).toBe('false');
    expect(Date.now() - startedAt).toBeLessThan(15_000);
    expect(await server.psql(name, 'SELECT count(*) FROM t1')).toBe('0');
    const sessions = `SELECT count(*) FROM pg_stat_activity WHERE datname = '${name}' AND application_name LIKE 'phaselift%'`;
    expect(await server.psql('postgres', sessions)).toBe('0');
    const again = await run(0, '1h', name);
    expect(again.result.outputs).toMatchObject({ finished: 'true', resumed: 'true' });
    await expectSameDump({ server, name: trial.database }, { server, name });
  });
});
