import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { runProgram } from './run-program.js';
import { TerminalModel } from './terminal-model.js';

export interface PtyOptions {
  /** The whole environment, but for TERM. */
  env: Readonly<Record<string, string>>;
  cwd?: string;
  columns?: number;
  rows?: number;
}

/** A program in a pseudo-terminal of its own, which it can tell from no real one. */
export interface Pty {
  /** Of the program. */
  readonly pid: number;
  /** Everything that it wrote, as it came. */
  readonly output: () => string;
  /** What a person would see, scrolled-off lines included. */
  readonly screen: () => string[];
  /** Types. `\x03` is Ctrl-C, `\x04` Ctrl-D, `\r` Enter. */
  type(keys: string): void;
  /** Resolves once the last line fits. */
  resize(columns: number): Promise<void>;
  /** Resolves when the output (without terminal sequences) matches; throws with it when the program ends before. */
  shows(pattern: RegExp): Promise<void>;
  readonly exitCode: Promise<number | null>;
}

const FIRST_LINE = /^(\S+) (\d+)\r?\n/;

/**
 * Starts a program in a pseudo-terminal, by `script` of util-linux, which every Debian has: no native addon to build. The
 * terminal dies with the program.
 */
export async function startInPty(
  command: readonly string[],
  { env, cwd, columns = 80, rows = 24 }: PtyOptions,
): Promise<Pty> {
  const inner = `stty cols ${columns} rows ${rows}; echo "$(tty) $$"; exec ${command.map(shellWord).join(' ')}`;
  const child = spawn('script', ['--quiet', '--return', '--flush', '--command', inner, '/dev/null'], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { TERM: 'xterm', ...env, SHELL: '/bin/sh' },
    ...(cwd === undefined ? {} : { cwd }),
  });
  const model = new TerminalModel(columns);
  let output = '';
  const place = { device: '', pid: 0 };
  const watchers = new Set<() => void>();
  const notify = (): void => {
    for (const watcher of watchers) watcher();
  };
  child.stdin.on('error', () => undefined); // the program may end before it has read all
  const exitCode = once(child, 'close').then(([code]: unknown[]) => (typeof code === 'number' ? code : null));
  let ended = false;
  void exitCode.then(() => {
    ended = true;
    notify();
  });
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
    if (place.pid === 0) {
      const match = FIRST_LINE.exec(output);
      if (match === null) return;
      Object.assign(place, { device: String(match[1]), pid: Number(match[2]) });
      output = output.slice(match[0].length);
      model.write(output);
    } else {
      model.write(text);
    }
    notify();
  });
  const until = (reached: () => boolean): Promise<void> =>
    new Promise((resolve, reject) => {
      const look = (): void => {
        if (!reached() && !ended) return;
        watchers.delete(look);
        if (reached()) resolve();
        else reject(new Error(`the program ended without showing it:\n${model.lines().join('\n')}`));
      };
      watchers.add(look);
      look();
    });
  await until(() => place.pid !== 0);
  const { device, pid } = place;
  let shown = columns;
  return {
    pid,
    output: () => output,
    screen: () => model.lines(),
    type: (keys) => child.stdin.write(keys),
    async resize(width) {
      // The program hears of it late, and may draw its last line once more as wide as before: the wider terminal breaks no line.
      model.resize(Math.max(width, shown));
      await runProgram('stty', ['-F', device, 'cols', String(width)]);
      await until(() => (model.lines().findLast((line) => line !== '') ?? '').length <= width);
      model.resize(width);
      shown = width;
    },
    shows: (pattern) => until(() => pattern.test(model.lines().join('\n'))),
    exitCode,
  };
}

function shellWord(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
