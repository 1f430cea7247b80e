/** An archive on its way into a bucket, as one multipart upload. */
import { PhaseliftError, textOf } from '../../foundation/errors.js';
import { phrase } from '../../foundation/text.js';
import type { ArchiveIdentity, ArchivePlace, ArchiveWriter, ByteEntrance, Produce } from '../archive-writer.js';
import { ArchiveSeal } from '../archive-seal.js';
import type { Manifest } from '../manifest.js';
import { SUMMARY_PREFIX_BYTES, writeManifest } from '../manifest-text.js';
import { newArchiveId } from '../names.js';
import type { ObjectInfo, ObjectRef, ObjectStore } from '../object-store.js';
import type { S3Access } from './client.js';
import { findManifest } from './found-manifest.js';
import { locateAhead } from './layout.js';
import { overtaken } from './own-object.js';
import { choosePartSize } from './part-size.js';
import { discardPublished, publishManifest } from './publication.js';
import { uploadArchive } from './upload.js';
import { abortUpload } from './upload-abort.js';

/**
 * Puts an archive and its manifest into the place of a backup. Where something stands there, the new manifest is written ahead
 * of the archive, under a name of its own, so that at each moment either the old or the new backup is whole: with its archive
 * the new one is there. docs/adr/0011-pairs-by-id.md
 */
export class MultipartArchive implements ArchiveWriter, ByteEntrance {
  readonly kind = 'bytes';
  readonly entrance = this;
  private readonly id = newArchiveId();
  /** null: it is stored as it comes. */
  private seal: ArchiveSeal | null = null;
  private readonly ahead: ObjectRef | null;
  private uploadId: string | null = null;
  private isAheadWritten = false;
  /** The archive, once it is in its place. */
  private stored: ObjectInfo | null = null;
  private isEnded = false;

  /** Sends nothing yet. Throws INPUT when there is no room for the key of the manifest that is written ahead. */
  constructor(
    private readonly access: S3Access,
    private readonly objects: ObjectStore,
    private readonly place: ArchivePlace,
  ) {
    this.ahead = place.replaces.archive === null ? null : locateAhead(place.ref, this.id);
  }

  async accept(produce: Produce, describe: (archive: ArchiveIdentity) => Manifest): Promise<ObjectInfo> {
    const { ref, replaces, estimatedBytes, signal, leftovers } = this.place;
    const { recipients } = this.access.settings.keys;
    if (recipients.length > 0) this.seal = await ArchiveSeal.to(recipients);
    this.stored = await uploadArchive(this.access, ref.archive.key, this.seal?.sealing(produce) ?? produce, {
      partSizeBytes: choosePartSize(estimatedBytes, this.access.settings.chunkSizeBytes),
      id: this.id,
      replaces: replaces.archive,
      signal,
      onStarted: (uploadId) => {
        this.uploadId = uploadId;
        leftovers.uploadStarted(ref.archive.key, uploadId);
      },
      beforeCompletion: () => this.writeAhead(() => describe({ etag: null, versionId: null, id: this.id })),
    });
    return this.stored;
  }

  /** Writes the manifest that stays. Without it an archive that has replaced nothing is nothing, and goes again. */
  async publish(manifest: Manifest): Promise<void> {
    const { stored: archive, ahead } = this;
    const { ref, leftovers, signal } = this.place;
    if (archive === null) throw new PhaseliftError('INTERNAL', `${ref.archive.uri} has no bytes to be published`);
    try {
      if (ahead === null) signal.throwIfAborted();
      await publishManifest(this.access, this.objects, { ref, archive, text: await this.textOf(manifest) });
    } catch (error) {
      if (error instanceof PhaseliftError && error.code === 'BACKUP_EXISTS') await this.abandon();
      else if (ahead !== null) {
        // What is left is a backup: the post step brings its manifest to its place.
        this.isEnded = true;
        throw completeWithout(ref.name, ahead, error);
      } else await this.takeBack(archive);
      this.isEnded = true;
      leftovers.uploadEnded();
      throw error;
    }
    this.isEnded = true;
    leftovers.uploadEnded();
  }

  async discard(): Promise<void> {
    if (this.isEnded) return;
    this.isEnded = true;
    if (this.stored === null) await this.abandon();
    else if (this.ahead === null) {
      await this.takeBack(this.stored);
      this.place.leftovers.uploadEnded();
    }
  }

  /** All bytes have arrived, and nothing else has to. */
  private async writeAhead(describe: () => Manifest): Promise<void> {
    const { ref, replaces, leftovers } = this.place;
    if (this.ahead === null) return;
    // An archive that had no manifest, as its run had died, or so it seemed.
    if (replaces.state !== 'complete' && (await this.isComplete())) throw overtaken(ref.archive.uri, false);
    leftovers.manifestAhead(ref, this.id);
    this.isAheadWritten = true;
    await this.objects.writeText(this.ahead, await this.textOf(describe()));
  }

  private async textOf(manifest: Manifest): Promise<string> {
    return writeManifest(this.seal === null ? manifest : await this.seal.sealed(manifest));
  }

  private async isComplete(): Promise<boolean> {
    const reading = { objects: this.objects, logger: this.access.logger };
    return (await findManifest(reading, this.place.ref, SUMMARY_PREFIX_BYTES)).state === 'complete';
  }

  private async takeBack(archive: ObjectInfo): Promise<void> {
    await discardPublished(this.objects, this.place.ref, archive).catch(() => undefined);
  }

  /**
   * The archive is not in the place: removes the manifest that was written ahead of it. What cannot be removed now is left to
   * the post step, or a prune.
   */
  private async abandon(): Promise<void> {
    const { archive } = this.place.ref;
    if (this.ahead === null || !this.isAheadWritten) return;
    try {
      // Only when nothing can complete it any more.
      if (this.uploadId !== null) await abortUpload(this.access, archive.key, this.uploadId);
      if ((await this.objects.stat(archive))?.id !== this.id) await this.objects.remove(this.ahead);
    } catch (error) {
      const { uri } = this.ahead;
      this.access.logger.warning(
        phrase`the manifest that was written ahead, ${uri}, could not be removed: ${textOf(error)}`,
      );
    }
  }
}

/** The manifest that stays could not be written, and the backup that it was for is there. */
function completeWithout(name: string, ahead: ObjectRef, error: unknown): PhaseliftError {
  const own = error instanceof PhaseliftError ? error : null;
  const message = phrase`${textOf(error)}. The backup ${name} is complete all the same: its manifest is ${ahead.uri}`;
  return new PhaseliftError(own?.code ?? 'STORE', message, { hint: own?.hintText, object: own?.object, cause: error });
}
