/** Checks every workflow that we run or that users copy. Fails with one line a fault. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { checkWorkflow, NO_WORKFLOWS } from './workflow-checks.js';

const FOLDERS = ['.github/workflows', 'examples'];

const faults: string[] = [];
let files = 0;
for (const folder of FOLDERS) {
  // Examples of other things than workflows end in `.yaml`.
  for (const name of (await readdir(folder)).filter((file) => file.endsWith('.yml') && !NO_WORKFLOWS.includes(file))) {
    const path = join(folder, name);
    files++;
    faults.push(...(await checkWorkflow(path, await readFile(path, 'utf8'))));
  }
}
for (const fault of faults) console.error(fault);
console.log(`${files} workflows and examples, ${faults.length} faults`);
if (faults.length > 0) process.exitCode = 1;
