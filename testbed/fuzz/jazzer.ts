import { copyFile, mkdir, readFile, rename, rm } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { nodeProgram, PROJECT_DIRECTORY, testbedDirectory, testbedScript } from '../places.js';
import { runProgram } from '../run-program.js';

/** The packages of the fuzzer, and what it is built against. */
const FILES = ['package.json', 'package-lock.json'];
const LEAST_GLIBC = [2, 38] as const;
/** What the programs of Debian need to run a Node with the fuzzer in it. */
const LIBRARIES = ['libc6', 'libstdc++6', 'libgcc-s1'];

/** How to call the fuzzer: a program, and its first arguments. */
export interface Jazzer {
  program: string;
  args: readonly string[];
}

/**
 * Jazzer.js, installed at the first call. Its addon wants a newer C library than Debian 12 has: there Node runs by the loader and
 * the libraries of Debian sid, as Ceph does, which takes root and apt.
 */
export async function findJazzer(): Promise<Jazzer> {
  const folder = await installed();
  const cli = join(folder, 'node_modules', '@jazzer.js', 'core', 'dist', 'cli.js');
  if (isNewEnough(ownGlibc())) return { program: nodeProgram(), args: [cli] };
  const root = join(testbedDirectory(), 'fuzz-root-sid');
  await runProgram('bash', [testbedScript('apt-root.sh'), 'sid', root, ...LIBRARIES], {
    env: { TESTBED_DIR: testbedDirectory() },
  });
  const lib = join(root, 'usr', 'lib', `${(await runProgram('uname', ['-m'])).trim()}-linux-gnu`);
  const loader = ['ld-linux-x86-64.so.2', 'ld-linux-aarch64.so.1'].map((name) => join(lib, name)).find(existsSync);
  if (loader === undefined) throw new Error(`no loader in ${lib}`);
  const node = (await runProgram(nodeProgram(), ['-p', 'process.execPath'])).trim();
  return { program: loader, args: ['--library-path', lib, '--argv0', 'node', node, cli] };
}

/** The folder of the packages, as their lock file has them. */
async function installed(): Promise<string> {
  const from = join(PROJECT_DIRECTORY, 'testbed', 'fuzz', 'jazzer');
  const folder = join(testbedDirectory(), 'jazzer');
  const [wanted, there] = await Promise.all([
    readFile(join(from, 'package-lock.json'), 'utf8'),
    readFile(join(folder, 'package-lock.json'), 'utf8').catch(() => ''),
  ]);
  if (wanted === there) return folder;
  const part = `${folder}.part-${process.pid}`;
  await mkdir(part, { recursive: true });
  await Promise.all(FILES.map((file) => copyFile(join(from, file), join(part, file))));
  await runProgram('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], { cwd: part });
  await rm(folder, { recursive: true, force: true });
  await rename(part, folder);
  return folder;
}

function ownGlibc(): string {
  const report = process.report.getReport() as { header: { glibcVersionRuntime?: string } };
  return report.header.glibcVersionRuntime ?? '';
}

function isNewEnough(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major > LEAST_GLIBC[0] || (major === LEAST_GLIBC[0] && minor >= LEAST_GLIBC[1]);
}
