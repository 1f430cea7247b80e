import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { parseFileCommands } from '../runner-commands.js';

/** How a script ended, and what it said to the runner. */
export interface ScriptResult {
  exitCode: number | null;
  lines: readonly string[];
  outputs: Readonly<Record<string, string>>;
  env: Readonly<Record<string, string>>;
  path: readonly string[];
  summary: string;
}

/** How a cancelled step is ended. Source: GitHub's "Canceling a workflow run" (SIGINT, 7.5 s, SIGTERM, 2.5 s, SIGKILL). */
const KILLS: readonly (readonly [afterMs: number, signal: NodeJS.Signals])[] = [
  [0, 'SIGINT'],
  [7_500, 'SIGTERM'],
  [10_000, 'SIGKILL'],
];

/** Sends a process the signals of a cancelled job, from the moment that `signal` is aborted until `ended`. */
export function killWhenCancelled(
  signal: AbortSignal,
  kill: (signal: NodeJS.Signals) => void,
  ended: Promise<unknown>,
): void {
  if (signal.aborted) return; // a step that runs although the job is cancelled, by always()
  const timers: NodeJS.Timeout[] = [];
  const cancel = () => {
    for (const [afterMs, name] of KILLS) timers.push(setTimeout(kill, afterMs, name));
  };
  signal.addEventListener('abort', cancel, { once: true });
  const done = () => {
    signal.removeEventListener('abort', cancel);
    for (const timer of timers) clearTimeout(timer);
  };
  ended.then(done, done);
}

/** What a job runs on: an empty workspace, a home, and a folder for the files of the runner. */
export class Machine {
  private constructor(private readonly directory: string) {}

  static async create(): Promise<Machine> {
    const machine = new Machine(await mkdtemp(join(tmpdir(), 'phaselift-job-')));
    for (const path of [machine.workspace, machine.temp, join(machine.directory, 'home')]) await mkdir(path);
    return machine;
  }

  get workspace(): string {
    return join(this.directory, 'workspace');
  }

  get temp(): string {
    return join(this.directory, 'temp');
  }

  /** Puts files into the workspace, as a checkout does. */
  async checkOut(files: Readonly<Record<string, string>>): Promise<void> {
    for (const [name, text] of Object.entries(files)) {
      const path = join(this.workspace, name);
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, text, { mode: text.startsWith('#!') ? 0o755 : 0o644 });
    }
  }

  /** Runs the text of a `run` step. */
  async runScript(
    script: string,
    { shell, env, directory }: { shell: string; env: Readonly<Record<string, string>>; directory: string },
    signal: AbortSignal,
    onLine: (line: string) => void,
  ): Promise<ScriptResult> {
    const options = { '': ['-e'], bash: ['--noprofile', '--norc', '-eo', 'pipefail'] }[shell];
    if (options === undefined) throw new Error(`the runner does not know the shell ${shell}`);
    const files = { GITHUB_OUTPUT: 'output', GITHUB_ENV: 'env', GITHUB_PATH: 'path', GITHUB_STEP_SUMMARY: 'summary' };
    const file = (name: string) => join(this.temp, name);
    for (const name of Object.values(files)) await writeFile(file(name), '');
    await writeFile(file('script.sh'), script);

    const child = spawn('bash', [...options, file('script.sh')], {
      cwd: join(this.workspace, directory),
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        HOME: join(this.directory, 'home'),
        LANG: 'C.UTF-8',
        RUNNER_TEMP: this.temp,
        ...Object.fromEntries(Object.entries(files).map(([variable, name]) => [variable, file(name)])),
        ...env,
      },
    });
    const lines: string[] = [];
    for (const stream of [child.stdout, child.stderr]) {
      let rest = '';
      stream.setEncoding('utf8').on('data', (text: string) => {
        const parts = (rest + text).split('\n');
        rest = parts.pop() ?? '';
        for (const line of parts) {
          lines.push(line);
          onLine(line);
        }
      });
      stream.on('end', () => {
        if (rest !== '') lines.push(rest);
      });
    }
    const ended = new Promise<number | null>((resolve, reject) => {
      child.on('error', reject).on('close', resolve);
    });
    const kill = (name: NodeJS.Signals) => {
      if (child.pid !== undefined) killGroup(child.pid, name);
    };
    killWhenCancelled(signal, kill, ended);
    const exitCode = await ended;
    const read = (name: keyof typeof files) => readFile(file(files[name]), 'utf8');
    return {
      exitCode,
      lines,
      outputs: parseFileCommands(await read('GITHUB_OUTPUT')),
      env: parseFileCommands(await read('GITHUB_ENV')),
      path: (await read('GITHUB_PATH')).split('\n').filter((line) => line !== ''),
      summary: await read('GITHUB_STEP_SUMMARY'),
    };
  }

  async remove(): Promise<void> {
    await rm(this.directory, { recursive: true, force: true });
  }
}

function killGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal);
  } catch {
    // it has ended
  }
}
