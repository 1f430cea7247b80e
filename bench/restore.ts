/** How long restores take, what they read from S3, and what temporary files they make the server write. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startCountingProxy } from './counting-proxy.js';
import { dropDatabase, EVENT_TABLES, fillDatabase } from './database.js';
import { awsVersion, readCommand } from './object-reader.js';
import { medianRun, objectKey, Restorer, type OurKey, type RestoreRun } from './restorer.js';
import { fourRunsScript, parallelRestoreScript, plainRestoreScript } from './stock-restore.js';
import { bytes, comparedBundles, comparedTimes, seconds, type Figure } from './table.js';
import { BUCKET, SOURCE, startStore, type Workbench } from './workbench.js';

const ONE_TABLE = 'bench_one_table';
const READ_AIM = 1.02;
/** Single runs of the same work differ by a few percent: this much slower is not slower. */
const NOISE = 1.05;
const TWO_WORKERS_AIM = 0.5;
const ONE_TABLE_AIM = 0.6;
const AUTO_CPU_AIM = 1.1;
/** What `temp-budget` is where nobody says anything. */
const TEMP_BUDGET_BYTES = 2 ** 30;
const RSS_AIM_BYTES = 250e6;

export interface RestoreResults {
  figures: Figure[];
  /** Every run, for the table of when index-first is the wrong choice. */
  runs: readonly RestoreRun[];
  sizeBytes: number;
}

/** Each is run once. */
const OURS: readonly OurKey[] = ['empty-keys-last 2', 'empty 1', 'empty 2', 'empty 4', 'after-data 1', 'after-data 2'];
/** Those that are held against each other take turns: the first run on a server differs from the later ones. */
const COMPARED: OurKey = 'empty-keys-last 1';
const COMPARED_WITH_FILE: OurKey = 'auto 2';
const TURNS = 2;

/** Stock restores that ours are held against. */
interface Stock {
  fourRuns: RestoreRun;
  fromFile: RestoreRun;
}

/** Backs the source up once and restores that backup in every way; then a database with a single large table. */
export async function benchRestore(workbench: Workbench): Promise<RestoreResults> {
  await workbench.fillSource();
  const { before } = workbench;
  const results = await withRestorer(workbench, SOURCE, EVENT_TABLES, async (restorer, sizeBytes) => {
    workbench.notes.add(`Archive: ${bytes(sizeBytes)}.`);
    if (before !== null) return compareBundles(workbench, before, restorer, sizeBytes);
    return everyWay(workbench, restorer, sizeBytes);
  });
  // The store of the others has ended by now.
  if (before === null) results.figures.push(...(await oneTable(workbench)));
  return results;
}

async function withRestorer<T>(
  workbench: Workbench,
  source: string,
  tableCount: number,
  work: (restorer: Restorer, sizeBytes: number) => Promise<T>,
): Promise<T> {
  const s3 = await startStore(workbench, workbench.rowBytes);
  const proxy = await startCountingProxy(s3.endpoint);
  try {
    const restorer = new Restorer(workbench, s3, proxy, source, tableCount);
    const result = await work(restorer, await restorer.backUp());
    await restorer.dropTarget();
    return result;
  } finally {
    await proxy.stop();
    await s3.stop();
  }
}

