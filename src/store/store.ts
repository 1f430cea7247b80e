import type { Readable } from 'node:stream';
import type { ManifestSummary } from './manifest.js';

/** One object (or file) of the store. `uri` is for people, `key` for the store. */
export interface ObjectRef {
  uri: string;
  key: string;
}

export interface BackupRef {
  database: string;
  name: string;
  archive: ObjectRef;
  manifest: ObjectRef;
}

export interface ObjectInfo {
  /**
   * Bytes that can be read. (Of an archive in a directory, those of the archive in custom format that it is read as; where
   * its files are compressed and no manifest tells, bytes of the files.)
   */
  sizeBytes: number;
  /** With its quotes, whatever the store gave. */
  etag: string;
  versionId: string | null;
  lastModified: Date;
  /** It carries the mark of an archive that Phaselift uploaded. False where a store keeps no marks. */
  isOurs: boolean;
  /** Of an archive that Phaselift uploaded: what its manifest has too. null for others, and where a store keeps none. */
  id: string | null;
}

export interface UploadOptions {
  partSizeBytes: number;
  /** At random, to be stored with the object. */
  id: string;
  /**
   * What stands there and gives way; null is nothing. When anything else is there by then it fails with BACKUP_EXISTS: that is
   * looked at before, and stated as a condition of completion.
   */
  replaces: ObjectInfo | null;
  signal: AbortSignal;
  /** Called when all bytes have arrived, before the object takes its place. What it throws keeps it from that. */
  beforeCompletion?: () => Promise<void>;
  /** Called once the multipart upload has an id, so that a clean-up after a kill can abort it. */
  onStarted?: (uploadId: string) => void;
}

export interface RangeRequest {
  offset: number;
  length: number;
  /** Fail with ARCHIVE_DAMAGED when the object is no longer this one. */
  etag?: string | undefined;
  signal?: AbortSignal | undefined;
}

/** A backup that is complete: its manifest is there. */
export interface CompleteBackup {
  ref: BackupRef;
  /** ISO 8601 UTC, from the manifest. */
  takenAt: string;
}

/** What stands under one name, complete or not. */
export interface StoredBackup {
  ref: BackupRef;
  /** `complete`; else what is missing, or what is wrong with the manifest that is there. */
  state: 'complete' | 'no manifest' | 'no archive' | 'unreadable manifest' | 'manifest of another archive';
  /** From the manifest; null when there is none that can be read. */
  summary: ManifestSummary | null;
  /** Of the archive as it is stored; null without one. */
  sizeBytes: number | null;
  /** Of the newest of its objects. */
  lastModified: Date;
  /**
   * Of an archive without a manifest of its own: true where it is certain that Phaselift wrote it. Others are somebody's own,
   * such as what `pg_dump -Fc | aws s3 cp -` stored.
   */
  isOurs?: boolean;
  /** Complete by a manifest that was written ahead: the run was killed before it wrote the one that stays, or is about to. */
  isAhead?: boolean;
}

/** What stands where a backup is or would be. */
export interface Standing {
  /** As a listing has it. */
  state: StoredBackup['state'] | 'nothing';
  archive: ObjectInfo | null;
}

/** The manifest that belongs to an archive, of all that could. */
export interface FoundManifest {
  /** null where there is no archive. */
  archive: ObjectInfo | null;
  /** The whole text and where it is; null where there is none. */
  manifest: { text: string; uri: string } | null;
  /** False: it is certainly the manifest of another archive. */
  belongs: boolean;
}

/** A manifest that was written ahead, and that no backup needs (any more). */
export interface StaleManifest {
  object: ObjectRef;
  lastModified: Date;
}

/** An upload that was begun and neither completed nor aborted: of a run that is at work, or that died. */
export interface PendingUpload {
  object: ObjectRef;
  uploadId: string;
  startedAt: Date;
  /** When its newest part arrived, where that is known: a run of days is no dead one. */
  lastActiveAt?: Date;
}

/** An archive as it is read from its first byte to its last, to be mapped. */
export interface WholeArchive {
  bytes: AsyncIterable<Buffer>;
  /** Dump ids of blocks that can only be read from their start later on, and so are not worth cutting. */
  wholeBlocks: ReadonlySet<number>;
}

/** A backup that is being made in a directory: out of sight until it is published. */
export interface PartialDirectory {
  /** For `abortUpload`, where another process has to remove it. */
  readonly id: string;
  /** Of the directory that pg_dump writes to: absolute, there, empty, nobody else's. */
  readonly path: string;
  /** Bytes of the files so far. */
  writtenBytes(): Promise<number>;
  /** What pg_dump, having ended well, has left there. Throws ARCHIVE_DAMAGED when it cannot be read. */
  open(signal: AbortSignal): Promise<WholeArchive>;
  /** Brings all to the disk. */
  sync(signal: AbortSignal): Promise<void>;
  info(): Promise<ObjectInfo>;
  /**
   * Gives it its name, by one rename that makes it the backup. With `overwrite` what stood there at the beginning gives way;
   * until the new one is complete that is the backup, also when this is killed. Throws BACKUP_EXISTS without, and where
   * another run has published under the name meanwhile.
   */
  publish(manifest: string, overwrite: boolean): Promise<void>;
  /** Removes it; nothing stays. Without effect once it was published. */
  discard(): Promise<void>;
}

