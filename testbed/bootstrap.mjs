/**
 * `npm run demo`, `npm test` (with `test:deep`, `test:conformance`, `test:unit` and `test:watch`) and `npm run servers` from a fresh clone: installs the packages of the lock file if they are not there, builds
 * the bundle for the demo if it is not there, and goes on under the Node 24 that the packages bring. Plain JavaScript
 * without imports of packages: it has to run before there are any, on Node 20.
 */
import { spawn, spawnSync } from 'node:child_process';
import console from 'node:console';
import { existsSync, lstatSync, readFileSync } from 'node:fs';
import { constants } from 'node:os';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

const project = dirname(dirname(fileURLToPath(import.meta.url)));
const node = join(project, 'node_modules', '.bin', 'node');
const [command, ...args] = process.argv.slice(2);

const jest = ['--experimental-vm-modules', join('node_modules', 'jest', 'bin', 'jest.js')];
// Behind the arguments: this option takes all that follows it, paths included.
const unitTestsOnly = ['--testPathIgnorePatterns', String.raw`\.itg\.test\.ts$`];

const programs = {
  demo: () => ['--import', 'tsx', join('testbed', 'demo.ts'), ...args],
  servers: () => ['--import', 'tsx', join('testbed', 'servers.ts'), ...args],
  test: () => [...jest, ...args],
  'test:deep': () => [...jest, ...args],
  'test:conformance': () => [
    ...jest,
    ...args,
    join('__tests__', 'conformance'),
    join('__tests__', 'store', 's3', '.*itg'),
  ],
  'test:unit': () => [...jest, ...args, ...unitTestsOnly],
  'test:watch': () => [...jest, '--watch', ...args, ...unitTestsOnly],
};
const program = programs[command];
if (program === undefined) throw new Error(`unknown: ${command}; one of ${Object.keys(programs).join(', ')}`);

if (!packagesAreInstalled()) installPackages();
if (command === 'demo' && !existsSync(join(project, 'dist', 'index.js'))) npm('run', 'build');

const path = [join(project, 'node_modules', '.bin'), process.env.PATH].join(':');
// The command line is tried on the Node that is there, where it supports that.
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
const isSupported = major > 22 || (major === 22 && minor >= 12);
const env = { ...process.env, PATH: path, PHASELIFT_CALLERS_NODE: isSupported ? process.execPath : '' };
if (command === 'test:deep') env.PHASELIFT_TEST_DEPTH = 'deep';
const child = spawn(node, program(), { cwd: project, stdio: 'inherit', env });
// Ctrl-C at a terminal reaches the child as well: stay until it has cleaned up.
process.on('SIGINT', () => undefined);
process.on('SIGTERM', () => child.kill('SIGTERM'));
child.on('error', (error) => {
  console.error(`${node}: ${error.message}`);
  process.exitCode = 1;
});
child.on('exit', (code, signal) => {
  process.exitCode = code ?? 128 + constants.signals[signal];
});

/** True when node_modules holds what package-lock.json says (but for packages that are optional, or of other platforms). */
function packagesAreInstalled() {
  try {
    const packagesOf = (...file) => JSON.parse(readFileSync(join(project, ...file), 'utf8')).packages;
    const installed = packagesOf('node_modules', '.package-lock.json');
    return Object.entries(packagesOf('package-lock.json')).every(
      ([name, { version, optional }]) =>
        name === '' || (optional && !(name in installed)) || installed[name]?.version === version,
    );
  } catch {
    return false; // a file is missing or cut: nothing, or not all, is installed
  }
}

/** npm would empty the folder behind a link, whoever else uses it. */
function installPackages() {
  if (lstatSync(join(project, 'node_modules'), { throwIfNoEntry: false })?.isSymbolicLink()) {
    console.error(
      'node_modules is a link to packages of another version: remove it, or install there what package-lock.json says',
    );
    process.exit(1);
  }
  npm('ci', '--no-audit', '--no-fund');
}

function npm(...parameters) {
  const { status, error } = spawnSync('npm', parameters, { cwd: project, stdio: 'inherit' });
  if (error) console.error(`npm: ${error.message}`);
  if (status !== 0) process.exit(status ?? 1);
}
