import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';

export interface RunOptions {
  env?: Readonly<Record<string, string>>;
  cwd?: string;
  user?: { uid: number; gid: number } | null;
  /** What the program reads from stdin. */
  input?: string | Uint8Array;
}

/** The environment of this process without PGHOST, PGOPTIONS and the like, which would lead our servers and clients astray. */
export function ownEnvironment(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('PG')));
}

/** Runs a program to its end and returns its stdout. Throws with its stderr when it does not exit with 0. */
export async function runProgram(command: string, args: readonly string[], options: RunOptions = {}): Promise<string> {
  const child = spawn(command, args, {
    stdio: ['pipe', 'pipe', 'pipe'],
    env: { ...ownEnvironment(), ...options.env },
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    ...(options.user ?? {}),
  });
  const ended = new Promise<string>((resolve) => {
    child.on('error', (error) => {
      resolve(error.message);
    });
    child.on('close', (code, signal) => {
      resolve(code === 0 ? '' : (signal ?? `exit code ${String(code)}`));
    });
  });
  child.stdin.on('error', () => undefined); // it may end before it has read all
  child.stdin.end(options.input ?? '');
  const [stdout, stderr, failure] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
  if (failure !== '') throw new Error(`${command} failed (${failure}): ${stderr.trim()}`);
  return stdout;
}
