import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PROJECT_DIRECTORY } from '../testbed/places.js';

const START = '<!-- benchmarks:start -->';
const END = '<!-- benchmarks:end -->';

/** Replaces what stands between the markers in docs/benchmarks.md. Throws when a marker is missing. */
export async function record(content: string): Promise<void> {
  const file = join(PROJECT_DIRECTORY, 'docs', 'benchmarks.md');
  const text = await readFile(file, 'utf8');
  const from = text.indexOf(START);
  const to = text.indexOf(END, from);
  if (from < 0 || to < 0) throw new Error(`docs/benchmarks.md needs the lines ${START} and ${END}`);
  await writeFile(file, `${text.slice(0, from + START.length)}\n\n${content.trim()}\n\n${text.slice(to)}`);
}
