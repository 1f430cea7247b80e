import type { Consent } from '../foundation/consent.js';
import type { Logger } from '../foundation/logger.js';
import type { Connection } from '../postgres/connection.js';
import type { Toolbox } from '../postgres/toolbox.js';
import type { ProgressDisplay, ProgressOptions } from '../report/progress-display.js';
import type { RunRecorder } from '../report/run-recorder.js';
import type { LeftoverRegistry } from '../store/archive-writer.js';
import type { Store } from '../store/store.js';
import type { Stores } from '../store/stores.js';

/** What every command is handed: its collaborators, made by the composition root. */
export interface CommandContext {
  store: Store;
  stores: Stores;
  log: Logger;
  recorder: RunRecorder;
  /** Aborted when the run is cancelled. */
  signal: AbortSignal;
  /** Begins to show how far a piece of work is. */
  progress: (options: ProgressOptions) => ProgressDisplay;
  consent: Consent;
  now: () => Date;
  /** The run of a workflow that this is a part of; null where there is none. */
  workflowRun: string | null;
  toolboxes: Toolboxes;
  /** Told as soon as something exists outside of this process that a clean-up after a kill has to remove. */
  leftovers: LeftoverRegistry;
}

/** Hands out PostgreSQL's tools, found or started when they are first asked for. */
export interface Toolboxes {
  /**
   * A toolbox whose tools are all at least of this major version; 0 takes any. The same one is handed out as long as it
   * is new enough. `connection` is what the tools will connect to; null: to nothing.
   */
  atLeast(major: number, connection: Connection | null): Promise<Toolbox>;
}
