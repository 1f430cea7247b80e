import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { testbedDirectory, testbedScript } from './places.js';
import { runProgram } from './run-program.js';

/** Stock age, which Phaselift does not use: what others have to decrypt with. */
export interface StockAge {
  /** The program, and the arguments that come before its own. */
  readonly command: readonly [string, ...string[]];
}

/** age out of Debian's package, unpacked into a folder. Needs root and apt the first time. */
export async function stockAge(): Promise<StockAge> {
  const root = join(testbedDirectory(), 'age');
  const env = { TESTBED_DIR: testbedDirectory() };
  await runProgram('bash', [testbedScript('apt-root.sh'), 'bookworm', root, 'age'], { env });
  // The C library of bookworm lies in /lib.
  const machine = (await readdir(join(root, 'lib'))).find((name) => name.endsWith('-linux-gnu')) ?? '';
  const libraries = join(root, 'lib', machine);
  const loader = (await readdir(libraries)).find((name) => name.startsWith('ld-linux')) ?? '';
  return { command: [join(libraries, loader), '--library-path', libraries, join(root, 'usr/bin/age')] };
}
