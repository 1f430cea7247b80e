import { randomInt } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import * as z from 'zod';
import { messageOf, PhaseliftError } from '../foundation/errors.js';
import { plural } from '../foundation/format.js';
import type { PsqlSession } from '../postgres/session.js';
import { RESET_PATH } from '../postgres/session-settings.js';
import { literal } from '../postgres/sql.js';

/** The two halves of the advisory lock's key: `phas`, `lift` as ASCII. Advisory locks are per database. */
const LOCK_KEY = '1885890931, 1818846836';
const HEARTBEAT_MS = 5_000;
/** A holder that has not been heard of for this long is dead. */
const SILENCE_SECONDS = 30;

interface Holder {
  pid: number;
  name: string;
  /** A session at work is silent as long as its statement runs; the server ends it by itself when its client is gone. */
  idle: boolean;
  /** null when the server does not let us see it. */
  silent_seconds: number | null;
}

const holder: z.ZodType<Holder> = z.object({
  pid: z.int(),
  name: z.string(),
  idle: z.boolean(),
  silent_seconds: z.number().nullable(),
});

/**
 * Makes sure that one restore at a time works on a database: an advisory lock, held by the control session, which shows
 * that it lives by a query every five seconds. Whoever finds the lock held waits until the holder goes, falls silent
 * (then it is ended), or proves to be alive (then: TARGET_BUSY).
 *
 * The control session may be lost without the restore's other sessions noticing, and the next run has the lock at once. So
 * each transaction of the restore proves before its COMMIT that the lock is still ours: by a second advisory lock of the
 * control session, whose key nobody else knows.
 */
export class RestoreLock {
  private readonly stop = new AbortController();
  private readonly loss = new AbortController();
  /** The key that only this run has. */
  private readonly ownKey = [randomInt(2 ** 31), randomInt(2 ** 31)].join(', ');

  constructor(
    private readonly session: PsqlSession,
    /** The application_name of the sessions that work for the restore; the control session has another. */
    private readonly applicationName: string,
  ) {}

  async acquire(signal: AbortSignal, log: (line: string) => void): Promise<void> {
    const deadline = Date.now() + (SILENCE_SECONDS + 15) * 1000;
    for (let told = false; !(await this.tryLock()); told = true) {
      const [holder] = await this.holders();
      if (holder !== undefined) {
        if (!told)
          log(`another restore holds the lock of this database (session ${holder.pid}); looking whether it is alive`);
        if (holder.idle && (holder.silent_seconds ?? 0) > SILENCE_SECONDS) await this.terminate([holder.pid]);
        else if (Date.now() > deadline || (told && this.provesAlive(holder))) throw busy(holder);
      }
      await sleep(1000, undefined, { signal });
    }
    await this.session.run(`SELECT pg_catalog.pg_advisory_lock(${this.ownKey});`);
    await this.endLeftovers(signal, log);
    this.beat().catch((error: unknown) => {
      if (!this.stop.signal.aborted) this.loss.abort(lost(messageOf(error)));
    });
  }

  /** Aborted, with the error to throw, as soon as the control session is known to be lost. */
  get lost(): AbortSignal {
    return this.loss.signal;
  }

  /**
   * To be called in a session of the restore before it commits: throws CONNECTION unless the control session is there and
   * holds the lock. Whoever gets the lock after that first ends the sessions of this restore.
   */
  async prove(session: PsqlSession): Promise<void> {
    this.loss.signal.throwIfAborted();
    const keys = [LOCK_KEY, this.ownKey].map((key) => `(${keyCondition(key)})`);
    const answer = await session.run(
      `${RESET_PATH}\n` +
        `SELECT 'held' FROM pg_catalog.pg_locks l WHERE ${OF_THIS_DATABASE} AND (${keys.join(' OR ')}) ` +
        'GROUP BY l.pid HAVING pg_catalog.count(*) OPERATOR(pg_catalog.=) 2;',
    );
    if (answer.at(-1) === 'held') return;
    this.loss.abort(lost('its session is no longer in the server'));
    this.loss.signal.throwIfAborted();
  }

  /** Asks the control session, which may have been lost without anybody noticing. */
  async isHeld(): Promise<boolean> {
    if (this.loss.signal.aborted) return false;
    const silence = sleep(SILENCE_SECONDS * 1000, false, { ref: false });
    const answer = this.session.run('SELECT 1;').then(
      () => true,
      () => false,
    );
    return Promise.race([answer, silence]);
  }

  /** The lock itself goes with the control session. */
  release(): void {
    this.stop.abort();
  }

  /** Ends the sessions that work for this restore, and waits a little until they are gone. */
  async terminateOwn(): Promise<void> {
    for (let attempt = 0; attempt < 20; attempt++) {
      const pids = await this.ownSessions();
      if (pids.length === 0) return;
      await this.terminate(pids);
      await sleep(100);
    }
  }

  private lastSeen = new Map<number, number>();

