import { expect, test } from '@jest/globals';
import { createDatabase, createRole } from '../helpers/databases.js';
import { sharedPostgres } from '../helpers/shared-servers.js';
import { backUp } from './backup-trial.js';

/** Targets whose role may write few temporary files. */

const server = sharedPostgres();
const SQL = `
  CREATE TABLE parent (id int PRIMARY KEY);
  INSERT INTO parent SELECT generate_series(1, 300000);
  CREATE TABLE child (id int, parent int CONSTRAINT child_parent REFERENCES parent);
  INSERT INTO child SELECT i, i FROM generate_series(1, 300000) i;
  CREATE INDEX child_id ON child (id);`;
const OPTIONS = '-c maintenance_work_mem=1MB -c work_mem=64kB -c max_parallel_maintenance_workers=0';

/** The error of a restore, in one text. */
async function failureOf(strategy: 'empty' | 'after-data'): Promise<string> {
  const login = await createRole(server, { attributes: 'CREATEDB' });
  const database = await createDatabase(server, { sql: SQL, owner: login });
  const trial = await backUp(server, database, login);
  await server.psql('postgres', `ALTER ROLE ${login.user} SET temp_file_limit = '1MB'`);
  const started = await trial.start({ strategy, with: { 'pg-options': OPTIONS } });
  const { exitCode, annotations } = await started.handle.done;
  expect(exitCode).toBe(1);
  return annotations.find(({ level }) => level === 'error')?.message ?? '';
}

test('a foreign key over the limit gets advice that helps, not the strategy in use', async () => {
  const message = await failureOf('empty');
  expect(message).toMatch(/^FK CONSTRAINT public\.child child_parent: .*53400/);
  expect(message).toMatch(/Checking a foreign key .* in every index-strategy.*temp_file_limit.*NOT VALID/s);
  expect(message).not.toMatch(/index-strategy: empty/);
});

test('an index built on a full table gets the advice of a strategy that builds none', async () => {
  const message = await failureOf('after-data');
  expect(message).toMatch(/^(?:INDEX|CONSTRAINT) public\..*53400/);
  expect(message).toMatch(/`index-strategy: empty`/);
});
