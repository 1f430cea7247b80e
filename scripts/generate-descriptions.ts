/**
 * Writes the descriptions of the inputs, which stand in action.yml, into a module for the help of the command line: the
 * bundle cannot read action.yml where it runs. With `--check` it changes nothing and fails when the module is stale.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { descriptionsModule } from './descriptions-module.js';
import { parseAction } from './readme-tables.js';

const PATH = 'src/terminal/descriptions.ts';

const written = await readFile(PATH, 'utf8').catch(() => '');
const made = await descriptionsModule(parseAction(await readFile('action.yml', 'utf8')));
if (written === made) {
  console.log(`${PATH}: up to date`);
} else if (process.argv.includes('--check')) {
  console.error(`${PATH} is stale, run \`npx tsx scripts/generate-descriptions.ts\``);
  process.exitCode = 1;
} else {
  await writeFile(PATH, made);
  console.log(`${PATH}: written`);
}
