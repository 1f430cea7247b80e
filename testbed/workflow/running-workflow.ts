import { basename, join } from 'node:path';
import pMap from 'p-map';
import { PROJECT_DIRECTORY } from '../places.js';
import { evaluate, evaluateCondition, evaluateText, evaluateTexts, evaluateValues } from './expressions.js';
import { Strict, type Contexts, type Scope, type Value } from './expressions.js';
import { inputsOf, secretsOf } from './inputs.js';
import { runJob } from './job.js';
import { concurrencyOf, environmentOf, notRun } from './job-keys.js';
import { legsOf, type Leg } from './matrix.js';
import { literal, literals, mapping } from './nodes.js';
import type { RunOptions } from './options.js';
import { DEFAULT_PERMISSIONS, permissionsOf, type Permissions } from './permissions.js';
import { ourWorkflow } from './references.js';
import { worst, type JobResult, type Result, type WorkflowResult } from './results.js';
import { readWorkflow, type JobNode, type WorkflowFile } from './workflow-file.js';

/** Legs of a matrix that run at a time, whatever `max-parallel` allows: the machine of the tests is a small one. */
const LEGS_AT_ONCE = 2;

/** What a workflow gets from who started it. */
export interface Surroundings {
  options: RunOptions;
  inputs: Readonly<Record<string, Value>>;
  secrets: Readonly<Record<string, string>>;
  vars: Readonly<Record<string, string>>;
  /** Permissions of the job that called the workflow; null for one that was started itself. */
  caller: Permissions | null;
  signal: AbortSignal;
}

/** Of a job and all its legs. */
interface Finished {
  result: Result;
  outputs: Record<string, string>;
}

/** One workflow that runs: its jobs in the order of their needs. */
export class RunningWorkflow {
  private readonly finished = new Map<string, Finished>();
  private readonly results: JobResult[] = [];

  constructor(
    private readonly file: WorkflowFile,
    private readonly around: Surroundings,
  ) {}

  async run(): Promise<WorkflowResult> {
    this.keepWhatWentWell();
    const waiting = new Map(Object.entries(this.file.jobs).filter(([id]) => !this.finished.has(id)));
    while (waiting.size > 0) {
      for (const [id, job] of waiting) {
        if (!literals(job.needs, `needs of ${id}`).every((needed) => this.finished.has(needed))) continue;
        waiting.delete(id);
        this.finished.set(id, await this.runLegs(id, job));
      }
    }
    const { outputs } = mapping(this.file.events['workflow_call'], `${this.file.path}: on.workflow_call`);
    const all = [...this.finished];
    const jobs = Object.fromEntries(all.map(([id, { outputs: values }]) => [id, { outputs: values }]));
    const scope = { contexts: { ...this.contexts(), jobs: new Strict('jobs', jobs) }, functions: {} };
    return {
      result: worst(all.map(([, { result }]) => result)),
      outputs: Object.fromEntries(
        Object.entries(mapping(outputs, 'outputs')).map(([name, node]) => [
          name,
          evaluateText(mapping(node, `output ${name}`, ['description', 'value']).value, scope),
        ]),
      ),
      concurrency: concurrencyOf(this.file.concurrency, { contexts: this.contexts(), functions: {} }),
      jobs: this.results,
    };
  }

  /** Of a run whose failed jobs are run again, jobs stay as they were unless they, or some that they need, went wrong. */
  private keepWhatWentWell(): void {
    const { caller, options } = this.around;
    if (caller !== null || options.failedJobsOf === undefined) return;
    const before = options.failedJobsOf.jobs;
    const went = (id: string) => worst(before.filter((job) => job.id === id).map(({ result }) => result));
    for (const [id, job] of Object.entries(this.file.jobs)) {
      if ([id, ...this.ancestors(job)].some((name) => ['failure', 'cancelled'].includes(went(name)))) continue;
      const legs = before.filter((one) => one.id === id);
      this.results.push(...legs);
      this.finished.set(id, { result: went(id), outputs: outputsOf(legs) });
    }
  }

  /** All legs of a job, some side by side where that is asked for. Where one fails, `fail-fast` cancels those to come. */
  private async runLegs(id: string, job: JobNode): Promise<Finished> {
    const where = `${basename(this.file.path)}: job ${id}`;
    const needs = this.needsOf(job, where);
    const before = this.ancestors(job).map((name) => this.finished.get(name)?.result ?? 'skipped');
    const functions = {
      success: () => before.every((result) => result === 'success') && !this.around.signal.aborted,
      failure: () => before.includes('failure'),
      cancelled: () => this.around.signal.aborted,
      always: () => true,
    };
    const contexts = { ...this.contexts(), needs };
    const skipped = !evaluateCondition(job.if, { contexts, functions });
    const keys = ['matrix', 'fail-fast', 'max-parallel'] as const;
    const strategy = mapping(job.strategy, `${where}: strategy`, keys);
    const legs: Leg[] = skipped ? [{}] : legsOf(evaluate(strategy.matrix, { contexts, functions }));
    const failFast =
      strategy['fail-fast'] === undefined || evaluate(strategy['fail-fast'], { contexts, functions }) === true;

    // What another leg has is nothing in this one.
    const nothing = Object.fromEntries(legs.flatMap((leg) => Object.keys(leg)).map((name) => [name, null]));
    const ends: JobResult[] = [];
    const run = async (leg: Leg, index: number): Promise<JobResult> => {
      const stopped = failFast && ends.some(({ result }) => result === 'failure');
      const idle: Result | null = skipped ? 'skipped' : stopped ? 'cancelled' : null;
      const place = { 'job-index': index, 'job-total': legs.length, 'fail-fast': failFast };
      const scope = {
        contexts: { ...contexts, matrix: new Strict('matrix', { ...nothing, ...leg }), strategy: place },
        functions,
      };
      const end = idle === null ? await this.runLeg(id, job, leg, scope, where) : notRun(id, leg, idle);
      ends.push(end);
      return end;
    };
    const most =
      strategy['max-parallel'] === undefined ? 1 : Number(evaluate(strategy['max-parallel'], { contexts, functions }));
    // Which legs a failure still stops would hang on who is faster.
    const results = await pMap(legs, run, { concurrency: failFast || skipped ? 1 : Math.min(most, LEGS_AT_ONCE) });
    this.results.push(...results);
    return { result: worst(results.map(({ result }) => result)), outputs: outputsOf(results) };
  }

