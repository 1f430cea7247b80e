import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import * as z from 'zod';
import { PhaseliftError } from '../../src/foundation/errors.js';
import { sessionOptions, type SessionPurpose } from '../../src/postgres/session-settings.js';
import type { DatabaseServer, Login } from '../../testbed/database-server.js';
import { startPostgres, type PostgresServer } from '../../testbed/postgres.js';
import { createDatabase, createRole, dropDatabase, uniqueName } from '../helpers/databases.js';
import { sessionsOn } from '../helpers/sessions.js';
import { sharedPostgres } from '../helpers/shared-servers.js';

const HOSTILE: Readonly<Record<string, string>> = {
  search_path: 'public, pg_catalog',
  statement_timeout: '1ms',
  lock_timeout: '1ms',
  idle_in_transaction_session_timeout: '1ms',
  default_transaction_read_only: 'on',
  default_transaction_isolation: 'serializable',
  array_nulls: 'off',
  row_security: 'on',
};
const OURS: Readonly<Record<string, string>> = {
  search_path: '',
  statement_timeout: '0',
  lock_timeout: '0',
  idle_in_transaction_session_timeout: '0',
  default_transaction_read_only: 'off',
  default_transaction_isolation: 'read committed',
  array_nulls: 'on',
  row_security: 'off',
};

async function settingsIn(
  server: DatabaseServer,
  database: string,
  options: { login?: Login; pgOptions?: string; purpose?: SessionPurpose } = {},
): Promise<Record<string, string>> {
  const sessions = await sessionsOn(server, database, options);
  const rows = await sessions.use((session) =>
    session.query(
      'SELECT name, setting FROM pg_catalog.pg_settings',
      z.object({ name: z.string(), setting: z.string() }),
    ),
  );
  return Object.fromEntries(rows.map(({ name, setting }) => [name, setting]));
}

describe.each([15, 18] as const)('a session on PostgreSQL %i', (version) => {
  let server: DatabaseServer;
  let own: PostgresServer | null = null;
  let database: string;
  let login: Login;

  beforeAll(async () => {
    if (version === 15) server = sharedPostgres();
    else server = own = await startPostgres({ version });
    login = await createRole(server);
    database = await createDatabase(server);
  });

  afterAll(async () => {
    if (own === null) await dropDatabase(server, database);
    await own?.stop();
  });

  test.each(['ROLE', 'DATABASE'])('a session has our settings whatever ALTER %s SET said', async (kind) => {
    const name = kind === 'ROLE' ? login.user : database;
    for (const [setting, value] of Object.entries(HOSTILE))
      await server.psql(
        'postgres',
        `ALTER ${kind} ${name} SET ${setting} = ${setting === 'search_path' ? value : `'${value}'`}`,
      );
    expect(await settingsIn(server, database, { login })).toMatchObject(OURS);
    await server.psql('postgres', `ALTER ${kind} ${name} RESET ALL`);
  });

  test('a session has our settings whatever pg-options say, and the others of pg-options', async () => {
    const said = Object.entries(HOSTILE).map(([name, value]) => `-c ${name}=${value.replaceAll(' ', '\\ ')}`);
    const pgOptions = `${said.join(' ')} --work_mem=7MB`;
    expect(await settingsIn(server, database, { pgOptions })).toMatchObject({ ...OURS, work_mem: '7168' });
  });

  test('a session that only looks refuses views and foreign tables of users', async () => {
    const look = await settingsIn(server, database);
    const apply = await settingsIn(server, database, { purpose: 'apply' });
    expect(look['restrict_nonsystem_relation_kind']).toBe('view, foreign-table');
    expect(apply).toMatchObject({ ...OURS, row_security: 'on', restrict_nonsystem_relation_kind: '' });
    await server.psql(database, 'CREATE VIEW public.v AS SELECT 1 AS one');
    const select = 'SELECT one FROM public.v';
    const applying = await sessionsOn(server, database, { purpose: 'apply' });
    expect(await applying.use((session) => session.query(select, z.unknown()))).toEqual([{ one: 1 }]);
    const looking = await sessionsOn(server, database);
    await expect(looking.use((session) => session.query(select, z.unknown()))).rejects.toThrow(
      /non-system view .* restricted/,
    );
    await server.psql(database, 'DROP VIEW public.v');
  });

  test('a session of a dry run can change nothing, whatever pg-options say', async () => {
    const pgOptions = '-c default_transaction_read_only=off';
    expect(await settingsIn(server, database, { purpose: 'read', pgOptions })).toMatchObject({
      ...OURS,
      default_transaction_read_only: 'on',
      restrict_nonsystem_relation_kind: 'view, foreign-table',
    });
    const reading = await sessionsOn(server, database, { purpose: 'read', pgOptions });
    await expect(reading.use((session) => session.run('CREATE SCHEMA made;'))).rejects.toThrow(/read-only transaction/);
  });

  test.each(['-c work_mem=7MB\\', '-c work_mem=7MB\\\\\\', '\\'])(
    'a session is not led astray by pg-options that end in a backslash: %s',
    async (pgOptions) => {
      if (pgOptions.endsWith('\\\\\\')) {
        await expect(settingsIn(server, database, { pgOptions })).rejects.toThrow(/work_mem/);
      } else {
        expect(await settingsIn(server, database, { pgOptions })).toMatchObject(OURS);
      }
    },
  );

  test.each(['-c', '--', '-f', '-D', '-v', '-c work_mem=7MB -c', 'word', '-c work_mem', '-W', '-c a=b --'])(
    'a session does not begin with pg-options that would swallow ours: %s',
    async (pgOptions) => {
      const failure = await settingsIn(server, database, { pgOptions }).catch((error: unknown) => error);
      expect(failure).toMatchObject({ code: 'CONNECTION' });
      expect(failure instanceof PhaseliftError ? failure.hint : '').toMatch(/pg-options/);
    },
  );

  test('a session of a role without any right has the same settings', async () => {
    const nobody = await createRole(server, { name: uniqueName('nobody') });
    expect(await settingsIn(server, database, { login: nobody })).toMatchObject(OURS);
  });
});

test('our session options come last, and a backslash at the end is the user’s own', () => {
  const ours = sessionOptions('', 'psql');
  expect(ours).toMatch(/^-c search_path= -c statement_timeout=0 /);
  expect(sessionOptions('-c a=b', 'psql')).toBe(`-c a=b ${ours}`);
  expect(sessionOptions('-c a=b\\', 'psql')).toBe(`-c a=b ${ours}`);
  expect(sessionOptions('-c a=b\\\\', 'psql')).toBe(`-c a=b\\\\ ${ours}`);
});
