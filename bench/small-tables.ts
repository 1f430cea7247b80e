/** How long a backup of very many tables takes, most of which have a row or two: what counts is what each table costs, and not its rows. */
import { backUp, compared } from './backup.js';
import { byTurns } from './by-turns.js';
import { OWNER, recreateDatabase } from './database.js';
import { measureShell } from './measure.js';
import { startSink } from './sink.js';
import type { Figure } from './table.js';
import { say, SOURCE, startWorkbench, type Workbench } from './workbench.js';

const DUMP = 'pg_dump -Fc -Z0';
/** Tables for each transaction that makes them: each needs locks. */
const BATCH = 1000;

/** `tables` of them, read by pg_dump alone, by one reader and by two. */
export async function benchSmallTables({ repeats, rowBytes }: Workbench, tables: number): Promise<Figure[]> {
  // pg_dump, and who holds the snapshot, lock all of them.
  const locks = String(Math.ceil((tables * 4) / 100) + 64);
  const workbench = await startWorkbench(rowBytes, repeats, { settings: { max_locks_per_transaction: locks } });
  const { postgres } = workbench;
  const sink = await startSink();
  try {
    await recreateDatabase(postgres, SOURCE);
    for (let from = 1; from <= tables; from += BATCH) {
      const to = Math.min(tables, from + BATCH - 1);
      await postgres.psql(
        SOURCE,
        `DO $$ BEGIN FOR n IN ${from}..${to} LOOP
           EXECUTE format('CREATE TABLE %I (a int, b text)', 't' || n);
           EXECUTE format('INSERT INTO %I SELECT g, md5(g::text) FROM generate_series(1, %s) g', 't' || n, n % 3);
         END LOOP; END $$`,
        OWNER,
      );
    }
    say(`${tables} tables made`);
    const outcomeOf = await byTurns(
      'small tables',
      {
        dump: () => measureShell(`${DUMP} > /dev/null`, workbench.clientEnvironment(SOURCE)),
        one: () => backUp(workbench, sink),
        two: () => backUp(workbench, sink, { 'dump-jobs': '2' }),
        gzip: () => backUp(workbench, sink, { 'dump-jobs': '2', 'dump-compress': '1' }),
      },
      repeats,
    );
    const what = `backup of ${tables} tables`;
    const alone = [`${DUMP} > /dev/null`, outcomeOf('dump')] as const;
    return [
      ...compared(`${what}, one reader`, outcomeOf('one'), ...alone, {}),
      ...compared(`${what}, two readers`, outcomeOf('two'), ...alone, {}),
      ...compared(`${what}, two readers beside one`, outcomeOf('two'), 'one reader', outcomeOf('one'), {
        wall: { atMost: 1 },
      }),
      ...compared(`${what}, two readers and gzip`, outcomeOf('gzip'), 'one reader', outcomeOf('one'), {}),
    ];
  } finally {
    await sink.stop();
    await postgres.stop();
  }
}
