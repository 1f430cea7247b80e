import type { Connection } from '../postgres/connection.js';
import type { Toolbox } from '../postgres/toolbox.js';
import type { Logger } from '../report/logger.js';
import type { RunRecorder } from '../report/run-recorder.js';
import type { Store } from '../store/store.js';

/** What every command is handed: its collaborators, made by the composition root. */
export interface CommandContext {
  store: Store;
  log: Logger;
  recorder: RunRecorder;
  /** Aborted when the run is cancelled. */
  signal: AbortSignal;
  showProgress: boolean;
  now: () => Date;
  toolboxes: Toolboxes;
  /** Told as soon as something exists outside of this process that a clean-up after a kill has to remove. */
  leftovers: LeftoverRegistry;
}

export interface Toolboxes {
  /**
   * A toolbox whose tools are all at least of this major version; 0 takes any. The same one is handed out as long as it
   * is new enough.
   */
  atLeast(major: number, connection: Connection): Promise<Toolbox>;
}

export interface LeftoverRegistry {
  uploadStarted(key: string, uploadId: string): void;
  uploadEnded(): void;
}
