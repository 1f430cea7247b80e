/** How long restores take, what they read from S3, and what temporary files they make the server write. */
import type { StartedS3 } from '../testbed/s3.js';
import { startCountingProxy, type CountingProxy } from './counting-proxy.js';
import { dropDatabase, OWNER, recreateDatabase, tempFiles, type TempFiles } from './database.js';
import { measureAction, measureShell, medianOf, type Measured } from './measure.js';
import { awsVersion, readCommand, storeEnvironment } from './object-reader.js';
import { fourRunsScript, plainRestoreScript } from './stock-restore.js';
import { bytes, comparedBundles, seconds, type Figure } from './table.js';
import { BUCKET, pathWith, say, sideInputs, SOURCE, startStore, storeInputs, type Workbench } from './workbench.js';

const TARGET = 'bench_target';
const BACKUP = 'to-restore';
const PREFIX = 'restore';
const READ_AIM = 1.02;
/** Single runs of the same work differ by a few percent: this much slower is not slower. */
const NOISE = 1.05;

/** One restore of the whole archive. */
export interface RestoreRun extends Measured {
  title: string;
  /** What the S3 server sent, headers included. */
  readBytes: number;
  temp: TempFiles;
}

export interface RestoreResults {
  figures: Figure[];
  /** Every run, for the table of when index-first is the wrong choice. */
  runs: readonly RestoreRun[];
  sizeBytes: number;
}

type OurKey = 'empty 1' | 'empty 2' | 'empty-keys-last 1' | 'empty-keys-last 2' | 'after-data 1' | 'after-data 2';
/** Each is run once. */
const OURS: readonly OurKey[] = ['empty-keys-last 2', 'empty 1', 'empty 2', 'after-data 1', 'after-data 2'];
/** The two that are held against each other take turns: the first run on a server differs from the later ones. */
const COMPARED: OurKey = 'empty-keys-last 1';
const TURNS = 2;

/** Backs the source up once and restores that backup in every way. */
export async function benchRestore(workbench: Workbench): Promise<RestoreResults> {
  await workbench.fillSource();
  const s3 = await startStore(workbench, workbench.rowBytes);
  const proxy = await startCountingProxy(s3.endpoint);
  try {
    const { outputs } = await measureAction(
      {
        mode: 'backup',
        database: SOURCE,
        'backup-name': BACKUP,
        's3-prefix': PREFIX,
        force: 'true',
        ...sideInputs(workbench.postgres, 'source'),
        ...storeInputs(s3),
      },
      { PATH: pathWith(workbench.postgres) },
    );
    const sizeBytes = Number(outputs['size-bytes']);
    workbench.notes.add(`Archive: ${bytes(sizeBytes)}.`);
    const restorer = new Restorer(workbench, s3, proxy);
    if (workbench.before !== null) return await compareBundles(workbench, workbench.before, restorer, sizeBytes);
    const aws = await awsVersion();
    const read = readCommand(aws, BUCKET, `${PREFIX}/${SOURCE}/${BACKUP}.dump`);
    workbench.notes.add(
      `Stock restores read the object by ${aws ?? 'a GET of the AWS SDK (the aws CLI is not installed)'}.`,
    );

    const turns: { stock: RestoreRun[]; ours: RestoreRun[] } = { stock: [], ours: [] };
    for (let turn = 0; turn < Math.min(TURNS, workbench.repeats); turn++) {
      turns.stock.push(await restorer.stock('four pg_restore runs', fourRunsScript(read)));
      turns.ours.push(await restorer.ours(COMPARED));
    }
    const fourRuns = medianRun(turns.stock);
    const ours = new Map<OurKey, RestoreRun>([[COMPARED, medianRun(turns.ours)]]);
    for (const key of OURS) ours.set(key, await restorer.ours(key));
    const plain = await restorer.stock('one plain pg_restore', plainRestoreScript(read));
    await dropDatabase(workbench.postgres, TARGET);
    return { figures: figures(ours, fourRuns, sizeBytes), runs: [fourRuns, ...ours.values(), plain], sizeBytes };
  } finally {
    await proxy.stop();
    await s3.stop();
  }
}

/** Ours and another bundle by turns, with one worker and with two; nothing else, as the stock restores take much longer. */
async function compareBundles(
  { postgres, repeats }: Workbench,
  before: string,
  restorer: Restorer,
  sizeBytes: number,
): Promise<RestoreResults> {
  const results: RestoreResults = { figures: [], runs: [], sizeBytes };
  const runs: RestoreRun[] = [];
  for (const key of ['empty 1', 'empty 2'] as const) {
    const turns: { ours: RestoreRun[]; before: RestoreRun[] } = { ours: [], before: [] };
    for (let turn = 0; turn < repeats; turn++) {
      turns.before.push(await restorer.ours(key, before));
      turns.ours.push(await restorer.ours(key));
    }
    const [ours, other] = [medianRun(turns.ours), medianRun(turns.before)];
    runs.push(ours, other);
    results.figures.push(...comparedBundles(`restore, ${ours.title}`, ours, other));
  }
  await dropDatabase(postgres, TARGET);
  return { ...results, runs };
}

