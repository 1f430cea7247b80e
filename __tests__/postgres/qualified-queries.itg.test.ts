import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { findObjections } from '../../src/checks/privilege-checks.js';
import { beginUnit, createJournal, readJournal, recordUnit } from '../../src/engine/journal.js';
import { RestoreLock } from '../../src/engine/restore-lock.js';
import { analyzeTables } from '../../src/postgres/analyze.js';
import { foreignObjects } from '../../src/postgres/contents.js';
import { readServerFacts } from '../../src/postgres/server-facts.js';
import type { PsqlSession } from '../../src/postgres/session.js';
import { Sessions } from '../../src/postgres/sessions.js';
import { estimateArchiveBytes, readRelations } from '../../src/postgres/source-catalog.js';
import { findUnreadable } from '../../src/postgres/unreadable.js';
import {
  countRows,
  readAttached,
  readConstraints,
  readIndexes,
  readLargeObjects,
  readObjects,
  readSequences,
  tablesWithRows,
} from '../../src/verify/target-state.js';
import { PROJECT_DIRECTORY } from '../../testbed/places.js';
import { HEADER } from '../engine/journal-header.js';
import { createDatabase, dropDatabase } from '../helpers/databases.js';
import { sessionOptionsFor, sessionsOn, toolboxOnPath } from '../helpers/sessions.js';
import { sharedPostgres } from '../helpers/shared-servers.js';
import { entry } from '../plan/toc-entries.js';
import { unit } from '../plan/units.js';

/** A second net: what would our queries run if the search_path were not empty? */

const server = sharedPostgres();
const PATH = "SELECT pg_catalog.set_config('search_path', 'shadow, pg_catalog', false);";
class ShadowedSessions extends Sessions {
  override async open(): Promise<PsqlSession> {
    const session = await super.open();
    await session.run(PATH);
    return session;
  }
}

let shadow: string;

beforeAll(async () => {
  shadow = await readFile(join(PROJECT_DIRECTORY, '__tests__/fixtures/sql/shadow-schema.sql'), 'utf8');
});

describe('a session in which functions, types and catalogs of the same names come first', () => {
  let database: string;
  let sessions: Sessions;

  beforeAll(async () => {
    const sql = `${shadow}
      -- Operators are not named by their schema: they are what the empty path is for.
      DO $$ DECLARE f text; BEGIN
        FOR f IN SELECT oid::regprocedure::text FROM pg_proc WHERE pronamespace = 'shadow'::regnamespace AND proname ~ '^operator_'
        LOOP EXECUTE 'DROP FUNCTION ' || f || ' CASCADE'; END LOOP; END $$;
      CREATE TABLE public.large AS SELECT i AS id, repeat(md5(i::text), 8) AS pad FROM generate_series(1, 40000) i;
      ALTER TABLE public.large ADD PRIMARY KEY (id), ADD CHECK (id > 0);
      CREATE SEQUENCE public.numbers;`;
    database = await createDatabase(server, { sql });
    sessions = new ShadowedSessions(await toolboxOnPath(), sessionOptionsFor(server, database));
  });

  afterEach(async () => {
    const marked = await server.psql(database, 'SELECT is_called FROM shadow.marks');
    await server.psql(database, "SELECT setval('shadow.marks', 1, false)");
    expect(marked).toBe('f');
  });

  afterAll(() => dropDatabase(server, database));

  const queries: Record<string, (session: PsqlSession) => Promise<unknown>> = {
    readServerFacts,
    readRelations,
    findUnreadable: (session) => findUnreadable(session, { onlyVisibleRows: false, largeObjects: true }),
    estimateArchiveBytes: async (session) => estimateArchiveBytes(session, await readRelations(session)),
    readIndexes,
    readConstraints,
    readObjects,
    readAttached,
    readLargeObjects,
    tablesWithRows: (session) => tablesWithRows(session, ['public.large']),
    foreignObjects: (session) => foreignObjects(session, 5),
    readSequences: (session) => readSequences(session, ['public.numbers']),
    countRows: (session) => countRows(session, 'public.large'),
    findObjections: async (session) => {
      const facts = { ...(await readServerFacts(session)), isSuperuser: false };
      const entries = [
        entry(1, 'EXTENSION', 'hstore'),
        entry(2, 'EVENT TRIGGER', 'e'),
        entry(3, 'FUNCTION', 'f()', { definition: 'CREATE FUNCTION app.f() RETURNS integer\n LEAKPROOF\n AS' }),
        entry(4, 'POLICY', 't p', { definition: 'CREATE POLICY p ON app.t TO nobody_here USING (true);' }),
      ];
      await findObjections(session, entries, facts, { onlyReads: true });
      return findObjections(session, entries, facts);
    },
    RestoreLock: async (session) => {
      const lock = new RestoreLock(session, 'phaselift restore app');
      await lock.acquire(new AbortController().signal, () => undefined);
      await lock.terminateOwn();
      lock.release();
    },
  };

  test.each(Object.keys(queries))('names that come first are not run by %s', async (name) => {
    await sessions.use((session) => queries[name]?.(session) ?? Promise.reject(new Error(name)));
  });

  test('names that come first are not run by ANALYZE', async () => {
    expect(await analyzeTables(sessions, 2, new AbortController().signal)).toMatchObject({ leftOut: [] });
  });

  test('names that come first are not run by making and reading the journal', async () => {
    await sessions.use(async (session) => {
      await createJournal(session, HEADER, [unit('a')]);
      expect((await readJournal(session, database))?.header).toMatchObject(HEADER);
    });
  });
});

test('a unit that leaves another search_path behind is committed by PostgreSQL’s operators', async () => {
  const database = await createDatabase(server, { sql: shadow });
  const sessions = await sessionsOn(server, database, { purpose: 'apply' });
  await sessions.use(async (session) => {
    await createJournal(session, HEADER, [unit('a'), unit('b')]);
    for (const one of [unit('a'), unit('b')]) {
      expect(await beginUnit(session, one)).toBe(true);
      await session.run(PATH);
      await recordUnit(session, one, { rows: 1, bytes: 1, seconds: 1 });
      await session.run(`COMMIT;\n${PATH}`);
    }
    expect(await beginUnit(session, unit('b'))).toBe(false);
  });
  expect(await server.psql(database, 'SELECT is_called FROM shadow.marks')).toBe('f');
  await dropDatabase(server, database);
});
