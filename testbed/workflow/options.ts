import type { JobIdentity } from '../job-identity.js';
import type { Value } from './expressions.js';
import type { WorkflowResult } from './results.js';
import type { Services } from './service-host.js';

/** Names and values that a repository, or one of its environments, has for its workflows. */
export interface Configuration {
  readonly secrets?: Readonly<Record<string, string>>;
  readonly vars?: Readonly<Record<string, string>>;
}

export interface RunOptions extends Configuration {
  /** What starts the workflow: `schedule`, `workflow_dispatch` … */
  readonly event: string;
  /** What was typed into the form of a start by hand. */
  readonly inputs?: Readonly<Record<string, Value>>;
  /** Environments of the repository, whose secrets and variables come before its own. Every approval is given. */
  readonly environments?: Readonly<Record<string, Configuration>>;
  /** The same for a run that is done again. */
  readonly runId?: number;
  /** 1, or more for a re-run. */
  readonly attempt?: number;
  /** "Re-run failed jobs" of this run: what went well is not run again. Without it all jobs are. */
  readonly failedJobsOf?: WorkflowResult;
  /** What a checkout brings: paths and texts. */
  readonly files?: Readonly<Record<string, string>>;
  /** PATH of all steps; default that of this process. */
  readonly path?: string;
  /** Keys behind the roles that `configure-aws-credentials` may take, by ARN. */
  readonly roles?: Readonly<Record<string, Keys>>;
  /** Who gives tokens to jobs with `id-token: write`, and is the STS of all of them; without it no job gets a token. */
  readonly identity?: Pick<JobIdentity, 'tokenEnv' | 'stsEnv'>;
  readonly services: Services;
  /** Gets each line of each step as it comes. */
  readonly onLine?: (line: string) => void;
}

export interface Keys {
  readonly accessKey: string;
  readonly secretKey: string;
}
