import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

/** What this file needs of jest's configuration. */
interface Selection {
  rootDir: string;
  testPathPatterns: { toExecutor(options: { rootDir: string }): { isMatch(path: string): boolean } };
}

declare global {
  /** Process that keeps the shared servers, for globalTeardown. */
  var phaseliftServers: ChildProcess | undefined;
}

/**
 * Starts the servers of the integration tests, unless only unit tests are chosen or the environment names servers already,
 * and builds the bundle if it is missing and needed. The servers live in a process of their own that ends when its stdin closes: also
 * when jest is killed. (Jest loads this file as a lone module, so it imports nothing of the project.)
 */
export default async function globalSetup({ rootDir, testPathPatterns }: Selection): Promise<void> {
  const chosen = testPathPatterns.toExecutor({ rootDir });
  const files = globSync('__tests__/**/*.itg.test.ts', { cwd: rootDir })
    .map((file) => join(rootDir, file))
    .filter((file) => chosen.isMatch(file));
  if (files.length === 0) return;

  const needBundle = files.some((file) => readFileSync(file, 'utf8').includes('helpers/run-action.js'));
  if (needBundle && !existsSync(join(rootDir, 'dist', 'index.js'))) {
    execFileSync('npm', ['run', 'build'], { cwd: rootDir, stdio: ['ignore', 'ignore', 'inherit'] });
  }
  if (process.env['PHASELIFT_TEST_PG_URL'] && process.env['PHASELIFT_TEST_S3_ENDPOINT']) return;

  const serve = join(rootDir, 'testbed', 'serve.ts');
  const servers = spawn(process.execPath, ['--import', 'tsx', serve], {
    cwd: rootDir,
    env: { ...process.env, NODE_OPTIONS: '' },
    stdio: ['pipe', 'pipe', 'inherit'],
    detached: true,
  });
  globalThis.phaseliftServers = servers;
  for await (const line of createInterface({ input: servers.stdout })) {
    Object.assign(process.env, JSON.parse(line));
    return;
  }
  throw new Error('The servers of the integration tests did not start; see above');
}
