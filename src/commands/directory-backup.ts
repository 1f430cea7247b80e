import { setTimeout as sleep } from 'node:timers/promises';
import { mapStream, type SeenOfArchive } from '../archive/map-stream.js';
import type { ArchiveContents } from '../archive/types.js';
import { messageOf } from '../foundation/errors.js';
import type { BackupSettings } from '../inputs/settings.js';
import { NO_SYNC } from '../postgres/dump.js';
import type { Toolbox, ToolExit } from '../postgres/toolbox.js';
import { shownBy } from '../report/progress-display.js';
import { fullDisk } from '../store/directory/errors.js';
import { writeManifest } from '../store/manifest-text.js';
import type { Manifest } from '../store/manifest.js';
import type { BackupRef, DirectoryArchives, ObjectInfo, PartialDirectory } from '../store/store.js';
import type { CommandContext } from './context.js';
import { dumpError, startDump } from './source-database.js';

/** What is to be dumped, and where it goes. */
export interface Dump {
  settings: BackupSettings;
  ref: BackupRef;
  toolbox: Toolbox;
  /** Of the archive, before compression. */
  estimatedBytes: number;
  /** Something stands there, and gives way. */
  overwrites: boolean;
}

/** An archive that is complete, and that is no backup before it is published. */
export interface DumpedArchive extends ArchiveContents {
  info: ObjectInfo;
  /** Writes the manifest: with it the backup is there. When that fails nothing stays. */
  publish(manifest: Manifest): Promise<void>;
}

/** Bytes that the archive is going to have; null when nobody knows how far it can be compressed. */
export function expectedBytes({ settings, estimatedBytes }: Dump): number | null {
  return settings.compress === '0' || settings.compress === 'none' ? estimatedBytes : null;
}

/** pg_dump -> files -> mapper. Comes back only with an archive that is complete; else leaves nothing. */
export async function dumpToDirectory(
  dump: Dump,
  directories: DirectoryArchives,
  context: CommandContext,
): Promise<DumpedArchive> {
  const { ref, settings, overwrites } = dump;
  const { signal, leftovers } = context;
  const partial = await directories.begin(ref);
  leftovers.uploadStarted(ref.archive.key, partial.id);
  const discarding = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      signal.throwIfAborted();
      return await work();
    } catch (error) {
      await discard(partial, context);
      throw error;
    }
  };
  return discarding(async () => {
    await runDump(dump, partial, context);
    const mapped = await mapFiles(partial, context);
    if (!settings.dumpOptions.includes(NO_SYNC)) await partial.sync(signal);
    return {
      ...mapped,
      info: await partial.info(),
      publish: (manifest) =>
        discarding(async () => {
          await partial.publish(writeManifest(manifest), overwrites);
          leftovers.uploadEnded();
        }),
    };
  });
}

async function runDump(dump: Dump, partial: PartialDirectory, context: CommandContext): Promise<void> {
  const { signal } = context;
  const progress = context.progress({ label: 'backup', totals: { bytes: expectedBytes(dump) } });
  const running = startDump(dump.settings, dump.toolbox, { directory: partial.path });
  // Nothing comes, but the end of it counts.
  running.stdout.resume();
  const stop = (): void => void running.stop();
  signal.addEventListener('abort', stop);
  let isRunning = true;
  const watching = watch(
    partial,
    () => isRunning,
    (bytes) => {
      progress.set({ bytes });
      context.recorder.stepTotals({ bytes });
    },
  );
  const dumped = async (): Promise<void> => {
    const exit = await running.exited;
    signal.throwIfAborted();
    if (exit.code !== 0) throw isFull(exit) ? fullDisk(dump.ref.archive.uri) : dumpError(exit);
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
async function watch(partial: PartialDirectory, goesOn: () => boolean, tell: (bytes: number) => void): Promise<void> {
  for (let isLast = false; !isLast;) {
    isLast = !goesOn();
    const begunAt = performance.now();
    const bytes = await partial.writtenBytes().catch(() => null);
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
async function mapFiles(partial: PartialDirectory, context: CommandContext): Promise<ArchiveContents> {
  const { bytes, wholeBlocks } = await partial.open(context.signal);
  const progress = context.progress({ label: 'map' });
  const onProgress = ({ bytes, rows }: SeenOfArchive): void => {
    progress.set({ bytes, rows });
    context.recorder.stepTotals({ rows });
  };
  return shownBy(progress, context.signal, () => mapStream(bytes, onProgress, { wholeBlocks }));
}

/** Never throws, as it must not hide why. What cannot be removed now is left to the post step, or the next backup. */
async function discard(partial: PartialDirectory, { log, leftovers }: CommandContext): Promise<void> {
  try {
    await partial.discard();
    leftovers.uploadEnded();
  } catch (error) {
    log.warning(`${partial.path} could not be removed: ${messageOf(error)}`);
  }
}
