import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

/** What this file needs of jest's configuration. */
interface Selection {
  rootDir: string;
  testPathPatterns: { toExecutor(options: { rootDir: string }): { isMatch(path: string): boolean } };
}

/** The same, of what holds for one project (ours is one). */
interface ProjectSelection {
  testPathIgnorePatterns: readonly string[];
}

declare global {
  /** Process that keeps the shared servers, for globalTeardown. */
  var phaseliftServers: ChildProcess | undefined;
}

/**
 * Starts the servers of the integration tests, unless only unit tests are chosen, or the environment names servers already, or
 * `npm run servers` keeps some up, and builds the bundle if it is missing and needed. The servers live in a process of their own that ends when its stdin closes: also
 * when jest is killed. (Jest loads this file as a lone module, so it imports nothing of the project.)
 */
export default async function globalSetup(
  { rootDir, testPathPatterns }: Selection,
  { testPathIgnorePatterns }: ProjectSelection,
): Promise<void> {
  const chosen = testPathPatterns.toExecutor({ rootDir });
  const ignored = testPathIgnorePatterns.map((pattern) => new RegExp(pattern));
  const files = globSync('__tests__/**/*.itg.test.ts', { cwd: rootDir })
    .map((file) => join(rootDir, file))
    .filter((file) => chosen.isMatch(file) && !ignored.some((pattern) => pattern.test(file)));
  if (files.length === 0) return;

  const needBundle = files.some((file) => readFileSync(file, 'utf8').includes('helpers/run-action.js'));
  if (needBundle && !existsSync(join(rootDir, 'dist', 'index.js'))) {
    execFileSync('npm', ['run', 'build'], { cwd: rootDir, stdio: ['ignore', 'ignore', 'inherit'] });
  }
  if (process.env['PHASELIFT_TEST_PG_URL'] && process.env['PHASELIFT_TEST_S3_ENDPOINT']) return;
  const kept = await keptServers(rootDir);
  if (kept !== null) {
    Object.assign(process.env, kept);
    return;
  }

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

/**
 * Environment variables of the servers that `npm run servers` keeps up in this checkout; null where it does not run. What a
 * run that was killed has left is passed over: its process is gone, or another program has got its number and nothing listens.
 */
export async function keptServers(rootDir: string): Promise<Record<string, string> | null> {
  let kept: { pid: number; env: Record<string, string> };
  try {
    kept = JSON.parse(readFileSync(join(rootDir, '.testbed', 'servers.json'), 'utf8')) as typeof kept;
    process.kill(kept.pid, 0);
  } catch {
    return null;
  }
  const { hostname, port } = new URL(kept.env['PHASELIFT_TEST_PG_URL'] ?? '');
  return (await listens(hostname, Number(port))) ? kept.env : null;
}

function listens(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    const answer = (is: boolean) => (): void => {
      socket.destroy();
      resolve(is);
    };
    socket.once('connect', answer(true)).once('error', answer(false));
  });
}
