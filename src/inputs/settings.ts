import type { Connection } from '../postgres/connection.js';
import type { ToolboxSettings } from '../postgres/toolbox.js';

/** What can be asked for, in the order of the documents. */
export const MODES = ['backup', 'restore', 'all', 'list', 'verify', 'prune'] as const;
/** One of the modes. */
export type Mode = (typeof MODES)[number];

/** Which indexes are created before the data; the design says what each means. */
export const INDEX_STRATEGIES = ['empty', 'empty-keys-last', 'after-data'] as const;
/** One of the index strategies. */
export type IndexStrategy = (typeof INDEX_STRATEGIES)[number];

/** `full` also counts every table in the target. */
export type VerifyLevel = 'true' | 'full' | 'false';

/** Backups in a bucket. */
export interface S3Settings {
  bucket: string;
  /** Without leading or trailing slash; may be empty. */
  prefix: string;
  /** The key of `s3-uri` when one exact object was asked for, else null. */
  exactKey: string | null;
  region: string;
  /** null is AWS. */
  endpoint: string | null;
  forcePathStyle: boolean;
  verifySsl: boolean;
  /** null leaves it to the SDK's default chain, which renews. */
  credentials: { accessKeyId: string; secretAccessKey: string; sessionToken: string | null } | null;
  /** Bytes; null is `auto`. */
  chunkSizeBytes: number | null;
  maxRetries: number;
}

/** Backups in pg_dump's directory format below one directory. */
export interface DirectorySettings {
  /** Absolute. */
  path: string;
}

/** Where backups live. */
export type StoreSettings = ({ kind: 's3' } & S3Settings) | ({ kind: 'directory' } & DirectorySettings);

/** How much a run says. */
export interface LogSettings {
  quiet: boolean;
  debug: boolean;
  showProgress: boolean;
}

/** What every mode has. */
export interface CommonSettings {
  database: string;
  store: StoreSettings;
  toolbox: ToolboxSettings;
  /** PGOPTIONS of each session. */
  pgOptions: string;
  skipChecks: boolean;
  log: LogSettings;
}

/** What modes have that make a backup. */
export interface DumpSettings {
  source: Connection;
  /** As pg_dump's -Z takes it: `0`, `gzip:6`, `zstd`. */
  compress: string;
  /** Safe pg_dump arguments, checked against the list. */
  dumpOptions: readonly string[];
  /** pg_dump's own workers; more than 1 in a directory only. */
  dumpJobs: number;
  /** Overwrite a backup of the same name. */
  force: boolean;
}

/** What not to restore: all of a kind, or one object of it. */
export interface SkipEntry {
  desc: string;
  /** `name` or `schema.name`, null for all of the kind. */
  name: string | null;
  /** As written, for messages. */
  text: string;
}

/** What modes have that restore one. */
export interface LoadSettings {
  target: Connection;
  jobs: number;
  indexStrategy: IndexStrategy;
  skipEntries: readonly SkipEntry[];
  keepTablespaces: boolean;
  keepAccessMethods: boolean;
  keepSubscriptions: boolean;
  keepOwner: boolean;
  keepPrivileges: boolean;
  analyze: boolean;
  verify: VerifyLevel;
}

/**
 * Which complete backups of a database a prune keeps: those that any rule keeps. null: no such rule; at least one is not null.
 * A day, week (from Monday) or month is of UTC, and has one backup kept: its newest.
 */
export interface KeepRules {
  /** The newest ones. */
  last: number | null;
  /** All taken within so many days. */
  days: number | null;
  /** One for each of the newest days that have any, and so on. */
  daily: number | null;
  weekly: number | null;
  monthly: number | null;
}

/** One typed settings object per mode. */
export type Settings =
  /** backupName null: the UTC time of the start. */
  | ({ mode: 'backup'; backupName: string | null } & CommonSettings & DumpSettings)
  /** backupName `latest` is the newest complete backup. */
  | ({ mode: 'restore'; backupName: string } & CommonSettings & LoadSettings)
  | ({ mode: 'all'; backupName: string | null } & CommonSettings & DumpSettings & LoadSettings)
  | ({ mode: 'list' } & CommonSettings)
  | ({ mode: 'verify'; backupName: string } & CommonSettings)
  | ({ mode: 'prune'; keep: KeepRules; dryRun: boolean } & CommonSettings);

/** Of `backup`, and of `all` the first half. */
export type BackupSettings = Extract<Settings, { mode: 'backup' | 'all' }>;
/** Of `restore`, and of `all` the second half. */
export type RestoreSettings = Extract<Settings, { mode: 'restore' | 'all' }>;
/** Of `list`. */
export type ListSettings = Extract<Settings, { mode: 'list' }>;
/** Of `verify`. */
export type VerifySettings = Extract<Settings, { mode: 'verify' }>;
/** Of `prune`. */
export type PruneSettings = Extract<Settings, { mode: 'prune' }>;
