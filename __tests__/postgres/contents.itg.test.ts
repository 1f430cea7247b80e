import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { foreignObjects } from '../../src/postgres/contents.js';
import type { DatabaseServer } from '../../testbed/database-server.js';
import { startPostgres, type PostgresServer } from '../../testbed/postgres.js';
import { createDatabase, createRole, dropDatabase, uniqueName } from '../helpers/databases.js';
import { sessionsOn } from '../helpers/sessions.js';
import { sharedPostgres } from '../helpers/shared-servers.js';

const role = uniqueName('grants');
/** What makes each kind, alone or with what it needs; and what it is called. */
const KINDS: readonly (readonly [sql: string, ...titles: string[]])[] = [
  ['CREATE OPERATOR public.=== (LEFTARG = int, RIGHTARG = int, FUNCTION = int4eq)', 'operator public.==='],
  ['CREATE OPERATOR FAMILY public.alone USING btree', 'operator family public.alone'],
  [
    'CREATE OPERATOR CLASS public.c FOR TYPE int USING hash AS OPERATOR 1 =, FUNCTION 1 hashint4(int)',
    'operator class public.c',
    'operator family public.c',
  ],
  ['CREATE CAST (int AS inet) WITH INOUT', 'cast (integer AS inet)'],
  ["CREATE COLLATION public.c (LOCALE = 'C')", 'collation public.c'],
  ["CREATE CONVERSION public.c FOR 'LATIN1' TO 'UTF8' FROM iso8859_1_to_utf8", 'conversion public.c'],
  ['CREATE TEXT SEARCH CONFIGURATION public.c (COPY = pg_catalog.simple)', 'text search configuration public.c'],
  ['CREATE TEXT SEARCH DICTIONARY public.d (TEMPLATE = pg_catalog.simple)', 'text search dictionary public.d'],
  ['CREATE TEXT SEARCH TEMPLATE public.t (LEXIZE = dsimple_lexize)', 'text search template public.t'],
  [
    'CREATE TEXT SEARCH PARSER public.p (START = prsd_start, GETTOKEN = prsd_nexttoken, END = prsd_end, LEXTYPES = prsd_lextype)',
    'text search parser public.p',
  ],
  [
    'CREATE FOREIGN DATA WRAPPER w; CREATE SERVER s FOREIGN DATA WRAPPER w',
    'foreign server s',
    'foreign-data wrapper w',
  ],
  ['CREATE LANGUAGE l HANDLER plpgsql_call_handler', 'language l'],
  ['CREATE ACCESS METHOD a TYPE TABLE HANDLER heap_tableam_handler', 'access method a'],
  ["CREATE SUBSCRIPTION s CONNECTION 'host=nowhere.invalid' PUBLICATION p WITH (connect = false)", 'subscription s'],
  [
    `CREATE FUNCTION public.to_sql(internal) RETURNS internal IMMUTABLE STRICT LANGUAGE internal AS 'prsd_lextype';
     CREATE TRANSFORM FOR int LANGUAGE sql (FROM SQL WITH FUNCTION public.to_sql(internal))`,
    'function public.to_sql',
    'transform for integer',
  ],
  ['CREATE TYPE public.shell', 'type public.shell'],
  ['CREATE AGGREGATE public.json_agg(int) (SFUNC = int4pl, STYPE = int)', 'function public.json_agg'],
  [
    'CREATE TABLE public.t (a int, b int); CREATE STATISTICS public.s ON a, b FROM public.t',
    'statistics object public.s',
    'table public.t',
  ],
];

describe.each([15, 17, 18] as const)('a database of PostgreSQL %i', (version) => {
  let server: DatabaseServer;
  let own: PostgresServer | null = null;
  const found = async (database: string, login?: { user: string; password: string }): Promise<string[]> => {
    const sessions = await sessionsOn(server, database, login === undefined ? {} : { login });
    return sessions.use((session) => foreignObjects(session, 99));
  };

  beforeAll(async () => {
    if (version === 15) server = sharedPostgres();
    else server = own = await startPostgres({ version });
    await server.psql('postgres', `CREATE ROLE ${role}`);
  });

  afterAll(() => own?.stop());

  test('a new database is empty, to anybody', async () => {
    const database = await createDatabase(server);
    expect(await found(database)).toEqual([]);
    expect(await found(database, await createRole(server))).toEqual([]);
    await dropDatabase(server, database);
  });

  test('a database with extensions is empty, whatever they hold', async () => {
    const sql =
      'CREATE EXTENSION hstore; CREATE EXTENSION citext; CREATE EXTENSION pg_trgm; CREATE EXTENSION postgres_fdw;';
    const database = await createDatabase(server, { sql });
    expect(await found(database)).toEqual([]);
    await dropDatabase(server, database);
  });

  test('a database with an object of any kind is not empty', async () => {
    const database = await createDatabase(server, { sql: KINDS.map(([sql]) => sql).join(';\n') });
    expect(await found(database)).toEqual(KINDS.flatMap(([, ...titles]) => titles).sort());
    await server.psql(database, 'ALTER SUBSCRIPTION s SET (slot_name = NONE); DROP SUBSCRIPTION s;');
    await dropDatabase(server, database);
  });
});
