/**
 * How long restores of very many tables take, most of which have a row or two: what counts is what each object costs. Beside stock
 * pg_restore, which reads the same archive from a local file.
 */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { PostgresServer } from '../testbed/postgres.js';
import { startPostgres } from '../testbed/postgres.js';
import { createOwner, OWNER, recreateDatabase } from './database.js';
import { cpuMsOf, measureAction, measureShell, type Measured, type MeasuredAction } from './measure.js';
import { awsVersion, readCommand, storeEnvironment } from './object-reader.js';
import { bytes, comparedTimes, seconds, type Figure } from './table.js';
import {
  BUCKET,
  pathWith,
  PGOPTIONS,
  say,
  SERVER_SETTINGS,
  sideInputs,
  SOURCE,
  startStore,
  startWorkbench,
  storeInputs,
  type StoreLogin,
  type Workbench,
} from './workbench.js';

const BACKUP = 'many-objects';
const TARGET = 'bench_many_objects';
/** Tables for each transaction that makes them: each needs locks. */
const BATCH = 500;
const WALL_AIM = 1.2;
const RSS_AIM_BYTES = 300e6;

/** `tables` of them: each with its rows, a key and its index, another index, and a sequence of its own. */
export async function benchManyObjects({ repeats, rowBytes, before }: Workbench, tables: number): Promise<Figure[]> {
  // pg_dump locks all of them. Whoever restores has what a server has by itself.
  const locks = String(Math.ceil((tables * 4) / 100) + 64);
  const workbench = await startWorkbench(rowBytes, repeats, { settings: { max_locks_per_transaction: locks } });
  const target = await startPostgres({ settings: SERVER_SETTINGS });
  const s3 = await startStore(workbench, tables * 2000);
  const directory = await mkdtemp(join(tmpdir(), 'phaselift-bench-'));
  try {
    await createOwner(target);
    await makeTables(workbench.postgres, tables);
    say(`${tables} tables made`);
    const objects = await objectsOf(workbench.postgres, SOURCE);
    await backUp(workbench, s3);
    const file = join(directory, 'archive');
    const read = readCommand(await awsVersion(), BUCKET, `${SOURCE}/${BACKUP}.dump`);
    await measureShell(`${read} > ${file}`, { ...workbench.clientEnvironment(SOURCE), ...storeEnvironment(s3) });

    const restored = async <Run extends Measured>(
      title: string,
      restore: () => Promise<Run>,
    ): Promise<Restored<Run>> => {
      await recreateDatabase(target, TARGET);
      const before = await serverCpuMs(target);
      const run = await restore();
      const serverMs = (await serverCpuMs(target)) - before;
      say(`restore, ${title}: ${seconds(run.wallMs)}, CPU ${seconds(run.cpuMs)}, of the server ${seconds(serverMs)}`);
      const found = await objectsOf(target, TARGET);
      if (found !== objects) throw new Error(`${title}: kinds of relations are ${found}, not ${objects}`);
      return { ...run, serverMs };
    };
    const figures: Figure[] = [];
    for (const jobs of [1, 2]) {
      const command = `pg_restore -j ${jobs}, ANALYZE`;
      const stock = await restored(command, () => stockRestore(target, file, jobs));
      for (const bundle of before === null ? [undefined] : [before, undefined]) {
        const name = `restore of ${tables.toLocaleString('en')} tables, ${jobs} worker${jobs === 1 ? '' : 's'}${bundle === undefined ? '' : ', the bundle before'}`;
        const ours = await restored(name, () => ourRestore(target, s3, jobs, bundle));
        say(`  ${phasesOf(ours)}; ${bytes(ours.peakRssBytes)}`);
        const aim = bundle === undefined ? { atMost: WALL_AIM } : null;
        figures.push(
          comparedTimes(`${name}, wall`, ours.wallMs, { command, ms: stock.wallMs }, aim),
          comparedTimes(`${name}, CPU`, ours.cpuMs, { command, ms: stock.cpuMs }, null),
          comparedTimes(`${name}, CPU of the server`, ours.serverMs, { command, ms: stock.serverMs }, null),
          {
            figure: `${name}, peak RSS`,
            ours: bytes(ours.peakRssBytes),
            comparedWith: phasesOf(ours),
            ratio: null,
            aim: aim === null ? '' : `at most ${bytes(RSS_AIM_BYTES)}`,
            met: aim === null ? null : ours.peakRssBytes <= RSS_AIM_BYTES,
          },
        );
      }
    }
    return figures;
  } finally {
    await rm(directory, { recursive: true, force: true });
    await s3.stop();
    await target.stop();
    await workbench.postgres.stop();
  }
}

