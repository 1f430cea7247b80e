import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { PROJECT_DIRECTORY, testbedDirectory } from '../places.js';
import { ownEnvironment } from '../run-program.js';
import type { Jazzer } from './jazzer.js';
import type { TargetName } from './targets.js';
import type { Workshop } from './workshop.js';

/** Longest input that the fuzzer makes, bytes: what is longer is seldom other, and always slower. */
const MOST_BYTES = 8192;
/** Bytes that the process may hold, in MiB; Node and the instrumented sources take 250. */
const MOST_MEMORY_MB = 1500;
const MOST_SECONDS = 5;

export interface FuzzOptions {
  seconds: number;
  seed: number;
  /** Told of each line of the fuzzer. */
  onLine: (line: string) => void;
  signal: AbortSignal;
}

export interface FuzzResult {
  executions: number;
  /** Edges of the sources that were reached, as the fuzzer counts them. */
  edges: number;
  /** Where the input is that ended the run; null when none did. */
  finding: string | null;
}

/** Where inputs are kept that reached something new: the next run of the target begins with them. */
export function corpusOf(name: TargetName): string {
  return join(testbedDirectory(), 'fuzz', name, 'corpus');
}

/** Runs the fuzzer on one target, until its time is over or it has found something. */
export async function runFuzzer(
  name: TargetName,
  { program, args }: Jazzer,
  workshop: Workshop,
  { seconds, seed, onLine, signal }: FuzzOptions,
): Promise<FuzzResult> {
  const corpus = corpusOf(name);
  const found = join(testbedDirectory(), 'fuzz', name, 'found', '/');
  await Promise.all([corpus, found].map((folder) => mkdir(folder, { recursive: true })));
  const ofFuzzer = [
    `-max_total_time=${seconds}`,
    `-seed=${seed}`,
    `-max_len=${MOST_BYTES}`,
    `-rss_limit_mb=${MOST_MEMORY_MB}`,
    `-timeout=${MOST_SECONDS}`,
    `-dict=${workshop.dictionary}`,
    `-artifact_prefix=${found}`,
    '-print_final_stats=1',
  ];
  const ofJazzer = [
    workshop.entry,
    corpus,
    workshop.seeds,
    '-i',
    join(workshop.folder, 'src'),
    '--disable_bug_detectors',
    '.*',
  ];
  const child = spawn(program, [...args, ...ofJazzer, '--', ...ofFuzzer], {
    cwd: workshop.folder,
    env: {
      ...ownEnvironment(),
      PHASELIFT_FUZZ_TARGET: name,
      NODE_PATH: join(PROJECT_DIRECTORY, 'node_modules'),
    },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true, // Ctrl-C is for us, who end it
  });
  const end = (): void => void child.kill('SIGINT');
  signal.addEventListener('abort', end, { once: true });
  const result: FuzzResult = { executions: 0, edges: 0, finding: null };
  const read = (line: string): void => {
    result.executions = Math.max(result.executions, Number(/^#(\d+)/.exec(line)?.[1] ?? 0));
    result.edges = Math.max(result.edges, Number(/\bcov: (\d+)/.exec(line)?.[1] ?? 0));
    result.finding = /Test unit written to (\S+)/.exec(line)?.[1] ?? result.finding;
    onLine(line);
  };
  for (const stream of [child.stdout, child.stderr]) createInterface({ input: stream }).on('line', read);
  const [code] = (await once(child, 'close')) as [number | null];
  signal.removeEventListener('abort', end);
  if (code !== 0 && result.finding === null && !signal.aborted)
    throw new Error(`the fuzzer ended with ${String(code)}`);
  return result;
}
