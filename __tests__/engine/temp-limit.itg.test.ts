import { expect, test } from '@jest/globals';
import type { Login } from '../../testbed/database-server.js';
import { createDatabase, createRole } from '../helpers/databases.js';
import { waitForLine } from '../helpers/run-action.js';
import { sharedPostgres } from '../helpers/shared-servers.js';
import { backUp, expectSameDump, type BackupTrial } from './backup-trial.js';
import { few } from '../helpers/depth.js';

/** Targets whose role may write few temporary files. */

const server = sharedPostgres();
const SQL = `
  CREATE TABLE parent (id int PRIMARY KEY);
  INSERT INTO parent SELECT generate_series(1, 300000);
  CREATE TABLE child (id int, parent int CONSTRAINT child_parent REFERENCES parent);
  INSERT INTO child SELECT i, i FROM generate_series(1, 300000) i;
  CREATE INDEX child_id ON child (id);
  CREATE MATERIALIZED VIEW total AS SELECT count(*) AS rows FROM child;
  CREATE MATERIALIZED VIEW few AS SELECT 1 AS one;`;
const OPTIONS = '-c maintenance_work_mem=1MB -c max_parallel_maintenance_workers=0';
const LIMIT = '1MB';

/** A backup, and the role that restores it. */
async function backedUp(): Promise<{ trial: BackupTrial; login: Login }> {
  const login = await createRole(server, { attributes: 'CREATEDB' });
  const database = await createDatabase(server, { sql: SQL, owner: login });
  return { trial: await backUp(server, database, login), login };
}

function limit({ user }: Login): Promise<string> {
  return server.psql('postgres', `ALTER ROLE ${user} SET temp_file_limit = '${LIMIT}'`);
}

test.each(few([1], ['now', 'later']))(
  'a foreign key over the limit is restored without temporary files (validate-foreign-keys %s)',
  async (validate) => {
    const { trial, login } = await backedUp();
    await limit(login);
    const target = await trial.restore({
      jobs: 2,
      with: { 'pg-options': OPTIONS, 'validate-foreign-keys': validate },
    });
    const written = `SELECT temp_bytes FROM pg_stat_database WHERE datname = '${target.name}'`;
    await server.psql('postgres', 'SELECT pg_sleep(1)'); // What a session has counted is told when it ends, and a bit later.
    expect((await server.psql('postgres', written)).trim()).toBe('0');
    const log = target.result.lines.join('\n');
    expect(log).toMatch(
      /FK CONSTRAINT public\.child child_parent is checked row by row over the index .* may write 1\d\.\d MiB: the budget .* 1 MiB/,
    );
    expect(log).toMatch(
      /MATERIALIZED VIEW DATA public\.total is refreshed last and alone, as its query reads about \d+/,
    );
    expect(log).not.toMatch(/DATA public\.few is refreshed/);
    await expectSameDump({ server, name: trial.database }, target);
    // The same key, as the server would check it by itself.
    const again = `SET maintenance_work_mem = '1MB'; ALTER TABLE child ADD CONSTRAINT again FOREIGN KEY (parent) REFERENCES parent`;
    await expect(server.psql(target.name, again, login)).rejects.toThrow(/temp_file_limit/);
  },
);

test('a foreign key that goes over a limit which the plan did not know is checked again by the index', async () => {
  const { trial, login } = await backedUp();
  const started = await trial.start({ with: { 'pg-options': OPTIONS } });
  await waitForLine(started.handle, /Phase schema/);
  await limit(login);
  const { exitCode, lines } = await started.handle.done;
  expect([exitCode, lines.filter((line) => line.includes('is done again row by row over the index'))]).toEqual([
    0,
    [
      expect.stringMatching(
        /FK CONSTRAINT public\.child child_parent: the check of a foreign key went over temp_file_limit/,
      ),
    ],
  ]);
  await expectSameDump({ server, name: trial.database }, { server, name: started.name });
});

test('an index built on a full table gets the advice of a strategy that builds none', async () => {
  const { trial, login } = await backedUp();
  await limit(login);
  const started = await trial.start({ strategy: 'after-data', with: { 'pg-options': OPTIONS } });
  const { exitCode, annotations } = await started.handle.done;
  expect(exitCode).toBe(1);
  const message = annotations.find(({ level }) => level === 'error')?.message ?? '';
  expect(message).toMatch(/^(?:INDEX|CONSTRAINT) public\..*53400/);
  expect(message).toMatch(/`index-strategy: empty`/);
});
