import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { GATED_SOURCE, GATES, hold, releaseAll, waiting, type Held } from '../commands/restore-gates.js';
import { CliRuns, startCli } from './cli-runs.js';

let cli: CliRuns;
beforeAll(async () => {
  cli = await CliRuns.create(GATED_SOURCE);
  await cli.succeed(['--backup']);
});
afterEach(releaseAll);
afterAll(() => cli.close());

/** A new target in which a restore will stop in the middle of its data. */
async function gatedTarget(): Promise<{ target: string; gate: Held }> {
  const target = await cli.runs.emptyTarget();
  return { target, gate: await hold(cli.runs.server, target, GATES.data) };
}

describe('a bar at work', () => {
  test('a bar at work is drawn in place, follows the width, and leaves one line', async () => {
    const { target, gate } = await gatedTarget();
    const pty = await cli.inTerminal(['--restore', '--force'], target);
    await waiting(cli.runs.server, target);
    await pty.shows(/^data +\[=*-+\] +\d+% .*\b(?:left|sec)$/m);
    await pty.resize(40);
    await pty.shows(/^data +\[[=-]{8}\] +\d+%.{0,18}$/m);
    const drawn = pty.output().split('\r').length;
    const lines = pty.screen().length;
    await pty.resize(120);
    await pty.shows(/^data +\[[=-]{24}\] +\d+% .*\/s /m);
    expect(pty.output().split('\r').length).toBeGreaterThan(drawn);
    expect(pty.screen()).toHaveLength(lines);
    await gate.release();
    expect(await pty.exitCode).toBe(0);
    expect(pty.screen().filter((line) => line.startsWith('data '))).toEqual([
      expect.stringMatching(/^data +\[=+\] 100% {2}done, /),
    ]);
    await cli.runs.expectRestored(target);
  });

  test('a bar at work is not torn by what is said meanwhile; Ctrl-C cancels', async () => {
    const { target, gate } = await gatedTarget();
    const pty = await cli.inTerminal(['--restore', '--force'], target);
    await waiting(cli.runs.server, target);
    await pty.shows(/^data +\[=*-+\]/m);
    pty.type('\x03');
    expect(await pty.exitCode).toBe(130);
    const screen = pty.screen();
    const said = screen.indexOf('interrupted: stopping cleanly; a second Ctrl-C ends at once');
    expect(screen[said + 1]).toMatch(/^data +\[[=-]+\] +\d\d?% {2}cancelled, /);
    expect(screen.slice(said + 2)).toEqual([
      'error: interrupted',
      'Next step: What is finished stays finished: run it again to go on.',
    ]);
    expect(await cli.runs.sessionsIn(target)).toBe('');
    await gate.release();
    const { stderr } = await cli.succeed(['--restore', '--force'], target);
    expect(stderr).toMatch(/^going on with the restore of one: /m);
    await cli.runs.expectRestored(target);
  });
});

describe('without a terminal', () => {
  test.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)('a run cancelled by %s has exit code 130', async (signal) => {
    const { target } = await gatedTarget();
    const handle = startCli(['--restore', '--force'], cli.env(target));
    await waiting(cli.runs.server, target);
    handle.kill(signal);
    const { exitCode, stderr, stdout } = await handle.done;
    expect(exitCode).toBe(130);
    expect(stderr).toMatch(/^error: interrupted$/m);
    expect(`${stdout}${stderr}`).not.toMatch(/\x1b|\r/); // eslint-disable-line no-control-regex
    expect(await cli.runs.sessionsIn(target)).toBe('');
  });

  test('a certificate given as text is kept from others, and goes when the run does', async () => {
    const { target, gate } = await gatedTarget();
    const PEM = '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----';
    const env = cli.env(target, { PGSSLROOTCERT: PEM });
    const home = env['HOME'] ?? '';
    const handle = startCli(['--restore', '--force'], env);
    await waiting(cli.runs.server, target);
    const [directory = '', ...others] = await readdir(home);
    expect(others).toEqual([]);
    expect((await stat(join(home, directory))).mode & 0o777).toBe(0o700);
    expect(await readdir(join(home, directory))).toEqual([expect.stringMatching(/\.pem$/)]);
    await gate.release();
    expect((await handle.done).exitCode).toBe(0);
    expect(await readdir(home)).toEqual([]);
  });
});