type Restored<Run> = Run & {
  /** CPU of the server meanwhile. */
  serverMs: number;
};

/** Of all its sessions that have ended. */
async function serverCpuMs({ dataDirectory }: PostgresServer): Promise<number> {
  const [pid = ''] = (await readFile(join(dataDirectory, 'postmaster.pid'), 'utf8')).split('\n');
  return cpuMsOf(Number(pid));
}

function backUp({ postgres }: Workbench, s3: StoreLogin): Promise<MeasuredAction> {
  const sides = { ...sideInputs(postgres, 'source'), ...storeInputs(s3) };
  return measureAction(
    { mode: 'backup', database: SOURCE, 'backup-name': BACKUP, force: 'true', ...sides },
    { PATH: pathWith(postgres) },
  );
}

function ourRestore(
  target: PostgresServer,
  s3: StoreLogin,
  jobs: number,
  bundle: string | undefined,
): Promise<MeasuredAction> {
  const inputs = {
    mode: 'restore',
    database: SOURCE,
    'backup-name': BACKUP,
    'target-database': TARGET,
    'restore-jobs': String(jobs),
    ...sideInputs(target, 'target'),
    ...storeInputs(s3),
  };
  return measureAction(inputs, { PATH: pathWith(target) }, bundle);
}

function stockRestore(target: PostgresServer, file: string, jobs: number): Promise<Measured> {
  const script = `
    pg_restore --no-owner --no-privileges --exit-on-error -j ${jobs} --dbname="$PGDATABASE" ${file}
    psql -X -q -v ON_ERROR_STOP=1 -c ANALYZE`;
  return measureShell(script, { ...target.environment(TARGET, OWNER), PGOPTIONS, PATH: pathWith(target) });
}

/** `schema 12.3 s, …` */
function phasesOf({ outputs }: MeasuredAction): string {
  const phases = JSON.parse(outputs['phases'] ?? '[]') as { name: string; seconds: number; units: number }[];
  return phases.map(({ name, seconds: took, units }) => `${name} ${took} s in ${units} units`).join(', ');
}

/** How many relations of each kind there are in the schema: `i 40000, r 20000, S 20000`. */
function objectsOf(postgres: PostgresServer, database: string): Promise<string> {
  const sql = `SELECT string_agg(relkind::text || ' ' || count, ', ' ORDER BY relkind) FROM (
    SELECT relkind, count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace GROUP BY 1) AS k`;
  return postgres.psql(database, sql, OWNER);
}

async function makeTables(postgres: PostgresServer, tables: number): Promise<void> {
  await recreateDatabase(postgres, SOURCE);
  for (let from = 1; from <= tables; from += BATCH) {
    const to = Math.min(tables, from + BATCH - 1);
    await postgres.psql(
      SOURCE,
      `DO $$ BEGIN FOR n IN ${from}..${to} LOOP
         EXECUTE format('CREATE TABLE %1$I (id serial PRIMARY KEY, a int, note text DEFAULT ''none'')', 't' || n);
         EXECUTE format('CREATE INDEX %I ON %I (a)', 't' || n || '_a', 't' || n);
         EXECUTE format('INSERT INTO %I (a) SELECT g FROM generate_series(1, %s) g', 't' || n, n % 3);
       END LOOP; END $$`,
      OWNER,
    );
  }
}
