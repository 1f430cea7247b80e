import type { DrillChoice } from '../fleet/drill.js';
import type { HealthState, ShrunkTable } from '../fleet/health.js';
import type { ReaderReport } from '../dump/ordered-readers.js';
import type { Phase } from '../plan/stage.js';
import type { ProvenRestore } from '../store/proof.js';
import type { RunPlan } from './run-plan.js';
import type { VerificationLine } from '../verify/verification-line.js';

/** What a run tells about itself: the job summary, the outputs and the annotations are made of this value. */

/** A piece of a run that is timed on its own. */
export type StepName =
  | 'checks'
  | 'backup'
  | Phase
  | 'analyze'
  | 'verify'
  /** Of a backup, from its first byte to its last. */
  | 'read'
  | 'remove';
/** How a step ended, if it has. */
export type StepStatus = 'success' | 'failed' | 'cancelled' | 'running';

/** One step of the run. A step may come twice: `all` has two of `checks`. */
export interface StepReport {
  name: StepName;
  status: StepStatus;
  startedAtMs: number;
  /** null while it runs. */
  endedAtMs: number | null;
  /** Units finished by this run. */
  units: number;
  /** Units that an earlier run had finished (resume). */
  unitsBefore: number;
  rows: number | null;
  bytes: number | null;
}

/** One finished unit of a restore, or one table of a backup. */
export interface UnitReport {
  step: StepName;
  /** What it worked on, for people: `TABLE DATA app.t`. */
  title: string;
  seconds: number;
  rows: number | null;
  bytes: number | null;
  /** Of a table in a backup: by how many statements it was read. */
  pieces?: number;
}

/** A backup in a list. Times are ISO 8601, UTC; what nobody knows is null. */
export interface BackupLine {
  /** Where the list is of many. */
  database?: string;
  name: string;
  takenAt: string | null;
  finishedAt: string | null;
  sizeBytes: number | null;
  rows: number | null;
  tables: number | null;
  serverVersion: string | null;
  dumpVersion: string | null;
  phaseliftVersion: string | null;
  /** `complete`, or why it is not. */
  state: string;
  /** When the newest of its objects was written. */
  lastModified: string;
  /** When a restore of it was verified last. */
  provenAt: string | null;
}

/** A database of a server, and what there is of it. What nobody knows is null. */
export interface DatabaseLine {
  database: string;
  /** `unfit`: no backup can have its name. */
  state: 'due' | 'not due' | 'no rule' | 'no access' | 'unfit';
  /** For people; empty where there is nothing to say. */
  reason: string;
  due: boolean;
  /** The patterns of the rule that counts. */
  rule: string | null;
  /** On the server's disk. */
  sizeBytes: number | null;
  /** Of a new archive: as the newest one, else as on the disk. */
  estimatedBytes: number | null;
  newestBackup: string | null;
  /** ISO 8601, UTC. */
  takenAt: string | null;
  ageSeconds: number | null;
}

/** How the backups of a database are. What nobody knows is null. */
export interface StatusLine {
  database: string;
  state: HealthState;
  /** For people; empty where all is well. */
  reason: string;
  newestBackup: string | null;
  /** ISO 8601, UTC. */
  takenAt: string | null;
  ageSeconds: number | null;
  sizeBytes: number | null;
  /** Of the complete backup before. */
  sizeBefore: number | null;
  rows: number | null;
  rowsBefore: number | null;
  /** Those that have lost more of their rows than is allowed, as far as somebody has set a limit; the first of many. */
  shrunkTables: ShrunkTable[];
  /** How many things there are that runs have left which did not end well. */
  leftovers: number;
  /** When a restore of it was verified last: ISO 8601, UTC. */
  provenAt: string | null;
  /** When a restore that was to prove one began, and has left no proof since: ISO 8601, UTC. */
  triedAt: string | null;
}

/** What a list, a verification or a prune of many databases has found or done with one. What nobody knows is null. */
export interface FleetLine {
  database: string;
  state: 'done' | 'failed' | 'left alone';
  /** For people: what was found or done, or why not; empty where there is nothing to say. */
  text: string;
  /** Complete ones, after the run. */
  backups: number | null;
  /** Of all that is there, after the run; of a verification, of what was read. */
  sizeBytes: number | null;
  /** Of a verification, the one that was read. */
  newestBackup: string | null;
  /** ISO 8601, UTC. */
  takenAt: string | null;
}

