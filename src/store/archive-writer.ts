/** How a new archive comes into a store, and becomes a backup. */
import type { PhaseliftError } from '../foundation/errors.js';
import type { BackupRef, Occupant, WholeArchive } from './backup-catalogue.js';
import type { Manifest } from './manifest.js';
import type { ObjectInfo } from './object-store.js';

/** What is known of an archive as an object when its manifest is made: no ETag yet, where that is made ahead. */
export type ArchiveIdentity = Pick<ObjectInfo, 'versionId' | 'id'> & { etag: string | null };

/** Remembers, outside of this process, what a run that is killed leaves behind. */
export interface LeftoverRegistry {
  uploadStarted(key: string, uploadId: string): void;
  /** A manifest is about to be written ahead of the archive with this id. */
  manifestAhead(ref: BackupRef, archiveId: string): void;
  /** Neither of them is there any more. */
  uploadEnded(): void;
}

/** Where a new archive goes, and what it is expected to be. */
export interface ArchivePlace {
  ref: BackupRef;
  /** What stands there and gives way. When anything else is there by then, the archive or its manifest is refused: BACKUP_EXISTS. */
  replaces: Occupant;
  /** Of the archive, before compression. */
  estimatedBytes: number;
  leftovers: LeftoverRegistry;
  signal: AbortSignal;
}

/** Takes the bytes of an archive, in order. */
export interface ByteSink {
  /**
   * Copies the bytes. The caller may use them again at once when this returns null, else when its promise is fulfilled, and must not
   * call it again before that. Throws, or rejects, once nothing more is taken.
   */
  write(bytes: Uint8Array): Promise<void> | null;
}

/**
 * Writes a whole archive. Fulfilled when it is complete and may be stored: an archive that breaks off must not look like one
 * that has ended. When the signal aborts, nobody wants the rest: then it ends soon, in whatever way.
 */
export type Produce = (sink: ByteSink, signal: AbortSignal) => Promise<void>;

/** Takes the archive as its bytes. */
export interface ByteEntrance {
  readonly kind: 'bytes';
  /**
   * Takes what `produce` writes; comes back, or throws, when that has ended. When it throws, or the run is cancelled, nothing
   * stays, and what it threw is thrown. `describe` is asked once all bytes have arrived, if the manifest has to be written before
   * the archive takes its place.
   */
  accept(produce: Produce, describe: (archive: ArchiveIdentity) => Manifest): Promise<ObjectInfo>;
}

/** Takes the archive as files, which pg_dump writes by itself, several at a time. */
export interface DirectoryEntrance {
  readonly kind: 'directory';
  /** Of the directory that pg_dump writes to: absolute, there, empty, nobody else's. */
  readonly path: string;
  /** Bytes of the files so far. */
  writtenBytes(): Promise<number>;
  /** What is to be said when pg_dump found no room. */
  fullError(): PhaseliftError;
  /** What pg_dump, having ended well, has left there. Throws ARCHIVE_DAMAGED when it cannot be read. */
  open(signal: AbortSignal): Promise<WholeArchive>;
  /** Brings all to the disk. */
  sync(signal: AbortSignal): Promise<void>;
  info(): Promise<ObjectInfo>;
}

/** An archive on its way: no backup before it is published, and at the end either published or discarded. */
export interface ArchiveWriter {
  /** The way that the archive comes in. */
  readonly entrance: ByteEntrance | DirectoryEntrance;
  /**
   * Makes the archive, which is complete, a backup. Where that replaces another, that other is the backup until the new one is,
   * also when this is killed. Throws BACKUP_EXISTS where another run has put its own under the name meanwhile.
   */
  publish(manifest: Manifest): Promise<void>;
  /**
   * Removes what is no backup; nothing stays. Without effect once it was published, or once there is no way back. Never throws,
   * as it must not hide why.
   */
  discard(): Promise<void>;
}

/** The side of a store that takes archives. */
export interface ArchiveDepot {
  /** The way that archives come in. */
  readonly takes: (ByteEntrance | DirectoryEntrance)['kind'];
  /** An archive can come to this place: tries it, and leaves nothing. */
  checkWritable(ref: BackupRef): Promise<void>;
  /** Throws INPUT when no archive can come to this place, as far as that is seen without writing. */
  checkPlace(): void;
  /** Makes the folder that pg_dump writes to by itself; its path, or null where pg_dump does not. */
  makeFolder(database: string): Promise<string | null>;
  /** Why an archive of this compression (as pg_dump's -Z takes it) could not be read again; null when it can. */
  compressionFault(compress: string): PhaseliftError | null;
  /** Bytes of each part in which an archive of about this size is uploaded; null where it is not uploaded in parts. */
  partBytesFor(estimatedBytes: number): number | null;
  begin(place: ArchivePlace): Promise<ArchiveWriter>;
}