  /** One after the other: a session that does not answer is not asked again. */
  private async beat(): Promise<void> {
    for (;;) {
      await this.session.run('SELECT 1;');
      await sleep(HEARTBEAT_MS, undefined, { signal: this.stop.signal, ref: false });
    }
  }

  /** A heartbeat came in between two looks. */
  private provesAlive(holder: Holder): boolean {
    const before = this.lastSeen.get(holder.pid);
    if (holder.silent_seconds === null) return false;
    this.lastSeen.set(holder.pid, holder.silent_seconds);
    return before !== undefined && holder.silent_seconds < before;
  }

  private async tryLock(): Promise<boolean> {
    const [row] = await this.session.query(
      `SELECT pg_catalog.pg_try_advisory_lock(${LOCK_KEY}) AS got`,
      z.object({ got: z.boolean() }),
    );
    return row?.got === true;
  }

  private async holders(): Promise<Holder[]> {
    return this.session.query(
      "SELECT a.pid, a.application_name AS name, COALESCE(a.state, '') = 'idle' AS idle, EXTRACT(epoch FROM pg_catalog.clock_timestamp() - a.state_change)::pg_catalog.float8 AS silent_seconds " +
        'FROM pg_catalog.pg_locks l JOIN pg_catalog.pg_stat_activity a ON a.pid = l.pid ' +
        `WHERE ${OF_THIS_DATABASE} AND ${keyCondition(LOCK_KEY)}`,
      holder,
    );
  }

  /** With the lock in our hands, sessions of our name can only be those of a dead run. */
  private async endLeftovers(signal: AbortSignal, log: (line: string) => void): Promise<void> {
    for (let attempt = 0; attempt < 60; attempt++) {
      const pids = await this.ownSessions();
      if (pids.length === 0) return;
      if (attempt === 0) log(`ending ${plural(pids.length, 'session')} that an earlier run left behind`);
      await this.terminate(pids);
      await sleep(500, undefined, { signal });
    }
    throw new PhaseliftError('TARGET_BUSY', 'sessions of an earlier run of this restore do not end', {
      hint: `End them in the server: SELECT pg_catalog.pg_terminate_backend(pid) FROM pg_catalog.pg_stat_activity WHERE application_name = '${this.applicationName}'.`,
    });
  }

  /** The server knows sessions by the role that logged in, also where a setting of it makes it take another one. */
  private async ownSessions(): Promise<number[]> {
    const rows = await this.session.query(
      'SELECT pid FROM pg_catalog.pg_stat_activity WHERE datname = pg_catalog.current_database() AND usename = session_user ' +
        `AND application_name = ${literal(this.applicationName)} AND pid <> pg_catalog.pg_backend_pid()`,
      z.object({ pid: z.int() }),
    );
    return rows.map((row) => row.pid);
  }

  private async terminate(pids: readonly number[]): Promise<void> {
    for (const pid of pids) {
      await this.session.run(`SET ROLE none;\nSELECT pg_catalog.pg_terminate_backend(${pid});\nRESET ROLE;`);
    }
  }
}

/** True when a session holds the lock of a restore in the connected database. It may be that of a dead run. */
export async function isLocked(session: PsqlSession): Promise<boolean> {
  const held = await session.query(
    `SELECT 1 AS held FROM pg_catalog.pg_locks l WHERE ${OF_THIS_DATABASE} AND ${keyCondition(LOCK_KEY)}`,
    z.object({ held: z.literal(1) }),
  );
  return held.length > 0;
}

/** Advisory locks that are held in the connected database, of pg_locks as `l`. Operators by schema: see `prove`. */
const OF_THIS_DATABASE =
  "l.locktype OPERATOR(pg_catalog.=) 'advisory' AND l.granted AND l.database OPERATOR(pg_catalog.=) " +
  '(SELECT d.oid FROM pg_catalog.pg_database d WHERE d.datname OPERATOR(pg_catalog.=) pg_catalog.current_database())';

/** The lock of a key of two integers (objsubid 2), of pg_locks as `l`. */
function keyCondition(key: string): string {
  const [high = '', low = ''] = key.split(', ');
  const half = (column: string, value: string): string => `l.${column} OPERATOR(pg_catalog.=) ${value}::pg_catalog.oid`;
  return `${half('classid', high)} AND ${half('objid', low)} AND l.objsubid OPERATOR(pg_catalog.=) 2`;
}

function lost(why: string): PhaseliftError {
  return new PhaseliftError(
    'CONNECTION',
    `the session that holds the lock of this restore was lost: ${why}; what was not committed by then is rolled back`,
    {
      passes: true,
      hint: 'Run the restore again: it goes on from the last commit. Look at the server’s log, and for load balancers or poolers that end long sessions.',
    },
  );
}

function busy(holder: Holder): PhaseliftError {
  return new PhaseliftError(
    'TARGET_BUSY',
    `another restore is at work in this database (session ${holder.pid}, ${holder.name})`,
    {
      hint: 'Wait for it to end, or cancel it; then run this one again.',
    },
  );
}
