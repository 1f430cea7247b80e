import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { buffer, text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { connectionEnv, conninfo, type Connection } from '../../src/postgres/connection.js';
import { exitMessage } from '../../src/postgres/exit-message.js';
import type { Tool, Toolbox, ToolExit } from '../../src/postgres/toolbox.js';
import { createToolbox } from '../../src/postgres/toolbox/create-toolbox.js';
import { NullLogger } from '../helpers/memory-logger.js';
import { sharedPostgres } from '../helpers/shared-servers.js';
import { processes, until } from './toolbox/processes.js';

const server = sharedPostgres();
const KEEPALIVES = conninfo({ ...server, database: '', sslMode: null, sslRootCert: null });
const id = randomUUID().slice(0, 8);
/** Names that libpq would expand or take apart if they were arguments. */
const ODD_NAMES = [`host=evil.invalid ${id}`, `o d'd "q\\ = ${id}`, `postgres://evil.invalid/${id}`];
const PLAIN = `toolbox_${id}`;

function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

let toolbox: Toolbox;

beforeAll(async () => {
  for (const name of [PLAIN, ...ODD_NAMES]) await server.psql('postgres', `CREATE DATABASE ${quoted(name)};`);
  await server.psql(PLAIN, `CREATE TABLE big AS SELECT repeat('x', 1000) AS x FROM generate_series(1, 5000);`);
  const settings = { client: 'path' as const, container: null, image: null, runtime: 'auto' as const };
  toolbox = await createToolbox(settings, { serverMajors: [], sslRootCert: null }, new NullLogger());
});

afterAll(async () => {
  await toolbox.close();
  for (const name of [PLAIN, ...ODD_NAMES])
    await server.psql('postgres', `DROP DATABASE ${quoted(name)} WITH (FORCE);`);
});

function envOf(change: Partial<Connection> = {}): Record<string, string> {
  const { host, port, user, password } = server;
  const connection: Connection = {
    host,
    port,
    user,
    password,
    database: PLAIN,
    sslMode: null,
    sslRootCert: null,
    ...change,
  };
  return connectionEnv(connection, {
    tool: 'psql',
    applicationName: `phaselift ${id}`,
    pgOptions: '-c statement_timeout=0',
  });
}

async function run(
  tool: Tool,
  args: string[],
  env: Record<string, string>,
  input = '',
): Promise<{ out: Buffer; exit: ToolExit }> {
  const started = toolbox.start(tool, { args, env, input: 'pipe' });
  started.stdin.end(input);
  return { out: await buffer(started.stdout), exit: await started.exited };
}

const PSQL = ['-XAtq', '-v', 'ON_ERROR_STOP=1', '-v', 'VERBOSITY=verbose', '-d', KEEPALIVES];

describe('the tools of this machine', () => {
  test.each([PLAIN, ...ODD_NAMES])('tools of this machine reach a database by whatever name: %s', async (database) => {
    const { out } = await run('psql', PSQL, envOf({ database }), 'SELECT current_database();');
    expect(out.toString()).toBe(`${database}\n`);
    const dump = await run('pg_dump', ['-Fc', '-d', KEEPALIVES], envOf({ database }));
    expect(dump.exit).toEqual({ code: 0, signal: null, stderr: '' });
    expect(dump.out.subarray(0, 5).toString()).toBe('PGDMP');
    expect(dump.out.includes(database)).toBe(true);
  });

  test('tools of this machine run with our name, settings and keepalives', async () => {
    const sql = `SHOW application_name; SHOW statement_timeout;`;
    expect((await run('psql', PSQL, envOf(), sql)).out.toString()).toBe(`phaselift ${id}\n0\n`);
  });

  test('tools of this machine tell in words and by code what kept them from a session', async () => {
    const said = async (env: Record<string, string>): Promise<string> => {
      const { exit } = await run('pg_dump', ['-d', KEEPALIVES], env);
      const { code, hint } = exitMessage({ tool: 'pg_dump', ...exit, side: 'source' });
      return `${code}: ${String(hint)}`;
    };
    expect(await said(envOf({ password: 'wrong' }))).toContain('CONNECTION: Check source-user and source-password');
    expect(await said(envOf({ password: null }))).toContain('CONNECTION: The server asks for a password');
    expect(await said(envOf({ database: 'nix' }))).toContain('CONNECTION: Check database');
    expect(await said(envOf({ port: 1 }))).toContain('CONNECTION: Check source-host and source-port');
    expect(await said(envOf({ host: 'nowhere.invalid' }))).toContain('CONNECTION: Check source-host');
    expect(await said(envOf({ sslMode: 'require' }))).toContain('CONNECTION: Check source-sslmode');
  });

  test('tools of this machine tell an error of the server without its values', async () => {
    const sql = `CREATE TEMP TABLE t (a text PRIMARY KEY, n int); COPY t FROM stdin;\nsecret-value\t1\nsecret-value\t2\n\\.\n`;
    const { exit } = await run('psql', PSQL, envOf(), sql);
    const said = exitMessage({ tool: 'psql', ...exit, side: 'target' });
    expect(said).toMatchObject({ code: 'SQL', sqlState: '23505' });
    expect(said.message).toMatch(
      /^psql failed \(exit 3\): 23505 unique_violation: pg_temp_\d+\.t, constraint t_pkey, COPY t, line 2$/,
    );
    const unreadable = await run('psql', PSQL, envOf(), `SELECT 'secret-value'::int;`);
    expect(exitMessage({ tool: 'psql', ...unreadable.exit, side: 'target' }).message).toBe(
      'psql failed (exit 3): 22P02 invalid_text_representation',
    );
  });

  test('tools of this machine tell that the server ended the session', async () => {
    const { exit } = await run('psql', PSQL, envOf(), 'SELECT pg_terminate_backend(pg_backend_pid());');
    expect(exitMessage({ tool: 'psql', ...exit, side: 'target' })).toMatchObject({ code: 'CONNECTION' });
  });

  test('tools of this machine show no secret to a list of processes', async () => {
    const tool = toolbox.start('psql', { args: PSQL, env: envOf(), input: 'pipe' });
    tool.stdin.write('SELECT 1;\n');
    await once(tool.stdout, 'data');
    const shown = (await processes()).flatMap(({ argv }) => argv);
    expect(shown).toContain(KEEPALIVES);
    expect(shown.filter((argument) => argument.includes(server.password))).toEqual([]);
    await tool.stop();
  });

  test('tools of this machine leave no session behind when pg_dump is stopped half-way', async () => {
    const tool = toolbox.start('pg_dump', { args: ['-Fc', '-Z0'], env: envOf(), input: 'none' });
    await once(tool.stdout, 'readable');
    const sessions = `SELECT count(*) FROM pg_stat_activity WHERE application_name = 'phaselift ${id}';`;
    expect(await server.psql('postgres', sessions)).toBe('1');
    await tool.stop();
    expect((await tool.exited).code).not.toBe(0);
    await until(async () => (await server.psql('postgres', sessions)) === '0');
  });

  test('tools of this machine read what they are given when their output is text', async () => {
    const dump = await run('pg_dump', ['-Fc', '-Z0'], envOf());
    const restore = toolbox.start('pg_restore', { args: ['-f', '-'], env: {}, input: 'pipe' });
    restore.stdin.end(dump.out);
    expect((await text(restore.stdout)).split('\n').filter((line) => line.startsWith('xxx'))).toHaveLength(5000);
  });
});
