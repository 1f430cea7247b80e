/**
 * `npm run build`: makes dist/ from src/. The bundles are built in a folder of this run's own and take their places by
 * renames, one file at a time. So two builds may run at once, and who runs dist/ meanwhile finds every file whole.
 */
import { chmod, copyFile, glob, link, mkdir, mkdtemp, readFile, rename, rm, rmdir } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { dirname, join } from 'node:path';
import pMap from 'p-map';
import * as z from 'zod';
import { nodeProgram, PROJECT_DIRECTORY } from '../testbed/places.js';
import { runProgram } from '../testbed/run-program.js';

/** git, ESLint and Prettier pass over it. */
const LIB = join(PROJECT_DIRECTORY, 'lib');
const NCC = 'node_modules/@vercel/ncc';
const DIST = join(PROJECT_DIRECTORY, 'dist');

/** What ncc makes a bundle of, and which of the files that it writes go where in dist/. */
const BUNDLES: readonly { entry: string; files: Readonly<Record<string, string>> }[] = [
  {
    entry: 'index.js',
    files: { 'index.js': 'index.js', 'package.json': 'package.json', 'licenses.txt': 'licenses.txt' },
  },
  { entry: 'post-index.js', files: { 'index.js': 'post/index.js', 'package.json': 'post/package.json' } },
  { entry: 'cli-index.js', files: { 'index.js': 'cli.js', 'licenses.txt': 'cli-licenses.txt' } },
];
/** People run it by its name; the runner reads the others. */
const EXECUTABLE = 'cli.js';

await mkdir(LIB, { recursive: true });
const workshop = await mkdtemp(join(LIB, 'build-'));
try {
  await Promise.all([compile(), furnish()]);
  const built = (await pMap(BUNDLES, bundle, { concurrency: availableParallelism() })).flat();
  for (const { made, file } of built) await publish(made, file);
  await removeOthers(built.map(({ file }) => file));
} finally {
  await rm(workshop, { recursive: true, force: true });
  await rmdir(LIB).catch(() => undefined); // another build is at work in there
}

/** src/ as JavaScript, in the workshop's lib/. */
async function compile(): Promise<void> {
  const compiler = join(PROJECT_DIRECTORY, 'node_modules', 'typescript', 'bin', 'tsc');
  const args = ['-p', join(PROJECT_DIRECTORY, 'tsconfig.build.json'), '--outDir', join(workshop, 'lib')];
  await runProgram(nodeProgram(), [compiler, ...args], { cwd: PROJECT_DIRECTORY });
}

/**
 * Gives the workshop the packages that go into bundles, and ncc. Into bundles ncc writes the paths of modules, from its working
 * directory on, and it numbers modules by these and by its own path: the output is the same each time only where `lib` and
 * `node_modules` stand side by side. Links to folders would not do, as ncc follows them.
 */
async function furnish(): Promise<void> {
  await copyFile(join(PROJECT_DIRECTORY, 'package.json'), join(workshop, 'package.json'));
  await pMap([NCC, ...(await bundledPackages())], linkTree, { concurrency: 8 });
}

/** Folders of the packages that `bundled` in package.json names, and of all that these need; what is nested in one comes with it. */
async function bundledPackages(): Promise<string[]> {
  const read = async (name: string): Promise<unknown> =>
    JSON.parse(await readFile(join(PROJECT_DIRECTORY, name), 'utf8'));
  const { bundled } = z.object({ bundled: z.array(z.string()) }).parse(await read('package.json'));
  const needed = z.object({ dependencies: z.record(z.string(), z.string()).optional() });
  const { packages } = z.object({ packages: z.record(z.string(), needed) }).parse(await read('package-lock.json'));
  const found = new Set(bundled.map((name) => `node_modules/${name}`));
  // Those that are added on the way are looked at as well.
  for (const folder of found) {
    for (const name of Object.keys(packages[folder]?.dependencies ?? {})) found.add(placeOf(name, folder, packages));
  }
  return [...found].filter((folder) => folder.lastIndexOf('node_modules/') === 0);
}

/** Where a package in this folder finds one that it needs: in itself, or in a folder around it. */
function placeOf(name: string, folder: string, packages: object): string {
  for (let around = folder; around.includes('/'); around = around.slice(0, around.lastIndexOf('/'))) {
    if (`${around}/node_modules/${name}` in packages) return `${around}/node_modules/${name}`;
  }
  return `node_modules/${name}`;
}

async function linkTree(folder: string): Promise<void> {
  for await (const entry of glob(`${folder}/**`, { cwd: PROJECT_DIRECTORY, withFileTypes: true })) {
    const from = join(entry.parentPath, entry.name);
    const to = join(workshop, from.slice(PROJECT_DIRECTORY.length));
    if (entry.isDirectory()) await mkdir(to, { recursive: true });
    else await mkdir(dirname(to), { recursive: true }).then(() => linkOrCopy(from, to));
  }
}

/** File systems without hard links, and packages on another file system, cost a copy. */
async function linkOrCopy(from: string, to: string): Promise<void> {
  await link(from, to).catch(() => copyFile(from, to));
}

/** One bundle, in the workshop; gives its files with their places in dist/. */
async function bundle({ entry, files }: (typeof BUNDLES)[number]): Promise<{ made: string; file: string }[]> {
  const out = join('bundles', entry);
  const compiler = join(workshop, NCC, 'dist', 'ncc', 'cli.js');
  // ncc's cache is one for all builds, and knows nothing of paths that are new each time.
  const options = ['--no-cache', ...('licenses.txt' in files ? ['--license', 'licenses.txt'] : [])];
  console.log(
    await runProgram(nodeProgram(), [compiler, 'build', join('lib', entry), '-o', out, ...options], { cwd: workshop }),
  );
  return Object.entries(files).map(([name, file]) => ({ made: join(workshop, out, name), file }));
}

async function publish(made: string, file: string): Promise<void> {
  const place = join(DIST, file);
  await chmod(made, file === EXECUTABLE ? 0o755 : 0o644);
  await mkdir(dirname(place), { recursive: true });
  await rename(made, place);
}

/** What earlier versions have built and this one does not. */
async function removeOthers(files: readonly string[]): Promise<void> {
  for await (const entry of glob('**', { cwd: DIST, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    if (!entry.isDirectory() && !files.includes(path.slice(DIST.length + 1))) await rm(path);
  }
}
