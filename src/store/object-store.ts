/**
 * What every store can do with single objects. It is this small so that one can stand before another and add one thing to it:
 * retries, encryption, a limit. Which objects make a backup is for the catalogue (backup-catalogue.ts), and how an archive
 * comes in is for its writer (archive-writer.ts).
 */

/** One object (or file) of the store. `uri` is for people, `key` for the store. */
export interface ObjectRef {
  uri: string;
  key: string;
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

/** What a listing says of an object without asking for it. */
export interface ListedObject {
  object: ObjectRef;
  sizeBytes: number;
  etag: string;
  lastModified: Date;
}

export interface RangeRequest {
  offset: number;
  length: number;
  /** Fail with ARCHIVE_DAMAGED when the object is no longer this one. */
  etag?: string | undefined;
  signal?: AbortSignal | undefined;
}

/**
 * How much of a text is read: its first bytes, or the whole, which is refused when it is larger than `maxBytes` (without any of
 * these: larger than any manifest).
 */
export interface TextBound {
  firstBytes?: number;
  maxBytes?: number;
}

/**
 * Single objects. Implementations throw PhaseliftError only, with a message that names the bucket (or directory) and, where an
 * input is to blame, that input.
 */
export interface ObjectStore {
  /** null when it does not exist. */
  stat(object: ObjectRef): Promise<ObjectInfo | null>;
  /**
   * The bytes [offset, offset + length) as buffers in order, with a few requests in flight at most. A read that drops goes on
   * from the last byte; the retry budget renews with progress. Throws ARCHIVE_TRUNCATED when the object ends too early.
   */
  read(object: ObjectRef, range: RangeRequest): AsyncIterable<Buffer>;
  /** A text; null when it does not exist. Throws MANIFEST when it is larger than its bound; no more than that is read. */
  readText(object: ObjectRef, bound?: TextBound): Promise<string | null>;
  /** Writes a small object over what was there. Throws STORE when something else stands there just after. */
  writeText(object: ObjectRef, text: string): Promise<ObjectInfo>;
  /** What is directly in a folder (a key that ends with a slash) or, of a longer prefix, what goes on from it. */
  list(prefix: string): AsyncIterable<ListedObject>;
  /** One that is not there is no error. */
  remove(object: ObjectRef): Promise<void>;
}
