import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Login } from '../../testbed/database-server.js';
import { PROJECT_DIRECTORY } from '../../testbed/places.js';
import { startPostgres, type PostgresServer } from '../../testbed/postgres.js';
import { runProgram } from '../../testbed/run-program.js';
import { createDatabase, createRole } from '../helpers/databases.js';

/** What the page for the person on call says to type, typed. */
describe('docs/operations.md', () => {
  let server: PostgresServer;
  let owner: Login;
  let page: string;

  beforeAll(async () => {
    page = await readFile(join(PROJECT_DIRECTORY, 'docs', 'operations.md'), 'utf8');
    server = await startPostgres();
    owner = await createRole(server, { attributes: 'CREATEDB' });
    await createDatabase(server, { name: 'app', sql: 'CREATE TABLE broken ()', owner });
    await createDatabase(server, { name: 'app_restored', sql: 'CREATE TABLE restored ()', owner });
  });
  afterAll(() => server.stop());

  /** Types the first block of SQL behind a text, each statement on its own, as a plain owner. */
  async function type(behind: string): Promise<void> {
    const block = /```sql\n(.*?)```/s.exec(page.slice(page.indexOf(behind)))?.[1] ?? '';
    const statements = block
      .replaceAll(/--.*$/gm, '')
      .split(';')
      .map((text) => text.trim());
    for (const statement of statements.filter((text) => text !== '')) await server.psql('postgres', statement, owner);
  }
  const open = (database: string) =>
    server.psql(database, `SELECT coalesce(to_regclass('broken'), to_regclass('restored'))`, owner);

  test('the page on operations has a switch-over, and a way back, that leave databases open', async () => {
    await type('### Switch over');
    expect([await open('app'), await open('app_broken')]).toEqual(['restored', 'broken']);
    await type('**A switch-over went wrong:**');
    expect([await open('app'), await open('app_restored')]).toEqual(['broken', 'restored']);
  });

  test('the page on operations has a way past extensions that the platform owns', async () => {
    expect(page).toContain('add `--no-comments`');
    await createDatabase(server, { name: 'with_extension', sql: 'CREATE EXTENSION hstore; CREATE TABLE t ()', owner });
    await createDatabase(server, { name: 'of_the_platform', owner });
    await server.psql('of_the_platform', 'CREATE EXTENSION hstore');
    const restore = /pg_restore (--no-owner .*--exit-on-error) --dbname TARGET/.exec(page)?.[1] ?? '';
    const script = `pg_dump -Fc with_extension | pg_restore ${restore} "$@" --dbname of_the_platform`;
    const env = {
      PATH: `${server.programs}:${process.env['PATH'] ?? ''}`,
      ...{ PGHOST: server.host, PGPORT: String(server.port), PGUSER: owner.user, PGPASSWORD: owner.password },
    };
    await expect(runProgram('bash', ['-c', script, 'bash'], { env })).rejects.toThrow('must be owner of extension');
    await runProgram('bash', ['-c', script, 'bash', '--no-comments'], { env });
    expect(await server.psql('of_the_platform', `SELECT to_regclass('t')`)).toBe('t');
  });
});
