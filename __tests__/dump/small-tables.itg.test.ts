import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { BackupRuns, expectFailure } from '../commands/backup-runs.js';
import { createDatabase, createRole, dropDatabase } from '../helpers/databases.js';
import '../helpers/run-action.js';
import { running } from '../postgres/toolbox/processes.js';
import { GatedPgDump } from './gated-pg-dump.js';
import { expectNothingLeft } from './held-readers.js';
import { expectSameAsPgDump, readerInputs } from './reader-trial.js';

let runs: BackupRuns;
const made: string[] = [];

beforeAll(async () => {
  runs = await BackupRuns.create();
});
afterAll(async () => {
  for (const name of made) await dropDatabase(runs.postgres, name);
  runs.close();
});

/** So many tables, whose names and rows look like what psql echoes before the rows of a table. */
async function databaseOf(tables: number): Promise<string> {
  const name = await createDatabase(runs.postgres, {
    sql: `DO $$ DECLARE name text; BEGIN FOR n IN 1..${tables} LOOP
      name := CASE n % 3 WHEN 0 THEN 't' WHEN 1 THEN E'--phaselift-\nt' ELSE E't\n' END || n;
      EXECUTE format('CREATE TABLE %I (a int, "b\n--phaselift-" text)', name);
      EXECUTE format('INSERT INTO %I SELECT g, %L FROM generate_series(1, %s) g', name, '--phaselift-00000000000000000000000000000000-r', n % 4);
    END LOOP; END $$`,
  });
  made.push(name);
  return name;
}

describe('a backup of small tables', () => {
  test.each(['0', '1'])('small tables are read together by many readers, with compression %s', async (compress) => {
    const database = await databaseOf(450);
    const { blocks } = await expectSameAsPgDump(runs, database, { compress });
    expect(blocks).toHaveLength(450);
  });

  test('very many small tables are read by pg_dump alone, and the backup says so', async () => {
    const database = await databaseOf(1000);
    const result = await runs.succeed(database, readerInputs({}));
    expect(result.stdout).toMatch(/^1 reader: pg_dump alone is faster for 1,000 tables of \S+ KiB on average$/m);
    expect(result.annotations).toEqual([]);
    expect(result.outputs['row-count']).toBe('1500');
  });

  test('a role that may have one connection is enough for a backup', async () => {
    const database = await databaseOf(3);
    const login = await createRole(runs.postgres, { attributes: 'IN ROLE pg_read_all_data CONNECTION LIMIT 1' });
    await runs.succeed(database, readerInputs({ login, with: { 'dump-jobs': '1' } }));
  });

  test.each(['1', '4'])('no pg_dump stays when its source cannot be looked at, with %s readers', async (readers) => {
    const database = await databaseOf(3);
    const login = await createRole(runs.postgres, { attributes: 'IN ROLE pg_read_all_data' });
    await runs.postgres.psql(database, 'REVOKE EXECUTE ON FUNCTION pg_relation_size(regclass, text) FROM PUBLIC');
    const fresh = await BackupRuns.create(runs.postgres);
    // By itself it does not end before the test does.
    const waitsAt = readers === '1' ? '*--format=custom*' : '*--snapshot=*';
    const gate = await GatedPgDump.create(runs.postgres.programs, { waitsAt });
    try {
      const inputs = readerInputs({ login, with: { 'dump-jobs': readers } });
      const result = await fresh.run(database, inputs, { env: gate.env });
      expectFailure(result, /permission denied for function pg_relation_size/);
      expect(await running('sh', gate.pgDump)).toEqual([]);
      await expectNothingLeft(fresh, database);
    } finally {
      await gate.remove();
      fresh.close();
    }
  });
});
