import { availableParallelism } from 'node:os';

/** Threads of Node's pool, where nobody says otherwise. Source: libuv. */
const DEFAULT_THREADS = 4;

/**
 * Lets Node's thread pool, which compresses what several readers read, use all cores. To be called before anything uses the pool: it
 * looks at the variable once. A number that the user has set stays.
 */
export function widenThreadPool(env: NodeJS.ProcessEnv = process.env, cores: number = availableParallelism()): void {
  if (cores > DEFAULT_THREADS) env['UV_THREADPOOL_SIZE'] ??= String(cores);
}
