import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { describe, expect, test } from '@jest/globals';
import { commandInContainer } from '../../../src/postgres/toolbox/lifeline.js';
import { startProcess, type RunningProcess } from '../../../src/process/running-process.js';

const SHELLS = ['/bin/dash', '/bin/bash', '/bin/bash --posix', '/bin/busybox sh'].filter((command) =>
  existsSync(command.split(' ')[0] ?? ''),
);

describe.each(SHELLS)('the lifeline under %s', (command) => {
  const [file = '', ...options] = command.split(' ');

  function start(script: string, input: 'pipe' | 'none' = 'none', env: Record<string, string> = {}): RunningProcess {
    const [, ...args] = commandInContainer(['/bin/sh', '-c', script], { input, variables: Object.keys(env) });
    // SHLVL: else bash takes our socket for a remote login and reads ~/.bashrc; in a container stdin is a pipe.
    const allEnv = { PATH: '/usr/bin:/bin', SHLVL: '1', PGSERVICE: 'foreign', ...env };
    const askToEnd = (stdin: { destroy(): void }): void => {
      stdin.destroy();
    };
    return startProcess(file, [...options, ...args], { env: allEnv, input: 'pipe', askToEnd, graceMs: 5000 });
  }

  test.each([0, 1, 7, 255])('a lifeline passes exit code %d through', async (code) => {
    const running = start(`echo out; echo err >&2; exit ${code}`);
    expect(await text(running.stdout)).toBe('out\n');
    expect(await running.exited).toEqual({ code, signal: null, stderr: 'err\n' });
  });

  test('a lifeline tells a signal as 128 and its number', async () => {
    const running = start('kill -KILL $$');
    running.stdout.resume();
    expect((await running.exited).code).toBe(137);
  });

  test('a lifeline gives the tool an empty input', async () => {
    const running = start('cat; echo done');
    running.stdin.write('not for the tool\n');
    expect(await text(running.stdout)).toBe('done\n');
  });

  test('a lifeline ends the tool when stdin closes', async () => {
    const running = start('echo $$; exec sleep 1000');
    const pid = await firstLine(running);
    running.stdin.destroy();
    running.stdout.resume();
    expect((await running.exited).code).toBe(143);
    expect(await commandOf(pid)).toBe('');
  });

  test('a lifeline ends a tool that ignores SIGTERM', async () => {
    const running = start("trap '' TERM; echo $$; while :; do sleep 0.05; done");
    const pid = await firstLine(running);
    running.stdin.destroy();
    running.stdout.resume();
    expect((await running.exited).code).toBe(137);
    expect(await commandOf(pid)).toBe('');
  });

  test('a lifeline lets a tool that reads data read it, with its exit code', async () => {
    const running = start('cat; exit 9', 'pipe');
    running.stdin.end('data');
    expect(await text(running.stdout)).toBe('data');
    expect((await running.exited).code).toBe(9);
  });

  test.each(['pipe', 'none'] as const)(
    'a lifeline keeps foreign variables of libpq from the tool, and passes ours (%s)',
    async (input) => {
      const running = start('env', input, { PGHOST: 'ours' });
      const env = await text(running.stdout);
      expect(env).toContain('PGHOST=ours\n');
      expect(env).not.toContain('PGSERVICE');
    },
  );
});

async function firstLine(running: RunningProcess): Promise<number> {
  const [line] = (await once(running.stdout, 'data')) as [Buffer];
  return Number(line.toString());
}

/** Empty when the process is gone. */
async function commandOf(pid: number): Promise<string> {
  return readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
}
