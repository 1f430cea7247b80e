import type { IndexChoice } from '../plan/index-strategy.js';
import type { Phase } from '../plan/stage.js';

/** What a dry run says would be done. Bytes and seconds that nobody knows are null: no time is invented. */

/** How long something takes, about, and how that is known; or why it is not. */
export interface TimeEstimate {
  seconds: number | null;
  /** For people: `by the backup one, 1.2 GiB in 30 s`. */
  basis: string;
}

/** A backup as it would be made. */
export interface BackupPlan {
  name: string;
  uri: string;
  /** Something stands under the name, and gives way. */
  replaces: boolean;
  /** Of the source, and their bytes on its disk. */
  tables: number;
  sourceBytes: number;
  /** Of the archive before compression. */
  estimatedBytes: number;
  /** Of the archive as it is stored. */
  storedBytes: number | null;
  /** Of each part of the upload; null where the archive is not uploaded in parts. */
  partBytes: number | null;
  /** So many parts at most, as far as the estimates are right. */
  parts: number | null;
  readers: number;
  /** Why so many. */
  readersReason: string | null;
  time: TimeEstimate;
}

/** A phase with what is left to do in it. */
export interface PlannedPhase {
  phase: Phase;
  /** Still to do. */
  units: number;
  /** By earlier runs. */
  unitsFinished: number;
  /** Of the archive, still to be read; null where a phase reads none. */
  bytes: number | null;
  seconds: number | null;
}

/** A unit that is still to do. */
export interface PlannedUnit {
  id: string;
  phase: Phase;
  title: string;
  /** Of the archive; null where it reads none. */
  bytes: number | null;
}

/** What becomes of an index, and why. */
export type PlannedIndex = Omit<IndexChoice, 'dumpId'>;

/** What is not restored. */
export interface PlannedOmission {
  title: string;
  reason: string;
}

/** The work of a restore, as the plan has it. */
export interface PlannedWork {
  indexStrategy: string;
  phases: PlannedPhase[];
  units: PlannedUnit[];
  indexes: PlannedIndex[];
  /** Why something is not done as the strategy says. */
  reasons: string[];
  leftOut: PlannedOmission[];
  /** Of the archive, still to be read. */
  estimatedBytes: number;
  time: TimeEstimate;
}

/** A restore as it would be done. */
export interface RestorePlan {
  /** The name of the backup. */
  backup: string;
  /** `host:port/database` */
  target: string;
  /** The database is still to be made. */
  creates: boolean;
  /** It goes on with what an earlier run has begun. */
  resumes: boolean;
  /** null: known once the backup is there, which the same run would make. */
  work: PlannedWork | null;
}

/** What a dry run found; at least one part is there. */
export interface RunPlan {
  mode: string;
  backup: BackupPlan | null;
  restore: RestorePlan | null;
  /** What was not checked, as that would write. */
  notChecked: string[];
}
