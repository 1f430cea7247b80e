import { ArchiveMapper } from '../archive/mapper.js';
import { segmentBytesFor } from '../archive/segment-size.js';
import type { ArchiveContents } from '../archive/types.js';
import { PhaseliftError } from '../foundation/errors.js';
import { shownBy } from '../report/progress-display.js';
import type { ByteEntrance, ByteSink } from '../store/archive-writer.js';
import type { ObjectInfo } from '../store/object-store.js';
import type { BegunDump } from './begun-dump.js';
import type { CommandContext } from './context.js';
import { expectedBytes, type Dump, type DumpedArchive } from './dump.js';

/** pg_dump -> mapper -> store. Comes back only with an archive that is complete. */
export async function dumpAsStream(
  dump: Dump,
  begun: BegunDump,
  entrance: ByteEntrance,
  context: CommandContext,
): Promise<DumpedArchive> {
  const progress = context.progress({ label: 'backup', totals: { bytes: expectedBytes(dump) } });
  let contents: ArchiveContents | null = null;
  const produce = async (sink: ByteSink, signal: AbortSignal): Promise<void> => {
    const mapper = new ArchiveMapper({ segmentBytes: segmentBytesFor(dump.estimatedBytes) });
    const { running } = begun;
    const stop = (): void => void running.stop();
    signal.addEventListener('abort', stop);
    try {
      if (signal.aborted) stop();
      await begun.read((chunk) => {
        const mapped = mapper.pushAtOnce(chunk);
        const seen = { bytes: mapper.bytesSeen, rows: mapper.rowsSeen };
        progress.set(seen);
        context.recorder.stepTotals(seen);
        return mapped === null ? sink.write(chunk) : mapped.then(() => sink.write(chunk) ?? undefined);
      });
      // An output that ends because pg_dump died looks just like one that ended well.
      const exit = await running.exited;
      if (exit.code !== 0) throw begun.errorOf(exit);
      contents = await mapper.end();
    } finally {
      signal.removeEventListener('abort', stop);
      await running.stop();
    }
  };
  const described = (): ArchiveContents => {
    if (contents !== null) return contents;
    throw new PhaseliftError('INTERNAL', 'the upload ended before the archive');
  };
  const accepting = (): Promise<ObjectInfo> =>
    entrance.accept(produce, (identity) => dump.describe(described(), identity));
  const info = await shownBy(progress, context.signal, accepting);
  return { ...described(), info };
}
