/** Writes the README's tables and examples; with `--check` it changes nothing and fails when they are stale. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { examplesIn, parseAction, updatedReadme } from './readme-tables.js';

const readme = await readFile('README.md', 'utf8');
const examples = new Map<string, string>();
for (const name of examplesIn(readme)) examples.set(name, await readFile(join('examples', name), 'utf8'));
const updated = updatedReadme(readme, parseAction(await readFile('action.yml', 'utf8')), examples);
if (updated === readme) {
  console.log('README.md is up to date');
} else if (process.argv.includes('--check')) {
  console.error('README.md is stale: run `npm run docs`');
  process.exitCode = 1;
} else {
  await writeFile('README.md', updated);
  console.log('README.md written');
}
