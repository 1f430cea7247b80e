import { ArchiveMapper } from '../archive/mapper.js';
import type { ArchiveMap } from '../archive/types.js';
import { PhaseliftError } from '../foundation/errors.js';
import type { ByteEntrance } from '../store/archive-writer.js';
import { BackupStream } from './backup-stream.js';
import type { CommandContext } from './context.js';
import { expectedBytes, type ArchiveContents, type Dump, type DumpedArchive } from './dump.js';
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
  const agreeToEnd = async (): Promise<ArchiveMap> => {
    const exit = await running.exited;
    if (exit.code !== 0) throw dumpError(exit);
    return mapper.end();
  };
  const body = new BackupStream(mapper, agreeToEnd, () => {
    progress.set({ bytes: mapper.bytesSeen, rows: mapper.rowsSeen });
    context.recorder.stepTotals({ bytes: mapper.bytesSeen, rows: mapper.rowsSeen });
  });
  const contents = (): ArchiveContents => {
    const { archiveMap: map } = body;
    if (map !== null && mapper.head !== null) return { map, head: mapper.head };
    throw new PhaseliftError('INTERNAL', 'the upload ended before the archive');
  };
  try {
    running.stdout.on('error', (error) => body.destroy(error)).pipe(body);
    const info = await entrance.accept(body, (identity) => dump.describe(contents(), identity));
    progress.finish();
    return { ...contents(), info };
  } catch (error) {
    progress.finish(context.signal.aborted ? 'cancelled' : 'failed');
    throw error;
  } finally {
    body.destroy();
    await running.stop();
  }
}
