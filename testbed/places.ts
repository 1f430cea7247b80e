import { existsSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The root of the project. */
export const PROJECT_DIRECTORY = dirname(dirname(fileURLToPath(import.meta.url)));

/** True when this process is root: servers are then started as another user, and missing software can be installed. */
export const IS_ROOT = process.getuid?.() === 0;

/** A script of the testbed, as an absolute path. */
export function testbedScript(name: string): string {
  return join(PROJECT_DIRECTORY, 'testbed', name);
}

/** Node 24 as the project's lock file has it, else the Node that runs this. */
export function nodeProgram(): string {
  const own = join(PROJECT_DIRECTORY, 'node_modules', '.bin', 'node');
  return existsSync(own) ? own : process.execPath;
}

/** The Node that `npm test` was called with, where the command line supports it: that may be its oldest one. */
export function callersNodeProgram(): string {
  return process.env['PHASELIFT_CALLERS_NODE'] || nodeProgram();
}

/**
 * Where downloads and unpacked servers are kept: TESTBED_DIR, else `.testbed` of the project. Servers do not run as root,
 * so where the project lies in a folder that others cannot enter (/root), a folder beside the temporary ones is taken.
 */
export function testbedDirectory(): string {
  const told = process.env['TESTBED_DIR'];
  if (told) return told;
  if (IS_ROOT && !othersCanEnter(PROJECT_DIRECTORY)) return join(tmpdir(), 'phaselift-testbed');
  return join(PROJECT_DIRECTORY, '.testbed');
}

/**
 * The variable by which runs of the bundle share what V8 has compiled of it: a third of the CPU that a start takes. It changes
 * nothing else.
 */
export function compileCache(): Record<string, string> {
  return { NODE_COMPILE_CACHE: join(testbedDirectory(), 'compile-cache') };
}

function othersCanEnter(directory: string): boolean {
  const parent = dirname(directory);
  return (statSync(directory).mode & 0o001) !== 0 && (parent === directory || othersCanEnter(parent));
}
