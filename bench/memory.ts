/** What the action's own process needs of the runner: memory, which must not grow with the rows, and disk, of which it must use none. */
import { backUp } from './backup.js';
import { dropDatabase, fillDatabase, OWNER, recreateDatabase } from './database.js';
import { measureAction, type MeasuredAction } from './measure.js';
import { startSink } from './sink.js';
import { bytes, seconds, type Figure } from './table.js';
import { pathWith, say, sideInputs, startStore, storeInputs, type Workbench } from './workbench.js';

const DATABASE = 'bench_memory';
const TARGET = 'bench_memory_target';
/** Of the sizes of the shared source: 100 MB and 2 GB beside 1 GB. */
const SMALL = 0.1;
const LARGE = 2;
const GROWTH_AIM = 1.2;
const PEAK_AIM_BYTES = 250e6;
/** Files of outputs, state and summary; a page each, and a few for the summary's tables. */
const REPORTS_AIM_BYTES = 256 * 1024;

const READERS = 4;
const READERS_AIM_BYTES = (150 + 40 * READERS) * 1e6;
/** A row of 500 MB as COPY text. */
const LONG_ROW = "SELECT 1 AS id, repeat(md5('row'), 15625000) AS value";

type Direction = 'backup' | 'restore';
type Runs = Record<Direction, MeasuredAction>;

/** A backup and a restore at both sizes. */
export async function benchMemory(workbench: Workbench): Promise<Figure[]> {
  const small = await runsAt(workbench, workbench.rowBytes * SMALL);
  const large = await runsAt(workbench, workbench.rowBytes * LARGE);
  return [
    ...(['backup', 'restore'] as const).flatMap((direction) => figures(direction, small, large, workbench.rowBytes)),
    ...(await byReaders(workbench)),
  ];
}

/** Backups by several readers of the large size, and of one row among others that is large by itself. */
async function byReaders(workbench: Workbench): Promise<Figure[]> {
  const { postgres, rowBytes } = workbench;
  const sink = await startSink();
  const figures: Figure[] = [];
  const note = async (what: string, compress: string): Promise<void> => {
    const inputs = { database: DATABASE, 'dump-jobs': String(READERS), 'dump-compress': compress };
    const run = await backUp(workbench, sink, inputs);
    say(`memory, ${READERS} readers, ${compress}, of ${what}: ${bytes(run.peakRssBytes)} in ${seconds(run.wallMs)}`);
    figures.push({
      figure: `backup, ${READERS} readers, dump-compress ${compress}, peak RSS at ${what}`,
      ours: bytes(run.peakRssBytes),
      comparedWith: '',
      ratio: null,
      aim: `at most ${bytes(READERS_AIM_BYTES)}`,
      met: run.peakRssBytes <= READERS_AIM_BYTES,
    });
  };
  try {
    await fillDatabase(postgres, DATABASE, rowBytes * LARGE, 'keys');
    for (const compress of ['0', '1']) await note(`${bytes(rowBytes * LARGE)} of rows`, compress);
    await fillDatabase(postgres, DATABASE, rowBytes * SMALL, 'keys');
    await postgres.psql(DATABASE, `CREATE TABLE a_long AS ${LONG_ROW}; CREATE TABLE z_long AS ${LONG_ROW};`, OWNER);
    for (const compress of ['0', '1']) await note('two rows of 500 MB', compress);
    return figures;
  } finally {
    await dropDatabase(postgres, DATABASE);
    await sink.stop();
  }
}

async function runsAt(workbench: Workbench, rowBytes: number): Promise<Runs> {
  const { postgres } = workbench;
  const s3 = await startStore(workbench, rowBytes);
  try {
    await fillDatabase(postgres, DATABASE, rowBytes, 'keys');
    const env = { PATH: pathWith(postgres) };
    const common = { database: DATABASE, 'backup-name': `of-${rowBytes}`, force: 'true', ...storeInputs(s3) };
    const backup = await measureAction({ mode: 'backup', ...common, ...sideInputs(postgres, 'source') }, env);
    await recreateDatabase(postgres, TARGET);
    const restore = await measureAction(
      { mode: 'restore', ...common, 'target-database': TARGET, ...sideInputs(postgres, 'target') },
      env,
    );
    const each = { backup, restore };
    for (const [name, run] of Object.entries(each)) {
      say(`memory, ${name} of ${bytes(rowBytes)}: ${bytes(run.peakRssBytes)} in ${seconds(run.wallMs)}`);
    }
    return each;
  } finally {
    await dropDatabase(postgres, TARGET);
    await dropDatabase(postgres, DATABASE);
    await s3.stop();
  }
}

function figures(direction: Direction, small: Runs, large: Runs, sourceBytes: number): Figure[] {
  const [less, more] = [small[direction], large[direction]];
  const [lessRows, moreRows] = [bytes(sourceBytes * SMALL), bytes(sourceBytes * LARGE)];
  const ratio = more.peakRssBytes / less.peakRssBytes;
  const files = more.files.map(({ name, bytes: size }) => `${name} ${bytes(size)}`).join(', ');
  return [
    {
      figure: `${direction}, peak RSS at ${moreRows} of rows`,
      ours: bytes(more.peakRssBytes),
      comparedWith: `at ${lessRows}: ${bytes(less.peakRssBytes)}`,
      ratio,
      aim: `at most ${GROWTH_AIM} and ${bytes(PEAK_AIM_BYTES)}`,
      met: ratio <= GROWTH_AIM && 1 / ratio <= GROWTH_AIM && more.peakRssBytes < PEAK_AIM_BYTES,
    },
    {
      figure: `${direction}, written to disk at ${moreRows} of rows`,
      ours: bytes(more.diskWriteBytes),
      comparedWith: `at ${lessRows}: ${bytes(less.diskWriteBytes)}; files left: ${files || 'none'}`,
      ratio: null,
      aim: 'only its reports',
      met: more.diskWriteBytes <= REPORTS_AIM_BYTES,
    },
  ];
}
