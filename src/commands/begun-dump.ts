import { rowOptions } from '../dump/row-options.js';
import { noSnapshot, SnapshotHolder } from '../dump/snapshot-holder.js';
import type { BackupSettings } from '../inputs/settings.js';
import { LateReading, type ChunkWork } from '../process/bulk-reader.js';
import type { RunningTool, ToolExit } from '../postgres/toolbox.js';
import { dumpError, importing, startDump, type SourceDatabase } from './source-database.js';

/**
 * A pg_dump on its way. It first reads the whole catalog, which takes it a while and of which nothing comes: meanwhile others can
 * find out how large the source is.
 */
export class BegunDump {
  private readonly output: LateReading;

  private constructor(
    readonly running: RunningTool,
    /** Whose snapshot it reads in, where others are to read beside it. */
    readonly holder: SnapshotHolder | null,
    private readonly signal: AbortSignal,
  ) {
    signal.addEventListener('abort', this.stop);
    this.output = new LateReading(running.stdout);
  }

  /** Hands on what pg_dump writes, from its first byte: once, and as forEachChunk does. Until then pg_dump waits with it. */
  read(work: ChunkWork): Promise<void> {
    return this.output.forEachChunk(work);
  }

  /** `isShared`: others are to read beside it. Throws as SnapshotHolder.open does; what pg_dump says comes when it is read. */
  static async begin(
    settings: BackupSettings,
    { toolbox, sessions }: SourceDatabase,
    isShared: boolean,
    signal: AbortSignal,
  ): Promise<BegunDump> {
    if (!isShared) return new BegunDump(startDump(settings, toolbox), null, signal);
    const holder = await SnapshotHolder.open(sessions, rowOptions(settings.dumpOptions), signal);
    const running = startDump(importing(settings), toolbox, 'stdout', [`--snapshot=${holder.snapshot}`]);
    return new BegunDump(running, holder, signal);
  }

  /** Why pg_dump ended without an archive. */
  errorOf(exit: ToolExit): unknown {
    const error = dumpError(exit);
    return this.holder === null ? error : noSnapshot(error);
  }

  /** Ends pg_dump, and the holder too where that is still there. */
  async end(): Promise<void> {
    this.signal.removeEventListener('abort', this.stop);
    await this.running.stop();
    await this.holder?.kill();
  }

  private readonly stop = (): void => void this.running.stop();
}
