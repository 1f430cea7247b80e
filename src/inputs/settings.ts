import type { RoleRename } from '../archive/renamed-roles.js';
import type { DatabasePatterns, FleetConfig, FleetRule } from '../fleet/config.js';
import type { HealthLimits } from '../fleet/health.js';
import type { ValidateForeignKeys } from '../plan/foreign-key-validation.js';
import type { IndexOverride } from '../plan/index-overrides.js';
import type { IndexStrategy } from '../plan/index-strategy.js';
import type { OnlyPattern } from '../plan/only.js';
import type { SkipEntry } from '../plan/selection.js';
import type { Connection } from '../postgres/connection.js';
import type { DumpOptions } from '../postgres/dump.js';
import type { KeepOptions } from '../postgres/restore-args.js';
import type { ToolboxSettings } from '../postgres/toolbox.js';
import type { KeepRules } from '../retention/retention.js';
import type { StoreSettings } from '../store/create-store.js';
import type { VerifyLevel } from '../verify/verification.js';

/** What can be asked for, in the order of the documents. */
export const MODES = [
  'backup',
  'restore',
  'all',
  'list',
  'show',
  'verify',
  'prune',
  'databases',
  'status',
  'roles',
] as const;
/** One of the modes. */
export type Mode = (typeof MODES)[number];

/** The modes that are about many databases. */
export const MODES_OF_FLEETS: readonly Mode[] = ['databases', 'status'];
/** The modes that are about many databases where nobody names one. */
export const MODES_OF_ONE_OR_MANY: readonly Mode[] = ['list', 'verify', 'prune'];
/** The modes that are about no single database. */
export const OF_A_SERVER: readonly Mode[] = [...MODES_OF_FLEETS, 'roles'];
/** The modes that make a backup. */
export const FROM_SOURCE: readonly Mode[] = ['backup', 'all'];
/** The modes that restore one. */
export const INTO_TARGET: readonly Mode[] = ['restore', 'all'];
/** The modes that read what is in a backup. */
export const READING: readonly Mode[] = ['restore', 'all', 'show', 'verify', 'status'];
/** The modes that change something, and can show what instead. */
export const WITH_DRY_RUN: readonly Mode[] = ['backup', 'restore', 'all', 'prune'];

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

/** What modes have that change something. */
export interface DryRunSettings {
  /** Show what would be done, and change nothing. */
  dryRun: boolean;
}

/** What modes have that make a backup. */
export interface DumpSettings extends DumpOptions, DryRunSettings {
  /** Overwrite a backup of the same name. */
  force: boolean;
}

/** What modes have that restore one. */
export interface LoadSettings extends KeepOptions, DryRunSettings {
  target: Connection;
  jobs: number;
  /** About how many bytes of a block are loaded in one transaction. */
  sliceBytes: number;
  /** So long a restore goes on trying without progress; 0: not at all. */
  retryMinutes: number;
  /** Of the whole run; null: none. */
  timeLimitMs: number | null;
  indexStrategy: IndexStrategy;
  validateForeignKeys: ValidateForeignKeys;
  /** Bytes of temporary files; null: as the target limits them. */
  tempBudget: number | null;
  indexOverrides: readonly IndexOverride[];
  /** Empty: everything. */
  only: readonly OnlyPattern[];
  skipEntries: readonly SkipEntry[];
  /** Apply settings and GRANTs of the database. */
  keepDatabaseSettings: boolean;
  /** What roles are called on the target. */
  roleMap: readonly RoleRename[];
  analyze: boolean;
  verify: VerifyLevel;
  /** Leave a proof beside the backup once the restore of it was verified. */
  recordProof: boolean;
}

/** What modes have that are about many databases. */
export interface FleetSettings {
  /** null: the patterns say which databases are meant, and each of them is due. */
  config: FleetConfig | null;
  patterns: DatabasePatterns;
  /** Of a rule, or of what no rule says anything of. */
  placeOf: ReadonlyMap<FleetRule | null, FleetPlace>;
}

/** What holds for the databases of a rule. */
export interface FleetPlace {
  store: StoreSettings;
  limits: HealthLimits;
  /** What a prune keeps; null: nobody has said it, so nothing is removed. */
  keep: KeepRules | null;
}

/** What modes have that are about one database, or about many. */
export interface OneOrMany {
  /** null: about the one that is named. */
  fleet: FleetSettings | null;
}

/** One typed settings object per mode. */
export type Settings =
  /** backupName null: the UTC time of the start. */
  | ({ mode: 'backup'; backupName: string | null } & CommonSettings & DumpSettings)
  /** backupName `latest` is the newest complete backup. */
  | ({ mode: 'restore'; backupName: string } & CommonSettings & LoadSettings)
  | ({ mode: 'all'; backupName: string | null } & CommonSettings & DumpSettings & LoadSettings)
  | ({ mode: 'list' } & OneOrMany & CommonSettings)
  | ({ mode: 'show'; backupName: string } & CommonSettings)
  | ({ mode: 'verify'; backupName: string } & OneOrMany & CommonSettings)
  | ({ mode: 'prune'; fleet: null; keep: KeepRules } & DryRunSettings & CommonSettings)
  /** What is kept is said for each place. */
  | ({ mode: 'prune'; fleet: FleetSettings } & DryRunSettings & CommonSettings)
  | ({ mode: 'databases'; source: Connection } & FleetSettings & CommonSettings)
  /** source null: the databases are those that the store has backups of. */
  | ({ mode: 'status'; source: Connection | null } & FleetSettings & CommonSettings)
  /** The store is not used. */
  | ({ mode: 'roles'; source: Connection } & CommonSettings);

/** Of `backup`, and of `all` the first half. */
export type BackupSettings = Extract<Settings, { mode: 'backup' | 'all' }>;
/** Of `restore`, and of `all` the second half. */
export type RestoreSettings = Extract<Settings, { mode: 'restore' | 'all' }>;
/** Of `list`. */
export type ListSettings = Extract<Settings, { mode: 'list' }>;
export type ShowSettings = Extract<Settings, { mode: 'show' }>;
/** Of `verify`. */
export type VerifySettings = Extract<Settings, { mode: 'verify' }>;
/** Of `databases`. */
export type DatabasesSettings = Extract<Settings, { mode: 'databases' }>;
/** Of `status`. */
export type StatusSettings = Extract<Settings, { mode: 'status' }>;
/** Of `roles`. */
export type RolesSettings = Extract<Settings, { mode: 'roles' }>;
/** Of `prune`, of one database. */
export type PruneSettings = Extract<Settings, { mode: 'prune'; fleet: null }>;
/** Of `prune`, of many. */
export type FleetPruneSettings = Extract<Settings, { mode: 'prune'; fleet: FleetSettings }>;