async function everyWay(workbench: Workbench, restorer: Restorer, sizeBytes: number): Promise<RestoreResults> {
  const aws = await awsVersion();
  const read = readCommand(aws, BUCKET, objectKey(SOURCE));
  workbench.notes.add(
    `Stock restores read the object by ${aws ?? 'a GET of the AWS SDK (the aws CLI is not installed)'}.`,
  );
  const directory = await mkdtemp(join(tmpdir(), 'phaselift-bench-'));
  try {
    const file = join(directory, 'archive');
    await restorer.shell(`${read} > ${file}`);
    const turns = Math.min(TURNS, workbench.repeats);
    const [fourRuns, ekl] = await inTurns(
      turns,
      () => restorer.stock('four pg_restore runs', fourRunsScript(read)),
      () => restorer.ours(COMPARED),
    );
    const [fromFile, auto] = await inTurns(
      turns,
      () => restorer.stock('pg_restore -j 2, from a file', parallelRestoreScript(file, 2)),
      () => restorer.ours(COMPARED_WITH_FILE),
    );
    const ours = new Map<OurKey, RestoreRun>([
      [COMPARED, ekl],
      [COMPARED_WITH_FILE, auto],
    ]);
    for (const key of OURS) ours.set(key, await restorer.ours(key));
    const fourOfFile = await restorer.stock('four pg_restore runs, from a file', fourRunsScript(`cat ${file}`));
    const plain = await restorer.stock('one plain pg_restore', plainRestoreScript(read));
    return {
      figures: figures(ours, { fourRuns, fromFile }, sizeBytes),
      runs: [fourRuns, fourOfFile, ...ours.values(), fromFile, plain],
      sizeBytes,
    };
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

async function inTurns(
  turns: number,
  one: () => Promise<RestoreRun>,
  other: () => Promise<RestoreRun>,
): Promise<[RestoreRun, RestoreRun]> {
  const [ones, others]: [RestoreRun[], RestoreRun[]] = [[], []];
  for (let turn = 0; turn < turns; turn++) {
    ones.push(await one());
    others.push(await other());
  }
  return [medianRun(ones), medianRun(others)];
}

/** A database in which all is in one table: workers can only share that. */
async function oneTable(workbench: Workbench): Promise<Figure[]> {
  await fillDatabase(workbench.postgres, ONE_TABLE, workbench.rowBytes / 2, 'many', 1);
  try {
    return await withRestorer(workbench, ONE_TABLE, 1, async (restorer) => {
      const [alone, both] = await inTurns(
        Math.min(TURNS, workbench.repeats),
        () => restorer.ours('empty 1'),
        () => restorer.ours('empty 2'),
      );
      const other = { command: '1 worker', ms: alone.wallMs };
      return [
        comparedTimes('restore of one table, empty, 2 workers, wall', both.wallMs, other, { atMost: ONE_TABLE_AIM }),
      ];
    });
  } finally {
    await dropDatabase(workbench.postgres, ONE_TABLE);
  }
}

/** Ours and another bundle by turns, with one worker and with two; nothing else, as the stock restores take much longer. */
async function compareBundles(
  { repeats }: Workbench,
  before: string,
  restorer: Restorer,
  sizeBytes: number,
): Promise<RestoreResults> {
  const results: RestoreResults = { figures: [], runs: [], sizeBytes };
  const runs: RestoreRun[] = [];
  for (const key of ['empty 1', 'empty 2'] as const) {
    const [other, ours] = await inTurns(
      repeats,
      () => restorer.ours(key, before),
      () => restorer.ours(key),
    );
    runs.push(ours, other);
    results.figures.push(...comparedBundles(`restore, ${ours.title}`, ours, other));
  }
  return { ...results, runs };
}

function figures(ours: ReadonlyMap<OurKey, RestoreRun>, { fourRuns, fromFile }: Stock, sizeBytes: number): Figure[] {
  const run = (key: OurKey): RestoreRun => {
    const found = ours.get(key);
    if (found === undefined) throw new Error(`${key} was not run`);
    return found;
  };
  const wall = (key: OurKey, aim: { most: number; text: string } | null, order = ''): Figure => {
    const ratio = run(key).wallMs / fourRuns.wallMs;
    return {
      figure: `restore, ${run(key).title}, wall`,
      ours: seconds(run(key).wallMs),
      comparedWith: `four pg_restore runs${order}: ${seconds(fourRuns.wallMs)}`,
      ratio,
      aim: aim?.text ?? '',
      met: aim === null ? null : ratio <= aim.most,
    };
  };
  const read = (key: OurKey): Figure => {
    const ratio = run(key).readBytes / sizeBytes;
    return {
      figure: `restore, ${run(key).title}, read from S3`,
      ours: bytes(run(key).readBytes),
      comparedWith: `the archive: ${bytes(sizeBytes)}; four runs: ${bytes(fourRuns.readBytes)}`,
      ratio,
      aim: `at most ${READ_AIM}`,
      met: ratio <= READ_AIM,
    };
  };
  const temp = (key: OurKey): Figure => ({
    figure: `restore, ${run(key).title}, temp files of the server`,
    ours: `${run(key).temp.files} (${bytes(run(key).temp.bytes)})`,
    comparedWith: `four runs: ${fourRuns.temp.files} (${bytes(fourRuns.temp.bytes)})`,
    ratio: null,
    aim: 'none',
    met: run(key).temp.files === 0,
  });
  const file = (what: 'wall' | 'CPU', aim: number): Figure => {
    const of = (one: RestoreRun): number => (what === 'wall' ? one.wallMs : one.cpuMs);
    const [auto, other] = [run(COMPARED_WITH_FILE), { command: fromFile.title, ms: of(fromFile) }];
    return comparedTimes(`restore, ${auto.title}, ${what}`, of(auto), other, { atMost: aim });
  };
  const { title, temp: autoTemp } = run(COMPARED_WITH_FILE);
  const { peakRssBytes } = run('empty 4');
  const sameOrder = { most: NOISE, text: `not slower (at most ${NOISE})` };
  return [
    wall('empty-keys-last 1', sameOrder, ', same order'),
    wall('empty-keys-last 2', sameOrder, ', same order'),
    wall('empty 1', null),
    wall('empty 2', { most: TWO_WORKERS_AIM, text: `at most ${TWO_WORKERS_AIM}` }),
    ...(['empty 1', 'empty 2'] as const).flatMap((key) => [read(key), temp(key)]),
    file('wall', 1),
    file('CPU', AUTO_CPU_AIM),
    {
      figure: `restore, ${title}, temp files of the server`,
      ours: `${autoTemp.files} (${bytes(autoTemp.bytes)} in all)`,
      comparedWith: `${fromFile.title}: ${fromFile.temp.files} (${bytes(fromFile.temp.bytes)})`,
      ratio: null,
      aim: `at most the budget, ${bytes(TEMP_BUDGET_BYTES)}`,
      met: autoTemp.bytes <= TEMP_BUDGET_BYTES,
    },
    {
      figure: `restore, ${run('empty 4').title}, peak RSS`,
      ours: bytes(peakRssBytes ?? Number.NaN),
      comparedWith: '',
      ratio: null,
      aim: `below ${bytes(RSS_AIM_BYTES)}`,
      met: peakRssBytes !== null && peakRssBytes < RSS_AIM_BYTES,
    },
  ];
}
