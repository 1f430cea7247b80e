import { readFile } from 'node:fs/promises';
import { parser } from './language.js';
import { isMapping, literals, mapping, nodeOf, type Mapping, type Node } from './nodes.js';

/** A workflow as its file has it; expressions are not evaluated yet. */
export interface WorkflowFile {
  readonly path: string;
  readonly name: string;
  /** What `on` says of each event. */
  readonly events: Readonly<Record<string, Node>>;
  readonly permissions: Node | undefined;
  readonly concurrency: Node | undefined;
  readonly env: Node | undefined;
  readonly defaults: Node | undefined;
  /** By id, in the order of the file. */
  readonly jobs: Readonly<Record<string, JobNode>>;
}

const WORKFLOW_KEYS = ['name', 'run-name', 'on', 'permissions', 'concurrency', 'env', 'defaults', 'jobs'] as const;
const JOB_KEYS = [
  ...['name', 'needs', 'if', 'permissions', 'concurrency', 'strategy', 'uses', 'with', 'secrets'],
  ...['runs-on', 'environment', 'outputs', 'env', 'defaults', 'timeout-minutes', 'continue-on-error', 'services'],
  'steps',
] as const;

export type JobNode = Partial<Mapping>;

/** Reads and checks a workflow. Throws with all faults that GitHub's parser finds, and for what this runner does not know. */
export async function readWorkflow(path: string): Promise<WorkflowFile> {
  return parseWorkflowText(path, await readFile(path, 'utf8'));
}

async function parseWorkflowText(path: string, text: string): Promise<WorkflowFile> {
  const { context, value } = parser.parseWorkflow({ name: path, content: text }, new parser.NoOperationTraceWriter());
  // Conversion finds more: unknown jobs in `needs`, circles, ids that are given twice.
  if (value !== undefined) await parser.convertWorkflowTemplate(context, value);
  const faults = [...new Set(context.errors.getErrors().map(({ message }) => message))];
  if (faults.length > 0 || value === undefined) throw new Error(`${path} is not a workflow:\n${faults.join('\n')}`);

  const root = mapping(nodeOf(value), path, WORKFLOW_KEYS);
  const on = root.on;
  return {
    path,
    name: typeof root.name === 'string' ? root.name : path,
    events: isMapping(on) ? on : Object.fromEntries(literals(on, `${path}: on`).map((event) => [event, null])),
    permissions: root.permissions,
    concurrency: root.concurrency,
    env: root.env,
    defaults: root.defaults,
    jobs: Object.fromEntries(
      Object.entries(mapping(root.jobs, `${path}: jobs`)).map(([id, job]) => [
        id,
        mapping(job, `${path}: job ${id}`, JOB_KEYS),
      ]),
    ),
  };
}
