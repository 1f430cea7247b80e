import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { describe, expect, test } from '@jest/globals';
import { startProcess, type RunningProcess, type StartProcessOptions } from '../../src/process/running-process.js';

const PATH = process.env['PATH'] ?? '/usr/bin:/bin';

function shell(script: string, options: Partial<StartProcessOptions> = {}): RunningProcess {
  return startProcess('/bin/sh', ['-c', script], { env: { PATH }, input: 'pipe', ...options });
}

describe('a running process', () => {
  test('a running process takes stdin, gives stdout, and tells exit code and stderr', async () => {
    const running = shell('cat; echo trouble >&2; exit 7');
    running.stdin.end('some data');
    expect(await text(running.stdout)).toBe('some data');
    expect(await running.exited).toEqual({ code: 7, signal: null, stderr: 'trouble\n' });
  });

  test('a running process sees only the environment it was given', async () => {
    const running = startProcess('/usr/bin/env', [], { env: { ONLY: 'this' }, input: 'none' });
    expect(await text(running.stdout)).toBe('ONLY=this\n');
  });

  test('a running process reads an empty input when it is to read none', async () => {
    const running = shell('cat', { input: 'none' });
    running.stdin.end('nobody reads this');
    expect(await text(running.stdout)).toBe('');
    expect((await running.exited).code).toBe(0);
  });

  test('a running process waits for a slow reader instead of collecting its output', async () => {
    const running = shell('head -c 5000000 /dev/zero; echo written >&2', { input: 'none' });
    await once(running.stdout, 'readable');
    running.stdout.pause();
    let isDone = false;
    void running.exited.then(() => (isDone = true));
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(isDone).toBe(false);
    expect(running.stdout.readableLength).toBeLessThan(1_000_000);
    let size = 0;
    for await (const chunk of running.stdout) size += (chunk as Buffer).length;
    expect(size).toBe(5_000_000);
    expect((await running.exited).stderr).toBe('written\n');
  });

  test('a running process says when it was killed by a signal', async () => {
    const running = shell('kill -KILL $$');
    running.stdout.resume();
    expect(await running.exited).toMatchObject({ code: null, signal: 'SIGKILL' });
  });

  test('a running process keeps only the last 64 KiB of stderr, from the start of a line', async () => {
    const running = shell('seq 1 100000 >&2; echo the end >&2', { input: 'none' });
    running.stdout.resume();
    const { stderr } = await running.exited;
    expect(stderr.length).toBeLessThanOrEqual(65_536);
    expect(stderr.length).toBeGreaterThan(60_000);
    expect(stderr.endsWith('100000\nthe end\n')).toBe(true);
    const numbers = stderr.split('\n').slice(0, -2).map(Number);
    expect(numbers).toEqual(numbers.map((_, index) => 100_000 - numbers.length + 1 + index));
  });

  test.each([
    ['/nowhere/pg_dump', '/nowhere/pg_dump: not found'],
    ['/etc/passwd', '/etc/passwd: permission denied'],
  ])('a process that cannot be started exits with 127 and the reason: %s', async (file, reason) => {
    const running = startProcess(file, [], { env: {}, input: 'pipe' });
    running.stdin.end('nobody reads this');
    expect(await text(running.stdout).catch(() => '')).toBe('');
    expect(await running.exited).toEqual({ code: 127, signal: null, stderr: reason });
    await running.stop();
  });

  test('a process that is refused at once exits with 127 as well', async () => {
    const running = startProcess('/bin/echo', ['a\0b'], { env: {}, input: 'pipe' });
    running.stdin.end('x');
    const exit = await running.exited;
    expect(exit.code).toBe(127);
    expect(exit.stderr).toContain('null bytes');
  });

  test('a process that ends before it has read its input fails the writer, and nothing else', async () => {
    const running = shell('exit 3');
    running.stdout.resume();
    const megabytes = Readable.from(Array.from({ length: 100 }, () => Buffer.alloc(65_536)));
    await expect(pipeline(megabytes, running.stdin)).rejects.toThrow(/EPIPE|premature|ECONNRESET/i);
    running.stdin.write('more');
    expect((await running.exited).code).toBe(3);
  });

  test('a running process has a process group of its own, which Ctrl-C does not reach', async () => {
    const running = shell('cut -d " " -f 5 /proc/$$/stat', { input: 'none' });
    expect(Number(await text(running.stdout))).toBe(running.pid);
  });
});

describe('stop', () => {
  test('stop ends a process with SIGTERM, and its children with it', async () => {
    const running = shell('sleep 1000 & echo $!; wait');
    const [line] = (await once(running.stdout, 'data')) as [Buffer];
    await running.stop();
    expect((await running.exited).signal).toBe('SIGTERM');
    await gone(Number(line.toString()));
  });

  test('stop ends a process that ignores SIGTERM with SIGKILL after the grace', async () => {
    const running = shell("trap '' TERM; echo up; while :; do sleep 0.05; done", { graceMs: 100 });
    await once(running.stdout, 'data');
    await running.stop();
    expect((await running.exited).signal).toBe('SIGKILL');
  });

  test('stop ends a process whose output nobody reads', async () => {
    const running = shell('yes');
    await running.stop();
    expect(await running.exited).toMatchObject({ code: null });
  });

  test('stop asks first where there is a way to ask', async () => {
    const running = shell('cat; exit 5', { askToEnd: (stdin) => stdin.end() });
    await running.stop();
    expect((await running.exited).code).toBe(5);
  });

  test('stop goes on to SIGTERM when asking does not help', async () => {
    const running = shell('sleep 1000', { askToEnd: () => undefined, graceMs: 100 });
    await running.stop();
    expect((await running.exited).signal).toBe('SIGTERM');
  });

  test('stop makes a reader fail, so that a cut stream is not taken for a whole one', async () => {
    const running = shell('echo start; sleep 1000');
    const read = text(running.stdout);
    await Promise.all([expect(read).rejects.toThrow(/premature|aborted/i), running.stop()]);
  });

  test('stop can be called twice and after the end', async () => {
    const running = shell('exit 0');
    running.stdout.resume();
    await Promise.all([running.stop(), running.stop()]);
    await running.exited;
    await running.stop();
  });
});

/** Waits until the process is gone, or is a zombie that nobody has collected; the test's timeout is the limit. */
async function gone(pid: number): Promise<void> {
  for (;;) {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
    if (stat === '' || stat.includes(') Z ')) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
