import { ArchiveMapper } from '../archive/mapper.js';
import type { ArchiveContents } from '../archive/types.js';
import { PhaseliftError } from '../foundation/errors.js';
import { shownBy } from '../report/progress-display.js';
import type { ByteEntrance } from '../store/archive-writer.js';
import type { ObjectInfo } from '../store/object-store.js';
import { BackupStream } from './backup-stream.js';
import type { CommandContext } from './context.js';
import { expectedBytes, type Dump, type DumpedArchive } from './dump.js';
import { dumpError, startDump } from './source-database.js';

/** pg_dump -> mapper -> store. Comes back only with an archive that is complete. */
export async function dumpAsStream(
  dump: Dump,
  entrance: ByteEntrance,
  context: CommandContext,
): Promise<DumpedArchive> {
  const mapper = new ArchiveMapper();
  const progress = context.progress({ label: 'backup', totals: { bytes: expectedBytes(dump) } });
  const running = startDump(dump.settings, dump.toolbox);
  const agreeToEnd = async (): Promise<ArchiveContents> => {
    const exit = await running.exited;
    if (exit.code !== 0) throw dumpError(exit);
    return mapper.end();
  };
  const body = new BackupStream(mapper, agreeToEnd, () => {
    progress.set({ bytes: mapper.bytesSeen, rows: mapper.rowsSeen });
    context.recorder.stepTotals({ bytes: mapper.bytesSeen, rows: mapper.rowsSeen });
  });
  const contents = (): ArchiveContents => {
    if (body.contents !== null) return body.contents;
    throw new PhaseliftError('INTERNAL', 'the upload ended before the archive');
  };
  try {
    running.stdout.on('error', (error) => body.destroy(error)).pipe(body);
    const accepting = (): Promise<ObjectInfo> =>
      entrance.accept(body, (identity) => dump.describe(contents(), identity));
    const info = await shownBy(progress, context.signal, accepting);
    return { ...contents(), info };
  } finally {
    body.destroy();
    await running.stop();
  }
}
