/** How long a user waits for the first error when everything is missing. */
import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { nodeProgram, PROJECT_DIRECTORY } from '../testbed/places.js';
import { median } from './measure.js';
import { seconds, type Figure } from './table.js';

const RUNS = 10;
const AIM_MS = 500;

/** `node dist/index.js` without any input, from start to the first `::error`; the median of ten. */
export async function benchStart(): Promise<Figure[]> {
  const directory = await mkdtemp(join(tmpdir(), 'phaselift-bench-'));
  try {
    const times: number[] = [];
    for (let run = 0; run < RUNS; run++) times.push(await firstErrorMs(directory));
    const ms = median(times);
    return [
      {
        figure: 'start to first error',
        ours: seconds(ms),
        comparedWith: `slowest of ${RUNS}: ${seconds(Math.max(...times))}`,
        ratio: null,
        aim: `below ${seconds(AIM_MS)}`,
        met: ms < AIM_MS,
      },
    ];
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

function firstErrorMs(directory: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const startedAt = performance.now();
    const child = spawn(nodeProgram(), [join(PROJECT_DIRECTORY, 'dist', 'index.js')], {
      cwd: directory,
      stdio: ['ignore', 'pipe', 'ignore'],
      env: { PATH: process.env['PATH'], HOME: directory, RUNNER_TEMP: directory, GITHUB_ACTIONS: 'true' },
    });
    let output = '';
    let errorAtMs: number | null = null;
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      output += text;
      if (errorAtMs === null && /^::error/m.test(output)) errorAtMs = performance.now() - startedAt;
    });
    child.once('error', reject).once('close', (code) => {
      if (errorAtMs !== null && code === 1) resolve(errorAtMs);
      else
        reject(
          new Error(`without inputs the action should fail with an error, and ended with ${String(code)}:\n${output}`),
        );
    });
  });
}
