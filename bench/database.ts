/** The databases that are backed up and restored: rows of about 220 bytes, in tables whose indexes outweigh them. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Login } from '../testbed/database-server.js';
import type { PostgresServer } from '../testbed/postgres.js';

/** A plain role, as managed servers give it: no superuser. */
export const OWNER: Login = { user: 'bench_owner', password: 'not-a-secret' };

/** Of equal size. */
export const EVENT_TABLES = 4;
const ACCOUNTS = 20_000;
/** A row of `events_N` as COPY text, measured; a little low, so that no database is smaller than asked for. */
const ROW_BYTES = 217;
/** Sessions that fill side by side. */
const FILLERS = 2;
/** The statistics of a session are in the server's tables at the latest when it has ended; that may take a moment. */
const STATISTICS_FLUSH_MS = 1_500;

export interface DatabaseSizes {
  tableBytes: number;
  indexBytes: number;
}

/** Temporary files that the server has written for a database since it was made. */
export interface TempFiles {
  files: number;
  bytes: number;
}

/** Makes the role that owns all databases. */
export async function createOwner(postgres: PostgresServer): Promise<void> {
  await postgres.psql('postgres', `CREATE ROLE ${OWNER.user} LOGIN CREATEDB PASSWORD '${OWNER.password}';`);
}

/** Drops the database if it is there and makes it anew, empty; then a checkpoint, so that no run pays for the one before. */
export async function recreateDatabase(postgres: PostgresServer, database: string): Promise<void> {
  await dropDatabase(postgres, database);
  await postgres.psql('postgres', `CREATE DATABASE ${database} OWNER ${OWNER.user} TEMPLATE template0;`);
  await postgres.psql('postgres', 'CHECKPOINT;');
}

export async function dropDatabase(postgres: PostgresServer, database: string): Promise<void> {
  await postgres.psql('postgres', `DROP DATABASE IF EXISTS ${database} WITH (FORCE);`);
}

/**
 * Makes a database with at least so many bytes of rows as COPY text. `keys` leaves out all indexes but the primary keys, where
 * the way of the bytes is measured and not the target's work.
 */
export async function fillDatabase(
  postgres: PostgresServer,
  database: string,
  rowBytes: number,
  indexes: 'many' | 'keys',
  tableCount = EVENT_TABLES,
): Promise<DatabaseSizes> {
  await recreateDatabase(postgres, database);
  const run = (sql: string) => postgres.psql(database, sql, OWNER);
  await run(`
    CREATE TABLE accounts (id integer PRIMARY KEY, name text NOT NULL);
    INSERT INTO accounts SELECT i, 'account ' || i FROM generate_series(0, ${ACCOUNTS - 1}) i;`);
  const rows = Math.ceil(rowBytes / ROW_BYTES / tableCount);
  const tables = Array.from({ length: tableCount }, (_, number) => eventTable(number, rows, indexes));
  await Promise.all(
    Array.from({ length: FILLERS }, async () => {
      for (let sql = tables.shift(); sql !== undefined; sql = tables.shift()) await run(sql);
    }),
  );
  await run('VACUUM ANALYZE;');
  const [tableBytes, indexBytes] = (
    await run(`SELECT sum(pg_table_size(oid)), sum(pg_indexes_size(oid)) FROM pg_class
               WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace`)
  ).split('|');
  return { tableBytes: Number(tableBytes), indexBytes: Number(indexBytes) };
}

export async function tempFiles(postgres: PostgresServer, database: string): Promise<TempFiles> {
  await sleep(STATISTICS_FLUSH_MS);
  const row = await postgres.psql(
    'postgres',
    `SELECT temp_files, temp_bytes FROM pg_stat_database WHERE datname = '${database}'`,
  );
  const [files, bytes] = row.split('|');
  return { files: Number(files), bytes: Number(bytes) };
}

function eventTable(number: number, rows: number, indexes: 'many' | 'keys'): string {
  const name = `events_${number}`;
  const many = `
    CREATE INDEX ON ${name} (visitor, at);
    CREATE INDEX ON ${name} (url);
    CREATE INDEX ON ${name} (account_id, at);
    CREATE INDEX ON ${name} (kind, url);
    CREATE INDEX ON ${name} (amount, id);`;
  return `
    SET maintenance_work_mem = '512MB';
    CREATE TABLE ${name} (
      id bigint NOT NULL, account_id integer NOT NULL, visitor uuid NOT NULL, at timestamptz NOT NULL, kind text NOT NULL,
      url text NOT NULL, amount numeric(12, 2) NOT NULL, note text);
    INSERT INTO ${name}
      SELECT i, (hashint8(i) & 2147483647) % ${ACCOUNTS}, md5('v' || i)::uuid,
             timestamptz '2024-01-01Z' + i * interval '3.7 seconds', (ARRAY['view', 'click', 'order', 'return'])[1 + i % 4],
             'https://shop.example/' || md5('u' || i) || '/' || md5('w' || i), (hashint8(i) & 16777215) / 100.0,
             CASE WHEN i % 3 = 0 THEN NULL ELSE repeat('note ' || i % 97 || ' ', 7) END
      FROM generate_series(${number}::bigint * 1000000000 + 1, ${number}::bigint * 1000000000 + ${rows}) i;
    ALTER TABLE ${name} ADD PRIMARY KEY (id);
    ${indexes === 'many' ? many : ''}
    ALTER TABLE ${name} ADD FOREIGN KEY (account_id) REFERENCES accounts;`;
}
