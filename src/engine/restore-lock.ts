import { setTimeout as sleep } from 'node:timers/promises';
import { PhaseliftError } from '../errors.js';
import type { PsqlSession } from '../postgres/session.js';
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

/**
 * Makes sure that one restore at a time works on a database: an advisory lock, held by the control session, which shows
 * that it lives by a query every five seconds. Whoever finds the lock held waits until the holder goes, falls silent
 * (then it is ended), or proves to be alive (then: TARGET_BUSY).
 */
export class RestoreLock {
  private timer: NodeJS.Timeout | null = null;

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
    await this.endLeftovers(signal, log);
    this.timer = setInterval(() => {
      this.session.run('SELECT 1;').catch(() => undefined);
    }, HEARTBEAT_MS).unref();
  }

  release(): void {
    if (this.timer !== null) clearInterval(this.timer);
    this.timer = null;
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

  /** A heartbeat came in between two looks. */
  private provesAlive(holder: Holder): boolean {
    const before = this.lastSeen.get(holder.pid);
    if (holder.silent_seconds === null) return false;
    this.lastSeen.set(holder.pid, holder.silent_seconds);
    return before !== undefined && holder.silent_seconds < before;
  }

  private async tryLock(): Promise<boolean> {
    const [row] = await this.session.query<{ got: boolean }>(
      `SELECT pg_catalog.pg_try_advisory_lock(${LOCK_KEY}) AS got`,
    );
    return row?.got === true;
  }

  private async holders(): Promise<Holder[]> {
    return this.session.query<Holder>(
      "SELECT a.pid, a.application_name AS name, coalesce(a.state, '') = 'idle' AS idle, extract(epoch FROM clock_timestamp() - a.state_change)::float8 AS silent_seconds " +
        'FROM pg_catalog.pg_locks l JOIN pg_catalog.pg_stat_activity a ON a.pid = l.pid ' +
        "WHERE l.locktype = 'advisory' AND l.granted AND l.database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = current_database()) " +
        `AND (l.classid, l.objid) = (${LOCK_KEY.split(', ')
          .map((half) => `${half}::oid`)
          .join(', ')})`,
    );
  }

  /** With the lock in our hands, sessions of our name can only be those of a dead run. */
  private async endLeftovers(signal: AbortSignal, log: (line: string) => void): Promise<void> {
    for (let attempt = 0; attempt < 60; attempt++) {
      const pids = await this.ownSessions();
      if (pids.length === 0) return;
      if (attempt === 0) log(`ending ${pids.length} sessions that an earlier run left behind`);
      await this.terminate(pids);
      await sleep(500, undefined, { signal });
    }
    throw new PhaseliftError('TARGET_BUSY', 'sessions of an earlier run of this restore do not end', {
      hint: `End them in the server: SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = '${this.applicationName}'.`,
    });
  }

  /** The server knows sessions by the role that logged in, also where a setting of it makes it take another one. */
  private async ownSessions(): Promise<number[]> {
    const rows = await this.session.query<{ pid: number }>(
      'SELECT pid FROM pg_catalog.pg_stat_activity WHERE datname = current_database() AND usename = session_user ' +
        `AND application_name = ${literal(this.applicationName)} AND pid <> pg_catalog.pg_backend_pid()`,
    );
    return rows.map((row) => row.pid);
  }

  private async terminate(pids: readonly number[]): Promise<void> {
    for (const pid of pids) {
      await this.session.run(`SET ROLE none;\nSELECT pg_catalog.pg_terminate_backend(${pid});\nRESET ROLE;`);
    }
  }
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
