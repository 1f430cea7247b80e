import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Login } from '../../testbed/database-server.js';
import { startPostgres, type PostgresServer } from '../../testbed/postgres.js';
import { createDatabase, createRole, quoteIdentifier } from '../helpers/databases.js';
import { backUp, expectSameDump, type BackupTrial } from './backup-trial.js';
import { few } from '../helpers/depth.js';

let server: PostgresServer;
let owner: Login;
let trial: BackupTrial;

/**
 * Forty tables that refer to each other in all directions: more foreign keys than one unit takes, so that two sessions which
 * add them at the same time would each wait for tables that the other has locked. Four of the tables are large enough to
 * get units of their own. Each table has policies, privileges, triggers, an index and statistics too, is clustered by one index and
 * replicated by another, and part of a publication. The server logs who waits longer than a moment for a lock.
 */
beforeAll(async () => {
  server = await startPostgres({ settings: { log_lock_waits: 'on', deadlock_timeout: '1ms', autovacuum: 'off' } });
  owner = await createRole(server, { attributes: 'CREATEDB' });
  const other = quoteIdentifier((await createRole(server)).user);
  const sql =
    `
    CREATE SCHEMA app;
    CREATE FUNCTION app.nothing() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
    DO $do$ BEGIN
      FOR n IN 1..40 LOOP
        EXECUTE format($f$
          CREATE TABLE app.t%1$s (id int PRIMARY KEY, a int DEFAULT 1, b int DEFAULT 2, note text);
          CREATE INDEX by_a%1$s ON app.t%1$s (a); CREATE INDEX ON app.t%1$s (b);
          CREATE UNIQUE INDEX by_id%1$s ON app.t%1$s (id);
          ALTER TABLE app.t%1$s CLUSTER ON by_a%1$s; ALTER TABLE app.t%1$s REPLICA IDENTITY USING INDEX by_id%1$s;
          CREATE STATISTICS app.s%1$s ON a, b FROM app.t%1$s;
          CREATE TRIGGER tr AFTER INSERT ON app.t%1$s EXECUTE FUNCTION app.nothing();
          CREATE POLICY p ON app.t%1$s USING (id > 0);
          ALTER TABLE app.t%1$s ENABLE ROW LEVEL SECURITY;
          GRANT SELECT ON app.t%1$s TO ${other};
          GRANT UPDATE (a) ON app.t%1$s TO ${other};
          COMMENT ON TABLE app.t%1$s IS 'of forty';
          CREATE VIEW app.v%1$s AS SELECT id FROM app.t%1$s;
          CREATE RULE r1 AS ON INSERT TO app.v%1$s DO INSTEAD INSERT INTO app.t%2$s VALUES (NEW.id);
          CREATE RULE r2 AS ON DELETE TO app.v%1$s DO INSTEAD DELETE FROM app.t%1$s;
        $f$, n, greatest(n - 1, 1));
        EXECUTE format('INSERT INTO app.t%s (id, note) SELECT i, repeat(''x'', %s) FROM generate_series(1, %s) i', n, CASE WHEN n % 10 = 3 THEN 600 ELSE 1 END, CASE WHEN n % 10 = 3 THEN 1000 ELSE 10 END);
      END LOOP;
      FOR n IN 1..40 LOOP FOR step IN 1..8 LOOP
        EXECUTE format('ALTER TABLE app.t%s ADD CONSTRAINT f%s FOREIGN KEY (a) REFERENCES app.t%s', n, step, (n + step * 11) % 40 + 1);
      END LOOP; END LOOP;
    END $do$;
    CREATE MATERIALIZED VIEW app.m1 AS SELECT count(*) FROM app.t3;
    CREATE MATERIALIZED VIEW app.m2 AS SELECT * FROM app.m1;
    CREATE PUBLICATION p FOR TABLE ` +
    Array.from({ length: 40 }, (_, at) => `app.t${at + 1}`).join(', ') +
    `;`;
  trial = await backUp(server, await createDatabase(server, { sql, owner }), owner);
});

afterAll(() => server.stop());

/** What the server has logged of sessions of restores that waited for a lock on more than the end of a file. */
async function waits(): Promise<string[]> {
  const log = await server.log();
  return log.split('\n').filter((line) => /phaselift restore.* still waiting for .*Lock on (?!extension)/.test(line));
}

describe('units that lock the same tables', () => {
  test.each(
    few([1, 3], [
      ['empty', 'now'],
      ['empty-keys-last', 'now'],
      ['after-data', 'now'],
      ['after-data', 'later'],
    ] as const),
  )(
    'units on the same tables neither deadlock nor wait with restore-jobs 4 (index-strategy %s, validate-foreign-keys %s)',
    async (strategy, validate) => {
      const before = (await waits()).length;
      const options = { 'keep-privileges': 'true', 'validate-foreign-keys': validate };
      const target = await trial.restore({ strategy, jobs: 4, with: options });
      await expectSameDump({ server, name: trial.database }, target);
      expect(target.result.lines.join('\n')).not.toMatch(/deadlock/);
      expect((await waits()).slice(before)).toEqual([]);
    },
  );

  test('a session that waits for a lock would be found in the log', async () => {
    const before = (await waits()).length;
    const holding = (seconds: number): Promise<string> =>
      server.psql(
        trial.database,
        `SET application_name = 'phaselift restore of a test'; BEGIN; LOCK TABLE app.t1; SELECT pg_sleep(${seconds}); COMMIT`,
      );
    await Promise.all([holding(1), holding(1)]);
    expect((await waits()).length).toBeGreaterThan(before);
  });
});
