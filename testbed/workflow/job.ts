import { createHash } from 'node:crypto';
import { globSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { runUses, type ActionEnd } from './actions.js';
import {
  evaluate,
  evaluateCondition,
  evaluateText,
  evaluateTexts,
  Strict,
  type Contexts,
  type Scope,
} from './expressions.js';
import { Machine } from './machine.js';
import { literal, mapping, type Node } from './nodes.js';
import type { RunOptions } from './options.js';
import type { Permissions } from './permissions.js';
import type { Result, StepResult } from './results.js';
import type { Service } from './service-host.js';
import type { JobNode } from './workflow-file.js';

/** What the steps of a job get from around it. */
export interface JobSurroundings {
  /** Names the job in errors. */
  readonly where: string;
  readonly job: JobNode;
  /** Of the workflow, outermost first, and then of the job. */
  readonly envs: readonly (Node | undefined)[];
  readonly defaults: readonly (Node | undefined)[];
  /** All that the job's own keys may see: `github`, `inputs`, `vars`, `secrets`, `needs`, `matrix`, `strategy`. */
  readonly contexts: Contexts;
  readonly permissions: Permissions;
  readonly options: RunOptions;
  /** Aborted when the run is cancelled, or the job's time is over. */
  readonly signal: AbortSignal;
}

export interface JobEnd {
  result: Result;
  outputs: Record<string, string>;
  steps: StepResult[];
  services: { name: string; asked: string; used: string }[];
}

const STEP_KEYS = [
  ...(['id', 'name', 'if', 'run', 'uses', 'with', 'env', 'shell', 'working-directory'] as const),
  ...(['continue-on-error', 'timeout-minutes'] as const),
] as const;
type Step = Partial<Record<(typeof STEP_KEYS)[number], Node>>;

/** Runs a job that has steps: its services, then its steps in order, then their post steps in the opposite one. */
export async function runJob(around: JobSurroundings): Promise<JobEnd> {
  const running = new RunningJob(around, await Machine.create());
  try {
    await running.startServices();
    await running.runSteps();
    return running.end();
  } finally {
    await running.close();
  }
}

class RunningJob {
  private readonly services: Service[] = [];
  private readonly results: StepResult[] = [];
  private readonly posts: { name: string; run: () => Promise<ActionEnd> }[] = [];
  private readonly steps: Step[];
  /** From GITHUB_ENV. */
  private env: Record<string, string> = {};
  private path: string;
  private failed = false;

  constructor(
    private readonly around: JobSurroundings,
    private readonly machine: Machine,
  ) {
    const { job, where, options } = around;
    if (!Array.isArray(job.steps)) throw new Error(`${where}: no steps`);
    this.steps = job.steps.map((step: Node, i) => mapping(step, `${where}: step ${i + 1}`, STEP_KEYS));
    this.path = options.path ?? process.env['PATH'] ?? '';
    for (const node of around.envs) this.env = { ...this.env, ...evaluateTexts(node, this.scope(), `${where}: env`) };
  }

  async startServices(): Promise<void> {
    const { job, where, options } = this.around;
    for (const [name, node] of Object.entries(mapping(job.services, `${where}: services`))) {
      const keys = ['image', 'env', 'ports', 'options'] as const;
      const service = mapping(node, `${where}: service ${name}`, keys);
      const scope = this.scope();
      const ports = evaluate(service.ports ?? [], scope);
      const definition = {
        name,
        image: evaluateText(service.image, scope),
        env: evaluateTexts(service.env, scope, `${where}: service ${name}: env`),
        ports: Array.isArray(ports) ? ports.map(String) : [],
        options: evaluateText(service.options, scope),
      };
      this.services.push(await options.services.run(definition));
    }
  }

  async runSteps(): Promise<void> {
    for (const [i, step] of this.steps.entries()) await this.runStep(step, String(i + 1));
    for (const { name, run } of this.posts.reverse()) {
      this.note({ id: `post ${name}`, name: `Post ${name}` }, await run(), false, false);
    }
  }

  end(): JobEnd {
    const { job, where } = this.around;
    return {
      result: this.status(),
      outputs: evaluateTexts(job.outputs, this.scope(), `${where}: outputs`),
      steps: this.results,
      services: this.services.map(({ name, asked, used }) => ({ name, asked, used })),
    };
  }

  async close(): Promise<void> {
    for (const service of this.services) await service.stop();
    await this.machine.remove();
  }

  private async runStep(step: Step, place: string): Promise<void> {
    const { options, permissions, signal, where } = this.around;
    const id = step.id === undefined ? place : literal(step.id, `${where}: id of step ${place}`);
    const own = { ...this.env, ...evaluateTexts(step.env, this.scope(), `${where}: env of step ${id}`) };
    const scope = this.scope(own);
    const name = step.name === undefined ? id : evaluateText(step.name, scope);
    if (!evaluateCondition(step.if, scope)) {
      const nothing = { outputs: {}, lines: [], summary: '' };
      this.results.push({ id, name, outcome: 'skipped', conclusion: 'skipped', ...nothing });
      return;
    }
    const wasCancelled = signal.aborted;
    const minutes = step['timeout-minutes'] === undefined ? null : Number(evaluateText(step['timeout-minutes'], scope));
    // What runs although the job is cancelled is not cancelled again.
    const signals = wasCancelled ? [] : [signal];
    if (minutes !== null) signals.push(AbortSignal.timeout(minutes * 60_000));
    const stepSignal = AbortSignal.any(signals);
    const env = { ...this.runnerVariables(), ...own, PATH: this.path };

    let end: ActionEnd;
    if (step.run !== undefined) {
      const shell = evaluateText(step.shell ?? this.defaultFor('shell'), scope);
      const directory = evaluateText(step['working-directory'] ?? this.defaultFor('working-directory'), scope);
      const script = evaluateText(step.run, scope);
      const onLine = options.onLine ?? (() => undefined);
      const result = await this.machine.runScript(script, { shell, env, directory }, stepSignal, onLine);
      this.path = [...result.path, this.path].join(':');
      end = { ...result, post: null };
    } else {
      const uses = literal(step.uses, `${where}: uses of step ${id}`);
      const inputs = evaluateTexts(step.with, scope, `${where}: with of step ${id}`);
      const { machine } = this;
      end = await runUses(uses, { with: inputs, env, machine, permissions, options, signal: stepSignal });
    }
    this.env = { ...this.env, ...end.env };
    if (end.post !== null) this.posts.push({ name, run: end.post });
    const goOn = step['continue-on-error'] !== undefined && evaluate(step['continue-on-error'], scope) === true;
    this.note({ id, name }, end, goOn, signal.aborted && !wasCancelled);
  }

  private note(step: { id: string; name: string }, end: ActionEnd, goOn: boolean, cancelled: boolean): void {
    const { lines, outputs, summary, exitCode } = end;
    const outcome = exitCode === 0 ? 'success' : cancelled ? 'cancelled' : 'failure';
    const conclusion = outcome === 'failure' && goOn ? 'success' : outcome;
    if (conclusion === 'failure') this.failed = true;
    this.results.push({ ...step, outcome, conclusion, outputs, lines, summary });
  }

  private status(): 'success' | 'failure' | 'cancelled' {
    if (this.around.signal.aborted) return 'cancelled';
    return this.failed ? 'failure' : 'success';
  }

  private defaultFor(key: 'shell' | 'working-directory'): Node {
    for (const node of this.around.defaults) {
      const { run } = mapping(node, `${this.around.where}: defaults`, ['run']);
      const value = mapping(run, `${this.around.where}: defaults.run`, ['shell', 'working-directory'])[key];
      if (value !== undefined) return value;
    }
    return '';
  }

  private runnerVariables(): Record<string, string> {
    const { options, contexts, permissions } = this.around;
    const { github } = contexts;
    const values = github instanceof Strict ? Object.entries(github.values) : [];
    const texts = values.filter((entry): entry is [string, string] => typeof entry[1] === 'string');
    return {
      CI: 'true',
      GITHUB_ACTIONS: 'true',
      ...Object.fromEntries(texts.map(([name, value]) => [`GITHUB_${name.toUpperCase()}`, value])),
      GITHUB_WORKSPACE: this.machine.workspace,
      DOCKER_HOST: options.services.dockerHost,
      ...options.identity?.stsEnv,
      // Scripts have it as actions have. Source: GitHub's "OpenID Connect reference".
      ...(permissions['id-token'] === 'write' ? options.identity?.tokenEnv : {}),
    };
  }

  private scope(env: Record<string, string> = this.env): Scope {
    const services = this.services.map(({ name, id, ports }) => [name, new Strict(name, { id, ports })] as const);
    const ids = this.steps.map(({ id }) => id).filter((id) => typeof id === 'string');
    const steps = ids.map((id) => {
      const done = this.results.find((result) => result.id === id);
      const { outcome = '', conclusion = '', outputs = {} } = done ?? {};
      return [id, { outcome, conclusion, outputs }] as const;
    });
    const contexts: Contexts = {
      ...this.around.contexts,
      env,
      job: new Strict('job', { status: this.status(), services: new Strict('services', Object.fromEntries(services)) }),
      runner: new Strict('runner', { os: 'Linux', arch: 'X64', temp: this.machine.temp, name: 'testbed' }),
      steps: new Strict('steps', Object.fromEntries(steps)),
    };
    return {
      contexts,
      functions: {
        success: () => this.status() === 'success',
        failure: () => this.status() === 'failure',
        cancelled: () => this.status() === 'cancelled',
        always: () => true,
        hashFiles: (...patterns) => this.hashFiles(patterns),
      },
    };
  }

  /** One hash over the contents of all files of the workspace that a pattern names; empty without any. */
  private hashFiles(patterns: string[]): string {
    const files = globSync(patterns, { cwd: this.machine.workspace }).sort();
    const contents = files.map((file) => join(this.machine.workspace, file)).filter((file) => statSync(file).isFile());
    if (contents.length === 0) return '';
    const hash = createHash('sha256');
    for (const file of contents) hash.update(createHash('sha256').update(readFileSync(file)).digest());
    return hash.digest('hex');
  }
}