/** The median times of runs of the same restore, with what one of them read and wrote. */
function medianRun(runs: readonly RestoreRun[]): RestoreRun {
  const last = runs.at(-1);
  if (last === undefined) throw new Error('no run of the restore');
  return { ...last, ...medianOf(runs) };
}

/** Restores into a database that is made anew before each run, outside of the time measured. */
class Restorer {
  constructor(
    private readonly workbench: Workbench,
    private readonly s3: StartedS3,
    private readonly proxy: CountingProxy,
  ) {}

  /** The action, with its defaults: ANALYZE and verification are in its time. */
  ours(key: OurKey, bundle?: string): Promise<RestoreRun> {
    const [strategy = '', jobs = ''] = key.split(' ');
    const { postgres } = this.workbench;
    const inputs = {
      mode: 'restore',
      database: SOURCE,
      'backup-name': BACKUP,
      's3-prefix': PREFIX,
      'target-database': TARGET,
      'restore-jobs': jobs,
      'index-strategy': strategy,
      ...sideInputs(postgres, 'target'),
      ...storeInputs(this.s3, this.proxy.endpoint),
    };
    const title = `${strategy}, ${jobs} worker${jobs === '1' ? '' : 's'}`;
    return this.run(bundle === undefined ? title : `${title}, the bundle before`, () =>
      measureAction(inputs, { PATH: pathWith(postgres) }, bundle),
    );
  }

  stock(title: string, script: string): Promise<RestoreRun> {
    const environment = {
      ...this.workbench.clientEnvironment(TARGET),
      ...storeEnvironment(this.s3, this.proxy.endpoint),
    };
    return this.run(title, () => measureShell(script, environment));
  }

  private async run(title: string, restore: () => Promise<Measured>): Promise<RestoreRun> {
    const { postgres } = this.workbench;
    await recreateDatabase(postgres, TARGET);
    this.proxy.take();
    const { wallMs, cpuMs } = await restore();
    const readBytes = this.proxy.take();
    const temp = await tempFiles(postgres, TARGET);
    await this.checkIsWhole(title);
    say(`restore, ${title}: ${seconds(wallMs)}, ${bytes(readBytes)} read, ${temp.files} temp files`);
    return { title, wallMs, cpuMs, readBytes, temp };
  }

  /** A restore that lost something would be fast for nothing. */
  private async checkIsWhole(title: string): Promise<void> {
    const sql = `SELECT (SELECT count(*) FROM pg_index i JOIN pg_class c ON c.oid = indrelid
                         WHERE relnamespace = 'public'::regnamespace AND indisvalid),
                        (SELECT count(*) FROM pg_constraint WHERE connamespace = 'public'::regnamespace AND convalidated),
                        (SELECT count(*) FROM events_0), (SELECT count(*) FROM events_3)`;
    const [source, target] = await Promise.all(
      [SOURCE, TARGET].map((database) => this.workbench.postgres.psql(database, sql, OWNER)),
    );
    if (source !== target) {
      throw new Error(`${title}: indexes|constraints|rows are ${String(target)}, not ${String(source)}`);
    }
  }
}

function figures(ours: ReadonlyMap<OurKey, RestoreRun>, fourRuns: RestoreRun, sizeBytes: number): Figure[] {
  const run = (key: OurKey): RestoreRun => {
    const found = ours.get(key);
    if (found === undefined) throw new Error(`${key} was not run`);
    return found;
  };
  const wall = (key: OurKey, aim: boolean): Figure => {
    const ratio = run(key).wallMs / fourRuns.wallMs;
    return {
      figure: `restore, ${run(key).title}, wall`,
      ours: seconds(run(key).wallMs),
      comparedWith: `four pg_restore runs${aim ? ', same order' : ''}: ${seconds(fourRuns.wallMs)}`,
      ratio,
      aim: aim ? `not slower (at most ${NOISE})` : '',
      met: aim ? ratio <= NOISE : null,
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
  return [
    wall('empty-keys-last 1', true),
    wall('empty-keys-last 2', true),
    wall('empty 1', false),
    wall('empty 2', false),
    ...(['empty 1', 'empty 2'] as const).flatMap((key) => [read(key), temp(key)]),
  ];
}
