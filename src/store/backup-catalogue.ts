/** Which backups a store has: objects by twos, an archive and the manifest that belongs to it. */
import type { Mention } from '../foundation/text.js';
import type { ManifestSummary } from './manifest.js';
import type { ObjectInfo, ObjectRef } from './object-store.js';
import type { Proof } from './proof.js';

export interface BackupRef {
  database: string;
  name: string;
  archive: ObjectRef;
  manifest: ObjectRef;
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
  /** Of a complete one, where a restore of this very backup was verified and has left one. Not there where only complete ones are listed. */
  proof?: Proof;
}

/** A proof that stands in the folder of a database, of whatever backup. */
export interface ListedProof {
  /** The backup of its name, which need not be there. */
  ref: BackupRef;
  object: ObjectRef;
  lastModified: Date;
}

/** What stands where a backup is or would be. */
export interface Occupant {
  /** As a listing has it. */
  state: StoredBackup['state'] | 'nothing';
  /** null where there is none, and in a directory, which tells by other means what gives way. */
  archive: ObjectInfo | null;
  /** It is certain that a dead run of ours has left it, and that it is no backup. */
  isLeftover: boolean;
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

/** What no backup needs (any more): a manifest that was written ahead, or the proof of a backup that is gone. */
export interface StaleObject {
  kind: 'manifest' | 'proof';
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

/** All that is in the folder of a database. */
export interface Inventory {
  /** Complete or not, newest first by takenAt (by lastModified where there is none). */
  backups: StoredBackup[];
  /** Oldest first. */
  uploads: PendingUpload[];
  stale: StaleObject[];
}

/** An archive as it is read from its first byte to its last, to be mapped. */
export interface WholeArchive {
  bytes: AsyncIterable<Buffer>;
  /** Dump ids of blocks that can only be read from their start later on, and so are not worth cutting. */
  wholeBlocks: ReadonlySet<number>;
}

/** How a store keeps what is removed from it. */
export interface KeptVersions {
  /** So long nothing can remove what was written, `30 days`: by object lock. null: anybody who may can. */
  lockedFor: string | null;
}

/** The same of one that is stored. */
export interface StoredWhole extends WholeArchive {
  /** That are going to come; where that is not known, those of its files. */
  sizeBytes: number;
}

/** The backups of a store. It throws as an ObjectStore does. */
export interface BackupCatalogue {
  /** For logs: `s3://bucket/prefix`, or the path of a directory. */
  readonly uri: string;
  /** True when one exact archive was asked for: it stands for every name, and needs no manifest. */
  readonly namesOneArchive: boolean;
  /** The inputs that say where backups are, for hints. */
  readonly placeInputs: readonly Mention[];
  /** The input by which exactly this archive is asked for. */
  inputFor(archive: ObjectRef): Mention;
  /** Where a backup of this name is or would be. Pure. */
  locate(database: string, name: string): BackupRef;
  /** Bucket there, credentials accepted, objects readable. */
  checkReadable(ref: { database: string }): Promise<void>;
  /**
   * Names of databases that have a folder here, in no order: there may be anything in it. None where one exact archive was
   * asked for.
   */
  listDatabases(): Promise<string[]>;
  /** Complete backups of exactly this database, newest first by takenAt. */
  listComplete(database: string): Promise<CompleteBackup[]>;
  /**
   * All that stands under names of exactly this database's backups, complete or not, newest first by takenAt (by
   * lastModified where there is none).
   */
  listAll(database: string): Promise<StoredBackup[]>;
  /**
   * The newest complete backup of exactly this database by takenAt, of those that are not in the future; null without one. Manifests that
   * cannot be its own are not read, so what is wrong with those stays unsaid.
   */
  findNewest(database: string, now: Date): Promise<StoredBackup | null>;
  /** Proofs in this database's folder, newest written first; of one exact archive that was asked for, its own. */
  listProofs(database: string): Promise<ListedProof[]>;
  /**
   * Uploads to this database's folder that were begun and not ended, oldest first. A store that cannot list them, or may
   * not, gives none, with a debug line.
   */
  listUploads(database: string): Promise<PendingUpload[]>;
  /** Backups, uploads, and what no backup needs: the folder is listed once. */
  takeInventory(database: string): Promise<Inventory>;
  /** What a new backup of this name would replace. */
  inspect(ref: BackupRef): Promise<Occupant>;
  /**
   * The archive in this place and its manifest, even while another run replaces them. Throws MANIFEST when the manifest is
   * larger than such an archive can need.
   */
  readManifest(ref: BackupRef): Promise<FoundManifest>;
  /** The whole of an archive that `readManifest` gave `info` for. Fails with ARCHIVE_DAMAGED when it is another by now. */
  readWhole(archive: ObjectRef, info: ObjectInfo, signal: AbortSignal): Promise<StoredWhole>;
  /**
   * Removes all objects of a backup, in an order in which what is left of a removal that broke off is never taken for a
   * backup. Objects that are gone already are no error.
   */
  removeBackup(ref: BackupRef): Promise<void>;
  /**
   * The same for what a listing has found, unless it has changed since then. Why it stays, when another run has replaced or
   * completed it; else null.
   */
  removeListed(backup: StoredBackup): Promise<string | null>;
  /** Where what is removed stays as an older version, as far as the store tells: then a removal frees no room by itself. Else null. */
  keptVersions(): Promise<KeptVersions | null>;
  /** Ends a dead upload; one that is gone already is no error. */
  abortUpload(object: ObjectRef, uploadId: string): Promise<void>;
  /**
   * Ends what a run has left that had written a manifest ahead: publishes it when its archive is there, else removes it.
   * Tells which; `nothing` when there is no such manifest (any more).
   */
  settle(ref: BackupRef, archiveId: string): Promise<'published' | 'removed' | 'nothing'>;
}