/** A role of a server. */
export interface RoleLine {
  name: string;
  /** As behind CREATE ROLE … WITH, without those that say no. */
  attributes: string[];
  memberOf: string[];
}

/** The proof that a restore has left. */
export interface ProofReport {
  uri: string;
  /** Restores of this database that were proven, oldest first, this one last. */
  history: readonly ProvenRestore[];
}

/** A table of a backup. What nobody knows is null, as are rows and size of a table without data in the backup. */
export interface TableContents {
  schema: string;
  name: string;
  rows: number | null;
  /** Bytes of the archive. */
  sizeBytes: number | null;
  /** Bytes on the source's disk: heap with TOAST. */
  sourceBytes: number | null;
  indexes: { name: string; /** Bytes on the source's disk. */ sourceBytes: number | null }[];
}

/** A role that a backup names; how often as what. */
export interface RoleContents {
  name: string;
  owns: number;
  privileges: number;
  defaultPrivileges: number;
  policies: number;
  userMappings: number;
  settings: number;
}

/** What a backup holds. */
export interface BackupContents {
  schemas: string[];
  /** Largest first. */
  tables: TableContents[];
  /** How many there are of each other kind. */
  others: Record<string, number>;
  /** Those that it names, and does not hold. */
  roles: RoleContents[];
}

/** What a prune did with one backup or leftover. */
export interface PruneLine {
  /** Where the prune is of many. */
  database?: string;
  /** Of the backup; or that of the archive which was being uploaded. */
  name: string;
  /** When it was taken, else when it was written last or begun: ISO 8601, UTC. */
  at: string;
  sizeBytes: number | null;
  fate: 'kept' | 'removed' | 'to be removed' | 'left alone';
  /** Why, for people. */
  reason: string;
}

/** What a prune did, or in a dry run would do. */
export interface PruneReport {
  /** Nothing was changed: what is to be removed would be. */
  dryRun: boolean;
  lines: PruneLine[];
}

/** Why the run failed, in the words of its PhaseliftError. */
export interface FailureReport {
  code: string;
  /** The first line names what failed and why; further lines, if any, are single faults (inputs, checks). */
  message: string;
  object: string | null;
  sqlState: string | null;
  hint: string | null;
}

/** All that is known of a run; null where something is not known, or is not of its mode. */
export interface RunReport {
  mode: string;
  database: string;
  /** `host:port/database`, without user and password; null in backup mode. */
  target: string | null;
  backupName: string | null;
  backupUri: string | null;
  manifestUri: string | null;
  sizeBytes: number | null;
  tableCount: number | null;
  rowCount: number | null;
  resumed: boolean;
  /** False when a time limit has ended a restore; null as long as neither is known. */
  finished: boolean | null;
  startedAtMs: number;
  endedAtMs: number | null;
  outcome: 'success' | 'failure' | 'cancelled' | 'running';
  steps: StepReport[];
  /** All finished units' slowest; kept bounded by the run. */
  slowestUnits: UnitReport[];
  /** Of a backup with several of them, by their numbers. */
  readers: ReaderReport[];
  verification: VerificationLine[];
  /** Newest first: what a list found, what a prune has left; null where neither was at work. */
  backups: BackupLine[] | null;
  /** Newest first; null where no prune was at work. */
  prune: PruneReport | null;
  /** Most urgent first; null where nobody asked. */
  databases: DatabaseLine[] | null;
  /** Worst first; null where nobody asked. */
  status: StatusLine[] | null;
  /** By database; null where the run is about one. */
  fleet: FleetLine[] | null;
  /** By their names; null where nobody asked. */
  roles: RoleLine[] | null;
  /** What is to be restored on trial next; null where nothing is, and where nobody asked. */
  drill: DrillChoice | null;
  /** null where a restore has left none. */
  proof: ProofReport | null;
  /** What a backup holds; null where nobody asked. */
  contents: BackupContents | null;
  /** What a dry run of a backup or a restore found; null where it was none. */
  plan: RunPlan | null;
  /** Plan reasons and things left out, for people. */
  notes: string[];
  failure: FailureReport | null;
}
