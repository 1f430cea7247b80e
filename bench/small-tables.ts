/** How long a backup of very many tables takes, most of which have a row or two: what counts is what each table costs, and not its rows. */
import type { PostgresServer } from '../testbed/postgres.js';
import { backUp, compared, piped, UPLOAD } from './backup.js';
import { byTurns } from './by-turns.js';
import { OWNER, recreateDatabase } from './database.js';
import { measureShell } from './measure.js';
import { startSink } from './sink.js';
import type { Figure } from './table.js';
import { say, SOURCE, startWorkbench, type Workbench } from './workbench.js';

const DUMP = 'pg_dump -Fc -Z0';
/** Tables for each transaction that makes them: each needs locks. */
const BATCH = 1000;

/** Tables of no row or a few, which pg_dump alone reads, whoever was asked for; and fewer of a few pages, which readers read. */
const KINDS = [
  { what: 'tiny', share: 1, rows: 'n % 3' },
  { what: 'small', share: 0.25, rows: '400 + n % 3' },
] as const;

/** `tables` of them at most, read by pg_dump alone, by pg_dump into the aws CLI, and by backups with `dump-jobs` of one and of two. */
export async function benchSmallTables({ repeats, rowBytes }: Workbench, tables: number): Promise<Figure[]> {
  // pg_dump, and who holds the snapshot, lock all of them.
  const locks = String(Math.ceil((tables * 4) / 100) + 64);
  const workbench = await startWorkbench(rowBytes, repeats, { settings: { max_locks_per_transaction: locks } });
  const { postgres } = workbench;
  const sink = await startSink();
  const figures: Figure[] = [];
  try {
    for (const { what, share, rows } of KINDS) {
      const count = Math.ceil(tables * share);
      await makeTables(postgres, count, rows);
      say(`${count} ${what} tables made`);
      const outcomeOf = await byTurns(
        `${what} tables`,
        {
          dump: () => measureShell(`${DUMP} > /dev/null`, workbench.clientEnvironment(SOURCE)),
          pipe: piped(workbench, sink, `${DUMP} | ${UPLOAD}`),
          one: () => backUp(workbench, sink),
          two: () => backUp(workbench, sink, { 'dump-jobs': '2' }),
        },
        repeats,
      );
      const backup = `backup of ${count} ${what} tables`;
      const [alone, pipe] = [outcomeOf('dump'), outcomeOf('pipe')];
      for (const jobs of ['one', 'two'] as const) {
        const name = `${backup}, dump-jobs ${jobs}`;
        figures.push(
          ...compared(name, outcomeOf(jobs), `${DUMP} > /dev/null`, alone, {}),
          ...compared(name, outcomeOf(jobs), `${DUMP} | aws s3 cp -`, pipe, { wall: { atMost: 1 } }),
        );
      }
    }
    return figures;
  } finally {
    await sink.stop();
    await postgres.stop();
  }
}

/** Makes the source anew, of tables with so many rows each: SQL about `n`, the table's number. */
async function makeTables(postgres: PostgresServer, tables: number, rows: string): Promise<void> {
  await recreateDatabase(postgres, SOURCE);
  for (let from = 1; from <= tables; from += BATCH) {
    const to = Math.min(tables, from + BATCH - 1);
    await postgres.psql(
      SOURCE,
      `DO $$ BEGIN FOR n IN ${from}..${to} LOOP
         EXECUTE format('CREATE TABLE %I (a int, b text)', 't' || n);
         EXECUTE format('INSERT INTO %I SELECT g, md5(g::text) FROM generate_series(1, %s) g', 't' || n, ${rows});
       END LOOP; END $$`,
      OWNER,
    );
  }
}
