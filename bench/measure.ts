/**
 * Wall time, CPU time, memory and disk writes of the action and of shell commands. CPU and disk writes are those of the process
 * and of all that it has started and waited for (the kernel adds them up); the PostgreSQL and S3 servers are not among them.
 */
import { execFileSync, spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { pathToFileURL } from 'node:url';
import { PROJECT_DIRECTORY } from '../testbed/places.js';
import { ownEnvironment } from '../testbed/run-program.js';
import { runAction, type ActionResult } from '../testbed/runner.js';

export interface Measured {
  wallMs: number;
  /** User and system time, children included. */
  cpuMs: number;
}

export interface MeasuredAction extends Measured {
  /** User and system time of the action's own process. */
  ownCpuMs: number;
  outputs: ActionResult['outputs'];
  /** VmHWM of the action's own process. */
  peakRssBytes: number;
  /** write_bytes of /proc/PID/io: pages made dirty in files of real file systems, children included; pipes and sockets are not counted. */
  diskWriteBytes: number;
  /** What it left in RUNNER_TEMP, where the files of outputs, state and summary are as well. */
  files: readonly { name: string; bytes: number }[];
}

interface Usage {
  stat: string;
  status: string;
  io: string;
  files: { name: string; bytes: number }[];
}

const USAGE_HOOK = pathToFileURL(join(PROJECT_DIRECTORY, 'bench', 'usage-hook.mjs')).href;
const TICKS_PER_SECOND = Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }));

/** Runs the built action, or another bundle of it. Throws with the end of its log when it fails. */
export async function measureAction(
  inputs: Readonly<Record<string, string>>,
  env: Readonly<Record<string, string>>,
  bundle?: string,
): Promise<MeasuredAction> {
  return withUsageFile(async (file) => {
    const startedAt = performance.now();
    const action = await runAction({
      with: inputs,
      bundle,
      env: { ...env, NODE_OPTIONS: `--import=${USAGE_HOOK}`, PHASELIFT_BENCH_USAGE: file },
    });
    const result = await action.done;
    const wallMs = performance.now() - startedAt;
    if (result.exitCode !== 0) {
      const end = [...result.lines.slice(-25), result.stderr].join('\n');
      throw new Error(`the action failed (${result.signal ?? String(result.exitCode)}):\n${end}`);
    }
    const usage: Usage = JSON.parse(await readFile(file, 'utf8')) as Usage;
    return {
      wallMs,
      cpuMs: cpuMs(usage.stat),
      ownCpuMs: cpuMs(usage.stat, OWN),
      outputs: result.outputs,
      peakRssBytes: field(usage.status, 'VmHWM') * 1024,
      diskWriteBytes: field(usage.io, 'write_bytes'),
      files: usage.files,
    };
  });
}

/** Runs a bash script, which ends at its first error. Throws with its stderr when it fails. */
export async function measureShell(script: string, env: Readonly<Record<string, string>>): Promise<Measured> {
  return withUsageFile(async (file) => {
    const startedAt = performance.now();
    const child = spawn('bash', ['-c', `set -e\n${script}\ncat /proc/$$/stat > "$PHASELIFT_BENCH_USAGE"`], {
      stdio: ['ignore', 'ignore', 'pipe'],
      env: { ...ownEnvironment(), ...env, PHASELIFT_BENCH_USAGE: file },
    });
    const ended = new Promise<number | null>((resolve, reject) => {
      child.once('error', reject).once('close', resolve);
    });
    const [stderr, code] = await Promise.all([text(child.stderr), ended]);
    const wallMs = performance.now() - startedAt;
    if (code !== 0) throw new Error(`exit code ${String(code)} of:\n${script}\n${stderr.slice(-2000)}`);
    return { wallMs, cpuMs: cpuMs(await readFile(file, 'utf8')) };
  });
}

/** User and system time so far of a process and of its children that have ended: a server's, with its sessions. */
export async function cpuMsOf(pid: number): Promise<number> {
  return cpuMs(await readFile(`/proc/${pid}/stat`, 'utf8'));
}

/** The middle one; of an even number, the mean of the two in the middle. Throws when there are none. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const [low, high] = [sorted[Math.ceil(sorted.length / 2) - 1], sorted[Math.floor(sorted.length / 2)]];
  if (low === undefined || high === undefined) throw new Error('no values to take the median of');
  return (low + high) / 2;
}

/** The medians of wall and CPU time, each for itself. */
export function medianOf(runs: readonly Measured[]): Measured {
  return { wallMs: median(runs.map((run) => run.wallMs)), cpuMs: median(runs.map((run) => run.cpuMs)) };
}

/** So many of the four times that cpuMs reads are those of the process itself, and those of its children as well. */
const OWN = 2;
const ALL = 4;

/** utime, stime, cutime and cstime, fields 14 to 17 of /proc/PID/stat (proc(5)); the second, in parentheses, may hold blanks. */
function cpuMs(stat: string, times = ALL): number {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const ticks = fields.slice(11, 11 + times).reduce((sum, text) => sum + Number(text), 0);
  return (ticks / TICKS_PER_SECOND) * 1000;
}

function field(lines: string, name: string): number {
  const value = new RegExp(`^${name}:\\s*(\\d+)`, 'm').exec(lines)?.[1];
  if (value === undefined) throw new Error(`the kernel does not say ${name}`);
  return Number(value);
}

async function withUsageFile<T>(work: (file: string) => Promise<T>): Promise<T> {
  const directory = await mkdtemp(join(tmpdir(), 'phaselift-bench-'));
  try {
    return await work(join(directory, 'usage'));
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}
