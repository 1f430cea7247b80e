/** Writes the README's tables of inputs and outputs; with `--check` it changes nothing and fails when they are stale. */
import { readFile, writeFile } from 'node:fs/promises';
import { parseAction, updatedReadme } from './readme-tables.js';

const readme = await readFile('README.md', 'utf8');
const updated = updatedReadme(readme, parseAction(await readFile('action.yml', 'utf8')));
if (updated === readme) {
  console.log('README.md: the tables are up to date');
} else if (process.argv.includes('--check')) {
  console.error('README.md: the tables are stale, run `npx tsx scripts/update-readme.ts`');
  process.exitCode = 1;
} else {
  await writeFile('README.md', updated);
  console.log('README.md: tables written');
}
