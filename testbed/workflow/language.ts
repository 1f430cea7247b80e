import { existsSync } from 'node:fs';
import { mkdir, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type * as expressionsPackage from '@actions/expressions';
import type * as parserPackage from '@actions/workflow-parser';
import { PROJECT_DIRECTORY, testbedDirectory } from '../places.js';
import { runProgram } from '../run-program.js';

/** GitHub's own packages for the language of workflows. */
export interface Language {
  readonly parser: typeof parserPackage;
  readonly expressions: typeof expressionsPackage;
}

/** In one bundle, so that both see the same classes. */
const ENTRY = `export * as parser from '@actions/workflow-parser'; export * as expressions from '@actions/expressions';`;
/** One of their dependencies is CommonJS. */
const BANNER = `import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);`;

/**
 * The packages as a module that Node can load: as published they import JSON without an attribute, so esbuild makes one
 * file of them, once for each version.
 */
async function loadLanguage(): Promise<Language> {
  const manifest = join(PROJECT_DIRECTORY, 'node_modules', '@actions', 'workflow-parser', 'package.json');
  const { version } = JSON.parse(await readFile(manifest, 'utf8')) as { version: string };
  const bundle = join(testbedDirectory(), `workflow-language-${version}.mjs`);
  if (!existsSync(bundle)) {
    await mkdir(testbedDirectory(), { recursive: true });
    const unfinished = `${bundle}.${process.pid}`; // other tests may make it at the same time
    // As a program: in jest's realm esbuild's own check of Uint8Array fails.
    await runProgram(
      join(PROJECT_DIRECTORY, 'node_modules', '.bin', 'esbuild'),
      [
        '--bundle',
        '--platform=node',
        '--format=esm',
        '--log-level=error',
        `--banner:js=${BANNER}`,
        `--outfile=${unfinished}`,
      ],
      { input: ENTRY, cwd: PROJECT_DIRECTORY },
    );
    await rename(unfinished, bundle);
  }
  return (await import(pathToFileURL(bundle).href)) as Language;
}

/** The language, loaded. */
export const { parser, expressions }: Language = await loadLanguage();
