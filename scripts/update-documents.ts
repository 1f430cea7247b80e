/**
 * Writes the parts of documents that are made of the sources: the README's tables and examples, the inputs and outputs of action.yml
 * and of the reusable workflows, the schemas of manifest, proof and phaselift.yml. With `--check` it changes nothing and fails when one is stale.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { format, resolveConfig } from 'prettier';
import { manifestJsonSchema } from '../src/store/manifest.js';
import { proofJsonSchema } from '../src/store/proof.js';
import { updatedAction } from './action-yml.js';
import { updatedFleetWorkflow } from './fleet-workflow.js';
import { configJsonSchema } from './config-schema.js';
import { examplesIn, updatedReadme } from './readme-tables.js';
import { CALLED_WORKFLOWS, updatedWorkflow } from './reusable-workflows.js';

/** A file, and what it should be, made of what it is. */
interface Document {
  path: string;
  update: (text: string) => string | Promise<string>;
}

const DOCUMENTS: readonly Document[] = [
  { path: 'README.md', update: async (text) => updatedReadme(text, await examplesOf(text)) },
  { path: 'action.yml', update: updatedAction },
  ...CALLED_WORKFLOWS.map((workflow) => ({
    path: `.github/workflows/${workflow.mode}.yml`,
    update: (text: string) => updatedWorkflow(text, workflow),
  })),
  { path: '.github/workflows/fleet.yml', update: updatedFleetWorkflow },
  { path: 'docs/manifest.schema.json', update: () => formatted('docs/manifest.schema.json', manifestJsonSchema()) },
  { path: 'docs/proof.schema.json', update: () => formatted('docs/proof.schema.json', proofJsonSchema()) },
  { path: 'docs/phaselift.schema.json', update: () => formatted('docs/phaselift.schema.json', configJsonSchema()) },
];

async function examplesOf(readme: string): Promise<ReadonlyMap<string, string>> {
  const names = examplesIn(readme);
  return new Map(
    await Promise.all(names.map(async (name) => [name, await readFile(join('examples', name), 'utf8')] as const)),
  );
}

async function formatted(path: string, value: unknown): Promise<string> {
  return format(JSON.stringify(value), { ...(await resolveConfig(path)), filepath: path });
}

const check = process.argv.includes('--check');
for (const { path, update } of DOCUMENTS) {
  const old = await readFile(path, 'utf8');
  const made = await update(old);
  if (made === old) {
    console.log(`${path}: up to date`);
  } else if (check) {
    console.error(`${path} is stale: run \`npm run docs\``);
    process.exitCode = 1;
  } else {
    await writeFile(path, made);
    console.log(`${path}: written`);
  }
}
