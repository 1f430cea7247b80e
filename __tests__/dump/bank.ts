import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { expect } from '@jest/globals';
import type { DatabaseServer } from '../../testbed/database-server.js';
import { ownEnvironment } from '../../testbed/run-program.js';
import { createDatabase, dropDatabase } from '../helpers/databases.js';
import { until } from '../postgres/toolbox/processes.js';

/** Text that cannot be compressed to nothing: also a compressed archive has to wait for its store. */
const FILLER = `(SELECT string_agg(md5((n * 100 + m)::text), '') FROM generate_series(1, 12) m)`;

/**
 * Accounts in three tables, which different readers read, one of them in pieces. Each transfer goes from one table to another
 * and is written down in the ledger: a backup that sees half a transfer shows another total, or another count.
 */
export const BANK = `
  CREATE TABLE bank_a (id int PRIMARY KEY, balance bigint NOT NULL, transfers bigint NOT NULL DEFAULT 0, filler text);
  CREATE TABLE bank_b (LIKE bank_a INCLUDING ALL);
  CREATE TABLE bank_c (LIKE bank_a INCLUDING ALL);
  CREATE TABLE ledger (id bigint GENERATED ALWAYS AS IDENTITY, amount bigint);
  CREATE TABLE goes_on (yes bool);
  INSERT INTO goes_on VALUES (true);
  INSERT INTO bank_a SELECT n, 1000, 0, ${FILLER} FROM generate_series(1, 120000) n;
  INSERT INTO bank_b SELECT n, 1000, 0, repeat('b', 100) FROM generate_series(1, 2000) n;
  INSERT INTO bank_c SELECT n, 1000, 0, ${FILLER} FROM generate_series(1, 120000) n;
  CREATE PROCEDURE transfer_on() LANGUAGE plpgsql AS $$
  DECLARE
    amount bigint;
    a int;
    b int;
    c int;
  BEGIN
    WHILE (SELECT yes FROM goes_on) LOOP
      -- Chosen first: in a condition, random() would be another number for each row.
      SELECT (random() * 100)::bigint, 1 + (random() * 119999)::int, 1 + (random() * 1999)::int, 1 + (random() * 119999)::int INTO amount, a, b, c;
      UPDATE bank_a SET balance = balance - amount, transfers = transfers + 1 WHERE id = a;
      UPDATE bank_b SET balance = balance + 2 * amount WHERE id = b;
      UPDATE bank_c SET balance = balance - amount WHERE id = c;
      INSERT INTO ledger (amount) VALUES (amount);
      COMMIT;
    END LOOP;
  END $$;`;

const TOTAL = 1000 * (120_000 + 2_000 + 120_000);

/** Lets so many clients transfer money until they are stopped. */
export function startTransfers(server: DatabaseServer, database: string, clients: number): { stop(): Promise<void> } {
  const done = Array.from({ length: clients }, () => {
    // Two clients may lock the same accounts the other way round, and then one has to begin again.
    const loop = `while "$PSQL" -XAtq -v ON_ERROR_STOP=1 -c 'CALL transfer_on()' 2>&1 | grep -q deadlock; do :; done`;
    const env = {
      ...ownEnvironment(),
      ...server.environment(database),
      PGAPPNAME: 'somebody else',
      PSQL: join(server.programs, 'psql'),
    };
    const child = spawn('sh', ['-c', loop], { stdio: 'ignore', env });
    return new Promise((resolve) => child.once('close', resolve));
  });
  return {
    async stop() {
      await server.psql(database, 'UPDATE goes_on SET yes = false');
      await Promise.all(done);
      await server.psql(database, 'UPDATE goes_on SET yes = true');
    },
  };
}

/** Waits until this many transfers more are in the books. */
export async function transfersMade(server: DatabaseServer, database: string, count: number): Promise<void> {
  const made = async (): Promise<number> => Number(await server.psql(database, 'SELECT count(*) FROM ledger'));
  const before = await made();
  await until(async () => (await made()) >= before + count);
}

/** Restores an archive by stock pg_restore, and has all money there, and as many transfers as the ledger names. */
export async function expectWholeBank(server: DatabaseServer, archive: Buffer): Promise<{ transfers: number }> {
  const name = await createDatabase(server);
  try {
    await restoreInto(server, name, archive);
    const sql = `SELECT (SELECT sum(balance) FROM (TABLE bank_a UNION ALL TABLE bank_b UNION ALL TABLE bank_c) AS b), (SELECT sum(transfers) FROM bank_a), (SELECT count(*) FROM ledger), (SELECT count(*) FROM bank_a)`;
    const [total, transfers, ledger, accounts] = (await server.psql(name, sql)).split('|').map(Number);
    expect([total, accounts]).toEqual([TOTAL, 120_000]);
    expect(transfers).toBe(ledger);
    return { transfers: transfers ?? NaN };
  } finally {
    await dropDatabase(server, name);
  }
}

async function restoreInto(server: DatabaseServer, database: string, archive: Buffer): Promise<void> {
  const args = ['--exit-on-error', '--single-transaction', '--no-owner', '-d', database];
  const env = { ...ownEnvironment(), ...server.environment(database) };
  const restore = spawn(join(server.programs, 'pg_restore'), args, { stdio: ['pipe', 'ignore', 'pipe'], env });
  let stderr = '';
  restore.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  restore.stdin.on('error', () => undefined);
  restore.stdin.end(archive);
  const code = await new Promise((resolve) => restore.once('close', resolve));
  if (code !== 0) throw new Error(`pg_restore failed: ${stderr}`);
}
