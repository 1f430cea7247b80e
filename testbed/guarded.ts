import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { Socket } from 'node:net';
import { ownEnvironment } from './run-program.js';

/**
 * A helper process that keeps a server for us. It runs until its stdin closes, then stops the server. The kernel closes that
 * pipe when this process ends in whatever way, SIGKILL included, so no server outlives the tests.
 */
export interface Guarded {
  /** The first line that the helper wrote: where the server is. */
  readonly firstLine: string;
  /** Closes stdin, after a last word to the helper if there is one to say, and waits until the helper is gone. */
  release(lastWord?: string): Promise<void>;
}

export interface GuardedOptions {
  env?: Readonly<Record<string, string>>;
  cwd?: string;
  /** Run as this user. */
  user?: { uid: number; gid: number } | null;
}

/**
 * Starts a helper process in a session of its own (Ctrl-C at the terminal does not reach it) and waits for its first line.
 * Throws with what it wrote to stderr when it ends before that.
 */
export async function startGuarded(
  command: string,
  args: readonly string[],
  options: GuardedOptions = {},
): Promise<Guarded> {
  const child = spawn(command, args, {
    detached: true,
    stdio: ['pipe', 'pipe', 'pipe'],
    env: { ...ownEnvironment(), ...options.env },
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    ...(options.user ?? {}),
  });
  const exited = once(child, 'exit').catch((error: unknown) => [error instanceof Error ? error.message : error]);
  let stdout = '';
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr = (stderr + text).slice(-16_384)));
  child.stdin.on('error', () => undefined); // it may be gone when we say our last word

  const firstLine = await new Promise<string>((resolve, reject) => {
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
      const end = stdout.indexOf('\n');
      if (end >= 0) resolve(stdout.slice(0, end));
    });
    void exited.then(([reason]) => {
      reject(new Error(`${command} ${args.join(' ')} ended (${String(reason)}): ${stderr.trim()}`));
    });
  });

  // A forgotten server must not keep this process alive: when it ends, the pipe closes, and the server stops.
  child.unref();
  for (const stream of [child.stdin, child.stdout, child.stderr]) if (stream instanceof Socket) stream.unref();

  return {
    firstLine,
    async release(lastWord) {
      child.ref();
      child.stdin.end(lastWord === undefined ? undefined : `${lastWord}\n`);
      await exited;
    },
  };
}