/** What a store on a file system does in place of `upload`: pg_dump writes the files itself, several at a time. */
export interface DirectoryArchives {
  /** Makes the folder of a database's backups where it is not there yet; returns its path. */
  makeFolder(database: string): Promise<string>;
  /** Whether anything, a backup or not, stands where the archive will be. */
  stands(ref: BackupRef): Promise<boolean>;
  /** Makes the directory for pg_dump, after having removed those of this database that dead runs have left. */
  begin(ref: BackupRef): Promise<PartialDirectory>;
}

/** How a backup in a bucket comes to be one, by objects that are written one after the other. docs/adr/0011-pairs-by-id.md */
export interface UploadedBackups {
  inspect(ref: BackupRef): Promise<Standing>;
  /** The place of a manifest that is written ahead of the archive with this id. Pure; throws INPUT for too long a key. */
  locateAhead(ref: BackupRef, archiveId: string): ObjectRef;
  /**
   * Writes the manifest that makes a backup of this archive. Throws BACKUP_EXISTS when another run has put its own archive in
   * the place; then that one is left whole. A manifest that was written ahead goes.
   */
  publish(ref: BackupRef, archive: ObjectInfo, manifest: string): Promise<void>;
  /** Removes this archive and its manifest, and nothing of anybody else. */
  discard(ref: BackupRef, archive: ObjectInfo): Promise<void>;
  /**
   * Ends what a run has left that had written a manifest ahead: publishes it when its archive is there, else removes it.
   * Tells which; `nothing` when there is no such manifest (any more).
   */
  settle(ref: BackupRef, archiveId: string): Promise<'published' | 'removed' | 'nothing'>;
  /** Of exactly this database. */
  listStale(database: string): Promise<StaleManifest[]>;
}

/**
 * Where backups live. Implementations throw PhaseliftError only, with a message that names the bucket (or directory) and,
 * where an input is to blame, that input.
 */
export interface Store {
  /** For logs: `s3://bucket/prefix`, or the path of a directory. */
  readonly uri: string;
  /** True when one exact archive was asked for: it stands for every name, and needs no manifest. */
  readonly namesOneArchive: boolean;
  /** null where archives are uploaded as a stream. */
  readonly directories: DirectoryArchives | null;
  /** null where archives are directories. */
  readonly uploads: UploadedBackups | null;
  /** Where a backup of this name is or would be. Pure. */
  locate(database: string, name: string): BackupRef;
  /** Bucket there, credentials accepted, objects readable. */
  checkReadable(ref: { database: string }): Promise<void>;
  /** An upload to this place could begin: begins one and aborts it; leaves nothing. */
  checkWritable(ref: BackupRef): Promise<void>;
  /** Complete backups of exactly this database, newest first by takenAt. */
  listComplete(database: string): Promise<CompleteBackup[]>;
  /**
   * All that stands under names of exactly this database's backups, complete or not, newest first by takenAt (by
   * lastModified where there is none).
   */
  listAll(database: string): Promise<StoredBackup[]>;
  /**
   * Uploads to this database's folder that were begun and not ended, oldest first. A store that cannot list them, or may
   * not, gives none, with a debug line.
   */
  listUploads(database: string): Promise<PendingUpload[]>;
  /** null when it does not exist. */
  stat(object: ObjectRef): Promise<ObjectInfo | null>;
  /**
   * The whole of a manifest as text; null when it does not exist. Throws MANIFEST when it is larger than `maxBytes` (what its
   * archive can need), or than any manifest; no more than that is read.
   */
  readText(object: ObjectRef, maxBytes?: number): Promise<string | null>;
  /** The archive in this place and its manifest, even while another run replaces them. Throws as `readText`. */
  readManifest(ref: BackupRef): Promise<FoundManifest>;
  writeText(object: ObjectRef, text: string): Promise<ObjectInfo>;
  remove(object: ObjectRef): Promise<void>;
  /**
   * Removes all objects of a backup, in an order in which what is left of a removal that broke off is never taken for a
   * backup. Objects that are gone already are no error.
   */
  removeBackup(ref: BackupRef): Promise<void>;
  /**
   * Uploads a stream with back-pressure, at most about 128 MiB in flight. When the body errors or the signal aborts, the
   * upload is aborted, nothing stays, and the body's own error is thrown. Once it has taken the place of another object there
   * is no way back: then it ends well, whatever signal or answer came after that.
   */
  upload(object: ObjectRef, body: Readable, options: UploadOptions): Promise<ObjectInfo>;
  /** Ends a dead multipart upload; one that is gone already is no error. */
  abortUpload(object: ObjectRef, uploadId: string): Promise<void>;
  /**
   * The bytes [offset, offset + length) as buffers in order, by ranged reads of a fixed size with a few in flight. A read
   * that drops goes on from the last byte; the retry budget renews with progress. Throws ARCHIVE_TRUNCATED when the
   * object ends too early.
   */
  read(object: ObjectRef, range: RangeRequest): AsyncIterable<Buffer>;
  /** The whole of an archive that `stat` gave `info` for. Fails with ARCHIVE_DAMAGED when it is another by now. */
  readWhole(object: ObjectRef, info: ObjectInfo, signal: AbortSignal): Promise<WholeArchive>;
  /** Bytes that `read` has fetched so far, for the report. */
  readonly bytesRead: number;
  close(): void;
}
