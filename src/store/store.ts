import type { Readable } from 'node:stream';

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
  sizeBytes: number;
  /** As the store gave it, quotes included. */
  etag: string;
  versionId: string | null;
  lastModified: Date;
}

export interface UploadOptions {
  partSizeBytes: number;
  /** False: fail with BACKUP_EXISTS when the object exists, looked at before and stated as a condition of completion. */
  overwrite: boolean;
  signal: AbortSignal;
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

/**
 * Where backups live. Implementations throw PhaseliftError only, with a message that names the bucket (or directory) and,
 * where an input is to blame, that input.
 */
export interface Store {
  /** For logs: `s3://bucket/prefix`. */
  readonly uri: string;
  /** Where a backup of this name is or would be. Pure. */
  locate(database: string, name: string): BackupRef;
  /** Bucket there, credentials accepted, objects readable. */
  checkReadable(ref: { database: string }): Promise<void>;
  /** An upload to this place could begin: begins one and aborts it; leaves nothing. */
  checkWritable(ref: BackupRef): Promise<void>;
  /** Complete backups of exactly this database, newest first by takenAt. */
  listComplete(database: string): Promise<CompleteBackup[]>;
  /** null when it does not exist. */
  stat(object: ObjectRef): Promise<ObjectInfo | null>;
  /** The whole object as text; null when it does not exist. */
  readText(object: ObjectRef): Promise<string | null>;
  writeText(object: ObjectRef, text: string): Promise<ObjectInfo>;
  remove(object: ObjectRef): Promise<void>;
  /** Largest archive that parts of this size can hold, bytes. */
  maxUploadBytes(partSizeBytes: number): number;
  /**
   * Uploads a stream with back-pressure, at most about 128 MiB in flight. When the body errors or the signal aborts, the
   * upload is aborted, nothing stays, and the body's own error is thrown.
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
  /** Bytes that `read` has fetched so far, for the report. */
  readonly bytesRead: number;
  close(): void;
}
