/** What the action's own process needs of the runner: memory, which must not grow with the rows, and disk, of which it must use none. */
import { dropDatabase, fillDatabase, recreateDatabase } from './database.js';
import { measureAction, type MeasuredAction } from './measure.js';
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

type Direction = 'backup' | 'restore';
type Runs = Record<Direction, MeasuredAction>;

/** A backup and a restore at both sizes. */
export async function benchMemory(workbench: Workbench): Promise<Figure[]> {
  const small = await runsAt(workbench, workbench.rowBytes * SMALL);
  const large = await runsAt(workbench, workbench.rowBytes * LARGE);
  return (['backup', 'restore'] as const).flatMap((direction) => figures(direction, small, large, workbench.rowBytes));
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
