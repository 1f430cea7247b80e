import { join } from 'node:path';
import { nodeProgram, PROJECT_DIRECTORY } from '../places.js';
import { runProgram } from '../run-program.js';
import { corpusOf } from './fuzz-run.js';
import type { TargetName } from './targets.js';
import type { Workshop } from './workshop.js';

/** Bytes of the sources that a target is about, as JavaScript, and how many of them its inputs have reached. */
export interface Coverage {
  inputs: number;
  covered: number;
  total: number;
}

/** The sources that each target is about. */
const ABOUT: Readonly<Record<TargetName, RegExp>> = {
  archive:
    /\/src\/archive\/(?!row-|pieces|run-framing|told-rows|compress-run|adler32|digest-check|large-object-blocks|directory-frames)/,
  manifest: /\/src\/store\/(?:manifest|manifest-text|map-consistency|proof)\.js$/,
  config: /\/src\/inputs\/config\/(?:read-config|yaml-file|config-keys)\.js$/,
  inputs: /\/src\/inputs\/(?!config\/|aws-credentials|root-cert)/,
};

/** Reads all inputs that are kept once more, counted by V8. */
export async function corpusCoverage(name: TargetName, workshop: Workshop): Promise<Coverage> {
  const folders = [corpusOf(name), workshop.seeds];
  const program = join(workshop.folder, 'testbed', 'fuzz', 'replay.js');
  const out = await runProgram(nodeProgram(), [program, ABOUT[name].source, ...folders], {
    cwd: workshop.folder,
    env: { PHASELIFT_FUZZ_TARGET: name, NODE_PATH: join(PROJECT_DIRECTORY, 'node_modules') },
  });
  return JSON.parse(out) as Coverage;
}
