import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { DatabaseServer } from '../../testbed/database-server.js';

/**
 * A source whose restore can be stopped at chosen places: row 100 of its tables passes a function that takes an advisory
 * lock, shared. In the source nobody holds that lock; in a target a test holds it, and the restore waits.
 */
export const GATED_SOURCE = `
  CREATE SCHEMA app;
  CREATE FUNCTION app.gate(id int, place int) RETURNS boolean LANGUAGE plpgsql IMMUTABLE AS $$
    BEGIN
      IF id = 100 THEN
        PERFORM pg_advisory_xact_lock_shared(4711, CASE WHEN current_query() LIKE 'ANALYZE%' THEN 4 ELSE place END);
      END IF;
      RETURN true;
    END $$;
  CREATE TABLE app.big (
    id int PRIMARY KEY,
    payload text NOT NULL,
    code int UNIQUE DEFERRABLE,
    CONSTRAINT gated CHECK (app.gate(id, 1))
  );
  INSERT INTO app.big SELECT i, repeat(md5(i::text), 125), i FROM generate_series(1, 3000) i;
  CREATE TABLE app.no_key (big_id int REFERENCES app.big, note text, CONSTRAINT gated CHECK (app.gate(big_id, 2)));
  INSERT INTO app.no_key SELECT i, repeat('n', 300) FROM generate_series(1, 2000) i;
  CREATE TABLE app.small (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, a int);
  INSERT INTO app.small (a) SELECT i FROM generate_series(1, 50) i;
  CREATE SEQUENCE app.counter START 5;
  SELECT nextval('app.counter'), nextval('app.counter');
  CREATE INDEX by_note ON app.no_key (note);
  CREATE INDEX gated ON app.big (app.gate(id, 3));
  CREATE FUNCTION app.spare() RETURNS integer LANGUAGE sql AS 'SELECT 1';
  CREATE VIEW app.view AS SELECT id FROM app.big;
  CREATE MATERIALIZED VIEW app.summary AS SELECT count(*) AS n FROM app.big;
  SELECT lo_from_bytea(0, 'a large object');`;

/** Where a restore of that source can be made to wait. */
export const GATES = {
  /** CREATE VIEW, by a lock on a catalog that nothing before it writes to. */
  schema: 'LOCK TABLE pg_catalog.pg_rewrite IN SHARE MODE',
  /** The deferrable key, which has a trigger. */
  indexes: 'LOCK TABLE pg_catalog.pg_trigger IN SHARE MODE',
  /** COPY, in the middle of app.big. */
  data: 'SELECT pg_advisory_xact_lock(4711, 1)',
  /** COPY, in the middle of app.no_key. */
  dataWithoutKey: 'SELECT pg_advisory_xact_lock(4711, 2)',
  /** CREATE INDEX of the index over a function. */
  constraints: 'SELECT pg_advisory_xact_lock(4711, 3)',
  /** ANALYZE of that index. */
  analyze: 'SELECT pg_advisory_xact_lock(4711, 4)',
} as const;

/** A lock that another session holds. */
export interface Held {
  release(): Promise<void>;
}

const all = new Set<Held>();

/** Gives back what a test that failed still holds. */
export async function releaseAll(): Promise<void> {
  for (const held of all) await held.release();
}

/** Takes a lock in a session of its own, as superuser, and keeps it. */
export async function hold(server: DatabaseServer, database: string, sql: string): Promise<Held> {
  const psql = spawn(join(server.programs, 'psql'), ['-XqAt', '-v', 'ON_ERROR_STOP=1', '-f', '-'], {
    env: { ...process.env, ...server.environment(database) },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const exited = once(psql, 'exit');
  psql.stdin.write(`BEGIN;\n${sql};\n\\echo held\n`);
  await Promise.race([
    new Promise<void>((resolve) => {
      psql.stdout.on('data', (text: Buffer) => {
        if (text.toString().includes('held')) resolve();
      });
    }),
    exited.then(() => {
      throw new Error(`the lock was not given: ${sql}`);
    }),
  ]);
  const held = {
    async release() {
      all.delete(held);
      psql.stdin.end();
      await exited;
    },
  };
  all.add(held);
  return held;
}

/** Waits until a session of Phaselift in this database waits for a lock; returns its process id in the server. */
export async function waiting(server: DatabaseServer, database: string): Promise<number> {
  const sql = `SELECT a.pid FROM pg_stat_activity a JOIN pg_locks l ON l.pid = a.pid AND NOT l.granted
    WHERE a.datname = '${database}' AND a.application_name LIKE 'phaselift%' LIMIT 1`;
  const deadline = Date.now() + 60_000;
  while (Date.now() < deadline) {
    const pid = await server.psql('postgres', sql);
    if (pid !== '') return Number(pid);
    await sleep(50);
  }
  throw new Error(`no session of Phaselift waits in ${database}`);
}
