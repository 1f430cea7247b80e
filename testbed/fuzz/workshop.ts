import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { PROJECT_DIRECTORY } from '../places.js';
import type { FuzzTarget } from './fuzz-target.js';

/** What the fuzzer works on: the sources as modules that it can count in, seeds, and a dictionary. */
export interface Workshop {
  folder: string;
  /** The module that the fuzzer loads. */
  entry: string;
  dictionary: string;
  seeds: string;
  remove(): Promise<void>;
}

/** In a folder of its own, outside of the project: `require` of a file there finds the packages by NODE_PATH. */
export async function makeWorkshop({ tokens }: FuzzTarget, seeds: readonly Buffer[]): Promise<Workshop> {
  const folder = await mkdtemp(join(tmpdir(), 'phaselift-fuzz-'));
  await build({
    absWorkingDir: PROJECT_DIRECTORY,
    entryPoints: ['src/**/*.ts', 'testbed/fuzz/**/*.ts'],
    outdir: folder,
    outbase: PROJECT_DIRECTORY,
    format: 'cjs',
    platform: 'node',
    target: 'node24',
    sourcemap: false,
    logLevel: 'error',
    // Only of what starts the fuzzer, which does not run here.
    logOverride: { 'empty-import-meta': 'silent' },
  });
  const dictionary = join(folder, 'tokens.dict');
  await writeFile(dictionary, tokens.map((token) => `"${escaped(Buffer.from(token))}"\n`).join(''));
  const seedFolder = join(folder, 'seeds');
  await mkdir(seedFolder);
  await Promise.all(seeds.map((seed, index) => writeFile(join(seedFolder, `seed-${index}`), seed)));
  return {
    folder,
    entry: join(folder, 'testbed', 'fuzz', 'entry.js'),
    dictionary,
    seeds: seedFolder,
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}

/** As libFuzzer reads dictionaries. */
function escaped(token: Buffer): string {
  return [...token].map((byte) => `\\x${byte.toString(16).padStart(2, '0')}`).join('');
}
