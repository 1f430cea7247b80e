import { ArchiveMapper } from '../archive/mapper.js';
import type { ArchiveContents } from '../archive/types.js';
import { messageOf, PhaseliftError } from '../foundation/errors.js';
import { writeManifest } from '../store/manifest-text.js';
import type { Manifest } from '../store/manifest.js';
import { newArchiveId } from '../store/names.js';
import { shownBy } from '../report/progress-display.js';
import { overtaken } from '../store/s3/overtaken.js';
import type { ObjectInfo, ObjectRef, Standing, UploadedBackups } from '../store/store.js';
import { BackupStream } from './backup-stream.js';
import type { CommandContext } from './context.js';
import { expectedBytes, type Dump, type DumpedArchive } from './directory-backup.js';
import { dumpError, startDump } from './source-database.js';

/** What is to be dumped into a bucket, and over what. */
export interface UploadedDump extends Dump {
  partSizeBytes: number;
  standing: Standing;
}

/** What a manifest says of an archive. The ETag is known once the archive is in its place. */
export interface DescribedArchive extends ArchiveContents {
  info: { etag: string | null; versionId: string | null; id: string | null };
}

/** pg_dump -> mapper -> store. Comes back only with an archive that is complete; else leaves nothing. */
export async function dumpAndUpload(
  dump: UploadedDump,
  uploads: UploadedBackups,
  describe: (archive: DescribedArchive) => Manifest,
  context: CommandContext,
): Promise<DumpedArchive> {
  const { settings, ref, toolbox } = dump;
  const placing = new Placing(dump, uploads, context);
  const mapper = new ArchiveMapper();
  const progress = context.progress({ label: 'backup', totals: { bytes: expectedBytes(dump) } });
  const running = startDump(settings, toolbox);
  const agreeToEnd = async (): Promise<ArchiveContents> => {
    const exit = await running.exited;
    if (exit.code !== 0) throw dumpError(exit);
    return mapper.end();
  };
  const body = new BackupStream(mapper, agreeToEnd, () => {
    progress.set({ bytes: mapper.bytesSeen, rows: mapper.rowsSeen });
    context.recorder.stepTotals({ bytes: mapper.bytesSeen, rows: mapper.rowsSeen });
  });
  const dumped = (): ArchiveContents => {
    if (body.contents !== null) return body.contents;
    throw new PhaseliftError('INTERNAL', 'the upload ended before the archive');
  };
  try {
    running.stdout.on('error', (error) => body.destroy(error)).pipe(body);
    const uploading = (): Promise<ObjectInfo> =>
      context.store.upload(ref.archive, body, {
        partSizeBytes: dump.partSizeBytes,
        id: placing.id,
        replaces: dump.standing.archive,
        signal: context.signal,
        onStarted: (uploadId) => {
          placing.begun(uploadId);
        },
        beforeCompletion: () =>
          placing.prepare(() => describe({ ...dumped(), info: { etag: null, versionId: null, id: placing.id } })),
      });
    const info = await shownBy(progress, context.signal, uploading);
    return { ...dumped(), info, publish: (manifest) => placing.publish(info, manifest) };
  } catch (error) {
    await placing.abandon();
    throw error;
  } finally {
    body.destroy();
    await running.stop();
  }
}

/**
 * Puts an archive and its manifest into the place of a backup. Where something stands there, the new manifest is written ahead
 * of the archive, under a name of its own, so that at each moment either the old or the new backup is whole: with its archive
 * the new one is there. docs/adr/0011-pairs-by-id.md
 */
class Placing {
  readonly id = newArchiveId();
  private readonly ahead: ObjectRef | null;
  private uploadId: string | null = null;
  private isAheadWritten = false;

  constructor(
    private readonly dump: UploadedDump,
    private readonly uploads: UploadedBackups,
    private readonly context: CommandContext,
  ) {
    this.ahead = dump.standing.archive === null ? null : uploads.locateAhead(dump.ref, this.id);
  }

  begun(uploadId: string): void {
    this.uploadId = uploadId;
    this.context.leftovers.uploadStarted(this.dump.ref.archive.key, uploadId);
  }

  /** All bytes have arrived, and nothing else has to. */
  async prepare(describe: () => Manifest): Promise<void> {
    const { ref, standing } = this.dump;
    if (this.ahead === null) return;
    // An archive that had no manifest, as its run had died, or so it seemed.
    if (standing.state !== 'complete' && (await this.uploads.inspect(ref)).state === 'complete') {
      throw overtaken(ref.archive.uri, false);
    }
    this.context.leftovers.manifestAhead(ref, this.id);
    this.isAheadWritten = true;
    await this.context.store.writeText(this.ahead, writeManifest(describe()));
  }

  /** Writes the manifest that stays. Without it an archive that has replaced nothing is nothing, and goes again. */
  async publish(info: ObjectInfo, manifest: Manifest): Promise<void> {
    const { context, uploads, ahead } = this;
    const { ref } = this.dump;
    try {
      if (ahead === null) context.signal.throwIfAborted();
      await uploads.publish(ref, info, writeManifest(manifest));
    } catch (error) {
      if (error instanceof PhaseliftError && error.code === 'BACKUP_EXISTS') await this.abandon();
      else if (ahead !== null) throw completeWithout(ref.name, ahead, error);
      else await uploads.discard(ref, info).catch(() => undefined);
      context.leftovers.uploadEnded();
      throw error;
    }
    context.leftovers.uploadEnded();
  }

  /**
   * The archive is not in the place: removes the manifest that was written ahead of it. Never throws, as it must not hide why;
   * what cannot be removed now is left to the post step, or a prune.
   */
  async abandon(): Promise<void> {
    const { store, log } = this.context;
    const { archive } = this.dump.ref;
    if (this.ahead === null || !this.isAheadWritten) return;
    try {
      // Only when nothing can complete it any more.
      if (this.uploadId !== null) await store.abortUpload(archive, this.uploadId);
      if ((await store.stat(archive))?.id !== this.id) await store.remove(this.ahead);
    } catch (error) {
      log.warning(`the manifest that was written ahead, ${this.ahead.uri}, could not be removed: ${messageOf(error)}`);
    }
  }
}

/** The manifest that stays could not be written, and the backup that it was for is there. */
function completeWithout(name: string, ahead: ObjectRef, error: unknown): PhaseliftError {
  const own = error instanceof PhaseliftError ? error : null;
  const message = `${messageOf(error)}. The backup ${name} is complete all the same: its manifest is ${ahead.uri}`;
  return new PhaseliftError(own?.code ?? 'STORE', message, { hint: own?.hint, object: own?.object, cause: error });
}