  private async runLeg(id: string, job: JobNode, leg: Leg, scope: Scope, where: string): Promise<JobResult> {
    const { options, signal, caller } = this.around;
    const permissions = permissionsOf(
      [job.permissions, this.file.permissions],
      caller ?? DEFAULT_PERMISSIONS,
      caller !== null,
    );
    const environment = environmentOf(job.environment, scope);
    const configuration = environment === '' ? {} : options.environments?.[environment];
    if (configuration === undefined) throw new Error(`${where}: the test gives no environment ${environment}`);
    const secrets = { ...this.around.secrets, ...configuration.secrets };
    const vars = { ...this.around.vars, ...configuration.vars };
    const contexts: Contexts = {
      ...scope.contexts,
      vars: new Strict('vars', vars),
      secrets: new Strict('secrets', secrets),
    };
    const own: Scope = { contexts, functions: scope.functions };
    const common = { id, leg, environment, permissions, concurrency: concurrencyOf(job.concurrency, own) };

    if (job.uses !== undefined) {
      const called = await this.callWorkflow(job, own, { secrets, vars, permissions, where });
      const { result, outputs } = called;
      return { ...common, result, outputs, steps: [], timeoutMinutes: 360, services: [], called };
    }
    const image = evaluateText(job['runs-on'], own);
    if (!/^ubuntu-/.test(image)) throw new Error(`${where}: the runner is no ${image}`);
    const timeoutMinutes =
      job['timeout-minutes'] === undefined ? 360 : Number(evaluateText(job['timeout-minutes'], own));
    const end = await runJob({
      where,
      job,
      envs: [this.file.env, job.env],
      defaults: [job.defaults, this.file.defaults],
      contexts,
      permissions,
      options,
      signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMinutes * 60_000)]),
    });
    const goOn = job['continue-on-error'] !== undefined && evaluate(job['continue-on-error'], own) === true;
    const result = goOn && end.result === 'failure' ? 'success' : end.result;
    return { ...common, ...end, result, timeoutMinutes, called: null };
  }

  /** `uses: ./.github/workflows/x.yml`, or the same of OWNER/phaselift@REF, which is this project. */
  private async callWorkflow(
    job: JobNode,
    scope: Scope,
    {
      secrets,
      vars,
      permissions,
      where,
    }: Pick<Surroundings, 'secrets' | 'vars'> & { permissions: Permissions; where: string },
  ): Promise<WorkflowResult> {
    const uses = literal(job.uses, `${where}: uses`);
    const path = ourWorkflow(uses);
    if (path === null) throw new Error(`${where}: the runner cannot call ${uses}`);
    const file = await readWorkflow(join(PROJECT_DIRECTORY, path));
    if (!('workflow_call' in file.events)) throw new Error(`${where}: ${path} is not to be called`);
    const declared = mapping(file.events['workflow_call'], path, ['inputs', 'outputs', 'secrets']);
    const given = evaluateValues(job.with, scope, `${where}: with`);
    const passed =
      job.secrets === 'inherit'
        ? secrets
        : secretsOf(declared.secrets, evaluateTexts(job.secrets, scope, `${where}: secrets`), `${where}: secrets`);
    return new RunningWorkflow(file, {
      options: this.around.options,
      inputs: inputsOf(declared.inputs, given, { contexts: this.contexts(), functions: {} }, `${where}: with`),
      secrets: passed,
      vars,
      caller: permissions,
      signal: this.around.signal,
    }).run();
  }

  private needsOf(job: JobNode, where: string): Strict {
    const needed = literals(job.needs, `${where}: needs`).map((id) => {
      const { result = 'skipped', outputs = {} } = this.finished.get(id) ?? {};
      return [id, { result, outputs }] as const;
    });
    return new Strict('needs', Object.fromEntries(needed));
  }

  private ancestors(job: JobNode): string[] {
    const direct = literals(job.needs, 'needs');
    return [...new Set(direct.flatMap((id) => [id, ...this.ancestors(this.file.jobs[id] ?? {})]))];
  }

  private contexts(): Contexts {
    const { options, inputs, vars } = this.around;
    const github = {
      workflow: this.file.name,
      repository: 'example/app',
      repository_owner: 'example',
      run_id: String(options.runId ?? 1001),
      run_number: '7',
      run_attempt: String(options.attempt ?? 1),
      event_name: options.event,
      event: { inputs: options.inputs ?? {} },
      ref: 'refs/heads/main',
      ref_name: 'main',
      sha: '0123456789012345678901234567890123456789',
      actor: 'somebody',
      server_url: 'https://github.com',
    };
    return {
      github: new Strict('github', github),
      inputs: new Strict('inputs', inputs),
      vars: new Strict('vars', vars),
    };
  }
}

/** Of all legs of a job: the last one that has something to say is heard. */
function outputsOf(legs: readonly JobResult[]): Record<string, string> {
  const said = legs.flatMap(({ outputs }) => Object.entries(outputs)).filter(([, value]) => value !== '');
  return Object.fromEntries(said);
}
