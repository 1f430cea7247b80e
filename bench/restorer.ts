/** Restores of one backup in many ways, each measured and looked at. */
import type { StartedS3 } from '../testbed/s3.js';
import type { CountingProxy } from './counting-proxy.js';
import { dropDatabase, OWNER, recreateDatabase, tempFiles, type TempFiles } from './database.js';
import { measureAction, measureShell, medianOf, type Measured, type MeasuredAction } from './measure.js';
import { storeEnvironment } from './object-reader.js';
import { bytes, seconds } from './table.js';
import { pathWith, say, sideInputs, storeInputs, type Workbench } from './workbench.js';

const TARGET = 'bench_target';
const BACKUP = 'to-restore';
const PREFIX = 'restore';

/** One restore of the whole archive. */
export interface RestoreRun extends Measured {
  title: string;
  /** What the S3 server sent, headers included. */
  readBytes: number;
  temp: TempFiles;
  /** Of the action; null for stock tools. */
  peakRssBytes: number | null;
}

/** A strategy and a number of workers: `empty 2`. */
export type OurKey = `${'auto' | 'empty' | 'empty-keys-last' | 'after-data'} ${number}`;

/** Where the source's backup is. */
export function objectKey(source: string): string {
  return `${PREFIX}/${source}/${BACKUP}.dump`;
}

/** The median times of runs of the same restore, with what one of them read and wrote. */
export function medianRun(runs: readonly RestoreRun[]): RestoreRun {
  const last = runs.at(-1);
  if (last === undefined) throw new Error('no run of the restore');
  return { ...last, ...medianOf(runs) };
}

/** Restores into a database that is made anew before each run, outside of the time measured. */
export class Restorer {
  /** `source`: a database of fillDatabase, with so many tables of events. */
  constructor(
    private readonly workbench: Workbench,
    private readonly s3: StartedS3,
    private readonly proxy: CountingProxy,
    private readonly source: string,
    private readonly tableCount: number,
  ) {}

  /** Makes the backup that is restored. Gives the size of its archive. */
  async backUp(): Promise<number> {
    const { postgres } = this.workbench;
    const inputs = { mode: 'backup', force: 'true', ...this.backup(), ...sideInputs(postgres, 'source') };
    const { outputs } = await measureAction({ ...inputs, ...storeInputs(this.s3) }, { PATH: pathWith(postgres) });
    return Number(outputs['size-bytes']);
  }

  /** The action, with its defaults: ANALYZE and verification are in its time. */
  ours(key: OurKey, bundle?: string): Promise<RestoreRun> {
    const [strategy = '', jobs = ''] = key.split(' ');
    const { postgres } = this.workbench;
    const inputs = {
      mode: 'restore',
      ...this.backup(),
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
    return this.run(title, () => this.shell(script));
  }

  /** A script that may read the object. */
  shell(script: string): Promise<Measured> {
    const environment = storeEnvironment(this.s3, this.proxy.endpoint);
    return measureShell(script, { ...this.workbench.clientEnvironment(TARGET), ...environment });
  }

  async dropTarget(): Promise<void> {
    await dropDatabase(this.workbench.postgres, TARGET);
  }

  private backup(): Record<string, string> {
    return { database: this.source, 'backup-name': BACKUP, 's3-prefix': PREFIX };
  }

  private async run(title: string, restore: () => Promise<Measured | MeasuredAction>): Promise<RestoreRun> {
    const { postgres } = this.workbench;
    await recreateDatabase(postgres, TARGET);
    this.proxy.take();
    const measured = await restore();
    const { wallMs, cpuMs } = measured;
    const readBytes = this.proxy.take();
    const temp = await tempFiles(postgres, TARGET);
    await this.checkIsWhole(title);
    say(`restore, ${title}: ${seconds(wallMs)}, ${bytes(readBytes)} read, ${temp.files} temp files`);
    return {
      title,
      wallMs,
      cpuMs,
      readBytes,
      temp,
      peakRssBytes: 'peakRssBytes' in measured ? measured.peakRssBytes : null,
    };
  }

  /** A restore that lost something would be fast for nothing. */
  private async checkIsWhole(title: string): Promise<void> {
    const rows = Array.from({ length: this.tableCount }, (_, number) => `(SELECT count(*) FROM events_${number})`);
    const sql = `SELECT (SELECT count(*) FROM pg_index i JOIN pg_class c ON c.oid = indrelid
                         WHERE relnamespace = 'public'::regnamespace AND indisvalid),
                        (SELECT count(*) FROM pg_constraint WHERE connamespace = 'public'::regnamespace AND convalidated),
                        ${rows.join(', ')}`;
    const [source, target] = await Promise.all(
      [this.source, TARGET].map((database) => this.workbench.postgres.psql(database, sql, OWNER)),
    );
    if (source !== target) {
      throw new Error(`${title}: indexes|constraints|rows are ${String(target)}, not ${String(source)}`);
    }
  }
}
