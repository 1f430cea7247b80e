/**
 * `npm run check`: what the gate looks at before it builds and tests, side by side. Fails with the output of what found a fault.
 * ESLint and Prettier remember files that have not changed. ESLint's rules about types look into other files too, and may so
 * miss what a change there did to an unchanged one: the gate (`.ci/run`) lints without memory.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { availableParallelism } from 'node:os';
import { text } from 'node:stream/consumers';
import pMap from 'p-map';
import { PROJECT_DIRECTORY } from '../testbed/places.js';

/** Scripts of package.json, the longest first, with arguments of this run alone. */
const STEPS: readonly (readonly [script: string, ...args: string[]])[] = [
  ['lint', '--cache', '--cache-strategy', 'content', '--cache-location', 'node_modules/.cache/eslint/'],
  ['types'],
  ['format:check', '--cache', '--cache-strategy', 'content'],
  ['docs:check'],
  ['layers'],
  ['workflows:check'],
];

const startedAt = performance.now();
const results = await pMap(STEPS, run, { concurrency: availableParallelism() });
const failed = results.filter((isGood) => !isGood).length;
console.log(`${STEPS.length - failed} passed, ${failed} failed, in ${seconds(startedAt)}`);
if (failed > 0) process.exitCode = 1;

async function run([script, ...args]: (typeof STEPS)[number]): Promise<boolean> {
  const beganAt = performance.now();
  const child = spawn('npm', ['run', '--silent', script, '--', ...args], {
    cwd: PROJECT_DIRECTORY,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = once(child, 'close');
  const [output, faults] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
  const isGood = child.exitCode === 0;
  console.log(`${isGood ? 'ok    ' : 'FAILED'} ${script} (${seconds(beganAt)})`);
  if (!isGood) console.log(`${output}${faults}`.trimEnd());
  return isGood;
}

function seconds(since: number): string {
  return `${((performance.now() - since) / 1000).toFixed(1)} s`;
}
