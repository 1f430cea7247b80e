import { setTimeout as sleep } from 'node:timers/promises';
import { mapStream, type SeenOfArchive } from '../archive/map-stream.js';
import { segmentBytesFor } from '../archive/segment-size.js';
import type { ArchiveContents } from '../archive/types.js';
import { NO_SYNC } from '../postgres/dump.js';
import type { ToolExit } from '../postgres/toolbox.js';
import { shownBy } from '../report/progress-display.js';
import type { DirectoryEntrance } from '../store/archive-writer.js';
import type { CommandContext } from './context.js';
import { expectedBytes, type Dump, type DumpedArchive } from './dump.js';
import { dumpError, startDump } from './source-database.js';

/** pg_dump -> files -> mapper. Comes back only with an archive that is complete. */
export async function dumpIntoDirectory(
  dump: Dump,
  entrance: DirectoryEntrance,
  context: CommandContext,
): Promise<DumpedArchive> {
  await runDump(dump, entrance, context);
  const contents = await mapFiles(entrance, segmentBytesFor(dump.estimatedBytes), context);
  if (!dump.settings.dumpOptions.includes(NO_SYNC)) await entrance.sync(context.signal);
  return { ...contents, info: await entrance.info() };
}

async function runDump(dump: Dump, entrance: DirectoryEntrance, context: CommandContext): Promise<void> {
  const { signal } = context;
  const progress = context.progress({ label: 'backup', totals: { bytes: expectedBytes(dump) } });
  const running = startDump(dump.settings, dump.toolbox, { directory: entrance.path, jobs: dump.readers });
  // Nothing comes, but the end of it counts.
  running.stdout.resume();
  const stop = (): void => void running.stop();
  signal.addEventListener('abort', stop);
  let isRunning = true;
  const watching = watch(
    entrance,
    () => isRunning,
    (bytes) => {
      progress.set({ bytes });
      context.recorder.stepTotals({ bytes });
    },
  );
  const dumped = async (): Promise<void> => {
    const exit = await running.exited;
    signal.throwIfAborted();
    if (exit.code !== 0) throw isFull(exit) ? entrance.fullError() : dumpError(exit);
    isRunning = false;
    await watching;
  };
  try {
    await shownBy(progress, signal, dumped);
  } finally {
    isRunning = false;
    signal.removeEventListener('abort', stop);
    await running.stop();
    await watching;
  }
}

/** Looks how much is there, every second at most; less often where a look takes long. Once more at the end. */
async function watch(entrance: DirectoryEntrance, goesOn: () => boolean, tell: (bytes: number) => void): Promise<void> {
  for (let isLast = false; !isLast;) {
    isLast = !goesOn();
    const begunAt = performance.now();
    const bytes = await entrance.writtenBytes().catch(() => null);
    if (bytes !== null) tell(bytes);
    const pauseMs = Math.max(1000, 10 * (performance.now() - begunAt));
    for (let waitedMs = 0; waitedMs < pauseMs && goesOn(); waitedMs += POLL_MS) await sleep(POLL_MS);
  }
}

const POLL_MS = 100;

/** pg_dump's own words; what a server says of its disk begins with ERROR. */
function isFull({ stderr }: ToolExit): boolean {
  return /^pg_dump: error: could not (?:(?!ERROR:).)*(?:No space left on device|Disk quota exceeded)/m.test(stderr);
}

/** Reads everything once: what stock tools wrote is what will be restored from, and the map says so digest by digest. */
async function mapFiles(
  entrance: DirectoryEntrance,
  segmentBytes: number,
  context: CommandContext,
): Promise<ArchiveContents> {
  const { bytes, wholeBlocks } = await entrance.open(context.signal);
  const progress = context.progress({ label: 'map' });
  const onProgress = ({ bytes, rows }: SeenOfArchive): void => {
    progress.set({ bytes, rows });
    context.recorder.stepTotals({ rows });
  };
  return shownBy(progress, context.signal, () => mapStream(bytes, onProgress, { wholeBlocks, segmentBytes }));
}
