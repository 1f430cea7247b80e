import type { Leg } from './matrix.js';

export type Result = 'success' | 'failure' | 'cancelled' | 'skipped';

export interface StepResult {
  /** Its id, or its place among the steps of the job. */
  readonly id: string;
  readonly name: string;
  /** How it ended. */
  readonly outcome: Result;
  /** The same, after `continue-on-error`. */
  readonly conclusion: Result;
  readonly outputs: Readonly<Record<string, string>>;
  /** What it wrote to stdout and stderr, workflow commands among it. */
  readonly lines: readonly string[];
  /** Markdown. */
  readonly summary: string;
}

export interface JobResult {
  readonly id: string;
  readonly leg: Leg;
  readonly result: Result;
  readonly outputs: Readonly<Record<string, string>>;
  readonly steps: readonly StepResult[];
  /** The name of its environment, which may have asked for approval. */
  readonly environment: string;
  readonly concurrency: ConcurrencyResult | null;
  /** Scopes of its token. */
  readonly permissions: Readonly<Record<string, string>>;
  readonly timeoutMinutes: number;
  /** The images that its services asked for, and those that they got. */
  readonly services: readonly { name: string; asked: string; used: string }[];
  /** Of the workflow that it calls. */
  readonly called: WorkflowResult | null;
}

export interface ConcurrencyResult {
  readonly group: string;
  readonly cancelInProgress: boolean;
  /** `max`, where more than one may wait. */
  readonly queue?: string;
}

export interface WorkflowResult {
  readonly result: Result;
  /** Of a workflow that was called. */
  readonly outputs: Readonly<Record<string, string>>;
  readonly concurrency: ConcurrencyResult | null;
  /** In the order of their running; of a matrix every leg. */
  readonly jobs: readonly JobResult[];
}

/** The result of several: cancelled and failed ones count, skipped ones do not. */
export function worst(results: readonly Result[]): Result {
  if (results.includes('failure')) return 'failure';
  if (results.includes('cancelled')) return 'cancelled';
  return results.length > 0 && results.every((result) => result === 'skipped') ? 'skipped' : 'success';
}

/** All steps of all jobs, also of called workflows. */
export function allSteps(result: WorkflowResult): StepResult[] {
  return result.jobs.flatMap((job) => [...job.steps, ...(job.called === null ? [] : allSteps(job.called))]);
}
