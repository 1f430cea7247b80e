/** Writes docs/manifest.schema.json from the schema in src/store/manifest.ts; with `--check` only says whether it is current. */
import { readFileSync, writeFileSync } from 'node:fs';
import { format, resolveConfig } from 'prettier';
import { manifestJsonSchema } from '../src/store/manifest.js';

const path = 'docs/manifest.schema.json';

const options = await resolveConfig(path);
const text = await format(JSON.stringify(manifestJsonSchema()), { ...options, filepath: path });

if (!process.argv.includes('--check')) {
  writeFileSync(path, text);
} else if (read(path) !== text) {
  console.error(`${path} is stale: run \`npx tsx scripts/generate-manifest-schema.ts\``);
  process.exitCode = 1;
}

function read(file: string): string | null {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return null;
  }
}
