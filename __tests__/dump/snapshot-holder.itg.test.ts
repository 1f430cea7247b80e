import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { TocEntry } from '../../src/archive/types.js';
import { rowOptions } from '../../src/dump/row-options.js';
import { SnapshotHolder } from '../../src/dump/snapshot-holder.js';
import { PhaseliftError } from '../../src/foundation/errors.js';
import type { Sessions } from '../../src/postgres/sessions.js';
import { createDatabase, dropDatabase } from '../helpers/databases.js';
import { sessionsOn } from '../helpers/sessions.js';
import { sharedPostgres } from '../helpers/shared-servers.js';
import { entry } from '../plan/toc-entries.js';
import { until } from '../postgres/toolbox/processes.js';
import { otherSession } from './held-readers.js';

const server = sharedPostgres();
let database: string;
let sessions: Sessions;

beforeAll(async () => {
  database = await createDatabase(server);
  sessions = await sessionsOn(server, database);
});
afterAll(() => dropDatabase(server, database));
beforeEach(async () => {
  await server.psql(database, 'DROP TABLE IF EXISTS t; CREATE TABLE t AS SELECT 1 AS id;');
});

async function dataOfTable(): Promise<TocEntry[]> {
  const oid = await server.psql(database, "SELECT 't'::regclass::oid");
  return [entry(2, 'TABLE DATA', 't', { oid, namespace: 'public', hasData: true })];
}

/** A holder with its snapshot, for the time of the work. */
async function withHolder(work: (holder: SnapshotHolder) => Promise<void>, dumpOptions: string[] = []): Promise<void> {
  const holder = await SnapshotHolder.open(sessions, rowOptions(dumpOptions), new AbortController().signal);
  try {
    await work(holder);
  } finally {
    await holder.kill();
  }
}

describe('the holder of snapshot and locks', () => {
  test('the holder looks at tables that nobody has changed, and keeps them from being changed', async () => {
    await withHolder(async (holder) => {
      const entries = await dataOfTable();
      const oid = entries[0]?.oid ?? '';
      const tables = await holder.lock(
        entries,
        new Map([[oid, { pages: 1, sizeBytes: 8192 }]]),
        new AbortController().signal,
      );
      expect([...tables.values()]).toEqual([{ oid, pages: 1, bytes: 8192, filter: null }]);
      const truncate = server.psql(database, "SET lock_timeout = '200ms'; TRUNCATE t;");
      await expect(truncate).rejects.toThrow(/lock timeout/);
      await holder.check();
    });
  });

  test('the holder has a table of unknown size read whole', async () => {
    await withHolder(async (holder) => {
      const tables = await holder.lock(await dataOfTable(), new Map(), new AbortController().signal);
      expect([...tables.values()]).toMatchObject([{ pages: null, bytes: 0 }]);
    });
  });

  test.each([
    ['truncated', 'TRUNCATE t'],
    ['truncated and filled again', 'TRUNCATE t; INSERT INTO t VALUES (1)'],
    ['rewritten', 'ALTER TABLE t ALTER id TYPE bigint'],
    ['dropped, and made again', 'DROP TABLE t; CREATE TABLE t AS SELECT 1 AS id'],
  ])('the holder finds that a table was %s between snapshot and lock', async (_, change) => {
    await withHolder(async (holder) => {
      const entries = await dataOfTable();
      await server.psql(database, `${change};`);
      const locking = holder.lock(entries, new Map(), new AbortController().signal);
      await expect(locking).rejects.toMatchObject({ code: 'TOOL_FAILED', hint: 'Run the backup again.' });
    });
  });

  test('the holder waits for a lock no longer than until the backup is cancelled', async () => {
    const other = otherSession(server, database);
    try {
      await other.run('BEGIN; LOCK TABLE t IN ACCESS EXCLUSIVE MODE');
      await withHolder(async (holder) => {
        const cancel = new AbortController();
        const reason = new PhaseliftError('CANCELLED', 'cancelled');
        const locking = holder.lock(await dataOfTable(), new Map(), cancel.signal);
        const waiting = `SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 't'::regclass AND mode = 'AccessShareLock'`;
        await until(async () => (await server.psql(database, waiting)) === '1');
        cancel.abort(reason);
        await expect(locking).rejects.toBe(reason);
      });
    } finally {
      await other.end();
    }
  });

  test('the holder gives up on a lock after the time that dump-options allow', async () => {
    const other = otherSession(server, database);
    try {
      await other.run('BEGIN; LOCK TABLE t IN ACCESS EXCLUSIVE MODE');
      await withHolder(
        async (holder) => {
          const locking = holder.lock(await dataOfTable(), new Map(), new AbortController().signal);
          await expect(locking).rejects.toThrow(/^the tables could not be locked for the backup: .*statement timeout/);
        },
        ['--lock-wait-timeout=300'],
      );
    } finally {
      await other.end();
    }
  });

  test('the holder that somebody has ended is what every later failure is traced to', async () => {
    await withHolder(async (holder) => {
      await server.psql(
        database,
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'phaselift test'",
      );
      const cause = await holder.causeOf(new Error('a consequence'));
      expect(cause).toMatchObject({ hint: expect.stringContaining('run the backup again') });
      expect(String(cause)).toContain("the session that holds the backup's snapshot and its locks has ended");
      await expect(holder.check()).rejects.toBeInstanceOf(PhaseliftError);
    });
  });

  test('a failure that is not of the holder stays what it is', async () => {
    await withHolder(async (holder) => {
      const failure = new Error('of a reader');
      expect(await holder.causeOf(failure)).toBe(failure);
    });
  });
});
