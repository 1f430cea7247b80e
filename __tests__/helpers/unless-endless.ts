import { createContext, runInContext } from 'node:vm';

/** More than enough for what takes a moment. */
const LIMIT_MS = 20_000;

/** What the work gives; throws where it has not ended after a long time, in which nothing else could. Not for promises. */
export function unlessEndless<T>(work: () => T): T {
  return runInContext('work()', createContext({ work }), { timeout: LIMIT_MS }) as T;
}
