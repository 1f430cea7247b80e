import { beforeAll, describe, expect, test } from '@jest/globals';
import type { Login } from '../../testbed/database-server.js';
import { createDatabase, createRole, quoteIdentifier } from '../helpers/databases.js';
import { sharedPostgres } from '../helpers/shared-servers.js';
import { backUp, expectSameDump, type BackupTrial } from './backup-trial.js';

const server = sharedPostgres();
let owner: Login;
let trial: BackupTrial;

/**
 * Forty tables that refer to each other in all directions: more foreign keys than one unit takes, so that two sessions which
 * add them at the same time would each wait for tables that the other has locked. Four of the tables are large enough to
 * get units of their own. Each table has policies, privileges, triggers, an index and statistics too.
 */
beforeAll(async () => {
  owner = await createRole(server, { attributes: 'CREATEDB' });
  const other = quoteIdentifier((await createRole(server)).user);
  const sql = `
    CREATE SCHEMA app;
    CREATE FUNCTION app.nothing() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
    DO $do$ BEGIN
      FOR n IN 1..40 LOOP
        EXECUTE format($f$
          CREATE TABLE app.t%1$s (id int PRIMARY KEY, a int DEFAULT 1, b int DEFAULT 2, note text);
          CREATE INDEX ON app.t%1$s (a); CREATE INDEX ON app.t%1$s (b);
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
    END $do$;`;
  trial = await backUp(server, await createDatabase(server, { sql, owner }), owner);
});

describe('units that lock the same tables', () => {
  test.each(['empty', 'empty-keys-last', 'after-data'] as const)(
    'units on the same tables do not deadlock with restore-jobs 4 (index-strategy %s)',
    async (strategy) => {
      const target = await trial.restore({ strategy, jobs: 4, with: { 'keep-privileges': 'true' } });
      await expectSameDump({ server, name: trial.database }, target);
      expect(target.result.lines.join('\n')).not.toMatch(/deadlock/);
    },
  );
});
