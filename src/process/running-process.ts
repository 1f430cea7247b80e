import { spawn, type ChildProcess } from 'node:child_process';
import { PassThrough, Writable, type Readable } from 'node:stream';
import { StderrTail } from './stderr-tail.js';

/** How a process ended. */
export interface ProcessExit {
  code: number | null;
  signal: NodeJS.Signals | null;
  /** The last lines of stderr, at most 64 KiB. */
  stderr: string;
}

export interface StartProcessOptions {
  /** The whole environment of the process; nothing is inherited. */
  env: Readonly<Record<string, string>>;
  /** `pipe`: `stdin` is written by the caller. `none`: the process reads /dev/null and `stdin` swallows what is written. */
  input: 'pipe' | 'none';
  /**
   * Asks the process to end, when a SIGTERM is not the way (the client of a container). Without it `stop` begins with SIGTERM.
   * The process has `graceMs` to follow.
   */
  askToEnd?: (stdin: Writable) => void;
  /** Milliseconds between asking and SIGTERM (with `askToEnd`), and between SIGTERM and SIGKILL. Default 2,000. */
  graceMs?: number;
}

/** A process at work. Reading `stdout` slowly slows it down (back-pressure by the pipe). */
export interface RunningProcess {
  /** undefined when it could not be started. */
  readonly pid: number | undefined;
  /** Writes after the process's end fail (EPIPE) for the writer, but never as an unhandled error: `exited` has the facts. */
  readonly stdin: Writable;
  /** Must be read or destroyed, or `exited` waits. */
  readonly stdout: Readable;
  /** Resolves once, after the end of the process and of its output streams; never rejects. */
  readonly exited: Promise<ProcessExit>;
  /** Ends the process, destroys `stdout`, resolves when it is gone. Safe to call again, and after the end. */
  stop(): Promise<void>;
}

const DEFAULT_GRACE_MS = 2000;
/** The shell's code for a command that cannot be started. */
const NOT_STARTED = 127;

/**
 * Starts a process without a shell. One that cannot be started exits with code 127 and the reason as its stderr.
 *
 * It gets a process group (and session) of its own: Ctrl-C in a terminal goes to the whole foreground group, and a
 * pg_dump that dies of it before we know of the cancel looks like a failed backup. We decide, and call `stop`. The price,
 * that it outlives a SIGKILL of ours, would be the same without the group, and is bounded: its pipes break, so that
 * pg_dump ends with its next write and psql with the end of its input, without having seen COMMIT.
 */
export function startProcess(file: string, args: readonly string[], options: StartProcessOptions): RunningProcess {
  let child: ChildProcess;
  try {
    child = spawn(file, args, {
      env: { ...options.env },
      stdio: [options.input === 'pipe' ? 'pipe' : 'ignore', 'pipe', 'pipe'],
      detached: true,
      windowsHide: true,
    });
  } catch (error) {
    // Too long an argument list, a NUL in an argument: thrown at once instead of emitted.
    return notStarted(error instanceof Error ? error.message : String(error));
  }
  const { stdin, stdout, stderr } = child;
  // Without descriptors left (EMFILE) there are no streams; the error that says so is still to be emitted.
  if (stdout === null || stderr === null) return notStarted(`cannot start ${file}: no pipes available`, child);
  const tail = new StderrTail();
  stderr.on('data', (chunk: Buffer) => {
    tail.add(chunk);
  });
  const input = stdin ?? discarding();
  for (const stream of [input, stdout, stderr]) stream.on('error', ignore);

  let ended = false;
  const exited = new Promise<ProcessExit>((resolve) => {
    const finish = (exit: ProcessExit): void => {
      ended = true;
      input.destroy();
      resolve(exit);
    };
    child.once('error', (error) => {
      // With a pid the process runs, and its own end is to come.
      if (child.pid !== undefined) return;
      stdout.destroy();
      finish({ code: NOT_STARTED, signal: null, stderr: startFailure(file, error) });
    });
    child.once('close', (code, signal) => {
      if (child.pid !== undefined) finish({ code, signal, stderr: tail.text() });
    });
  });

  const stop = async (): Promise<void> => {
    const graceMs = options.graceMs ?? DEFAULT_GRACE_MS;
    const steps: (() => void)[] = [
      () => {
        signalGroup(child.pid, 'SIGTERM');
      },
      () => {
        signalGroup(child.pid, 'SIGKILL');
      },
    ];
    const askToEnd = options.askToEnd;
    if (askToEnd !== undefined) {
      steps.unshift(() => {
        askToEnd(input);
      });
    }
    stdout.destroy();
    for (const step of steps) {
      if (ended) return;
      step();
      if (await endsWithin(exited, graceMs)) return;
    }
    // SIGKILL cannot be refused; a grandchild may still hold stderr open, which is no reason to wait.
    stderr.destroy();
    await exited;
  };
  return { pid: child.pid, stdin: input, stdout, exited, stop };
}

/** To the whole group, so that a wrapper script's child goes as well. */
function signalGroup(pid: number | undefined, signal: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, signal);
  } catch {
    // Gone already.
  }
}

async function endsWithin(exited: Promise<ProcessExit>, ms: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<false>((resolve) => {
    timer = setTimeout(resolve, ms, false);
  });
  const result = await Promise.race([exited.then(() => true), timeout]);
  clearTimeout(timer);
  return result;
}

function startFailure(file: string, error: Error): string {
  const code = 'code' in error ? error.code : undefined;
  if (code === 'ENOENT') return `${file}: not found`;
  if (code === 'EACCES') return `${file}: permission denied`;
  return `${file}: ${error.message}`;
}

function notStarted(reason: string, child?: ChildProcess): RunningProcess {
  child?.on('error', ignore);
  const stdout = new PassThrough();
  stdout.on('error', ignore);
  stdout.destroy();
  const exit: ProcessExit = { code: NOT_STARTED, signal: null, stderr: reason };
  return { pid: undefined, stdin: discarding(), stdout, exited: Promise.resolve(exit), stop: () => Promise.resolve() };
}

/** A stdin that nobody reads: takes everything, keeps nothing. */
export function discarding(): Writable {
  return new Writable({
    write(_chunk, _encoding, done) {
      done();
    },
  });
}

function ignore(): void {
  // The exit facts tell what happened; a broken pipe adds nothing.
}
