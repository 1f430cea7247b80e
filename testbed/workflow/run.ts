import { inputsOf } from './inputs.js';
import { mapping } from './nodes.js';
import type { RunOptions } from './options.js';
import type { WorkflowResult } from './results.js';
import { RunningWorkflow } from './running-workflow.js';
import { readWorkflow } from './workflow-file.js';

/** A workflow that runs. */
export interface WorkflowRun {
  /** Presses "Cancel workflow". */
  cancel(): void;
  /** Rejects when the workflow is wrong, or has something in it that the runner does not know. */
  readonly done: Promise<WorkflowResult>;
}

/** Runs a workflow file about as GitHub would; its jobs one after the other, each on an empty machine. */
export function runWorkflow(path: string, options: RunOptions): WorkflowRun {
  const cancellation = new AbortController();
  const run = async (): Promise<WorkflowResult> => {
    const file = await readWorkflow(path);
    if (!(options.event in file.events)) throw new Error(`${path} is not started by ${options.event}`);
    const where = `${path}: inputs`;
    const form = mapping(file.events['workflow_dispatch'], `${path}: on.workflow_dispatch`, ['inputs']).inputs;
    const inputs =
      options.event === 'workflow_dispatch'
        ? inputsOf(form, options.inputs ?? {}, { contexts: {}, functions: {} }, where)
        : // Nobody filled in the form: each of its inputs is nothing.
          Object.fromEntries(Object.keys(mapping(form, where)).map((name) => [name, null]));
    const { secrets = {}, vars = {} } = options;
    const own = { ...secrets, GITHUB_TOKEN: 'token-of-the-job' };
    const { signal } = cancellation;
    return new RunningWorkflow(file, { options, inputs, secrets: own, vars, caller: null, signal }).run();
  };
  return {
    cancel: () => {
      cancellation.abort();
    },
    done: run(),
  };
}
