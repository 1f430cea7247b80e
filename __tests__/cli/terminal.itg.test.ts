import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { applicationName } from '../../src/postgres/application-name.js';
import type { Pty } from '../../testbed/pty.js';
import { CliRuns } from './cli-runs.js';

const SQL = `CREATE TABLE t (id int PRIMARY KEY, v text);
INSERT INTO t SELECT i, repeat('x', 1000) FROM generate_series(1, 3000) i;`;
const COLOUR = /\x1b\[(?:[1-9]\d*;?)+m/; // eslint-disable-line no-control-regex

let cli: CliRuns;
let pty: Pty | null = null;
beforeAll(async () => {
  cli = await CliRuns.create(SQL);
  await cli.succeed(['--backup']);
});
afterEach(async () => {
  if (pty === null) return;
  cli.expectNoSecrets(pty.output(), cli.env(''));
  expect(pty.screen().join('\n')).not.toMatch(/^ +at .*:\d+/m);
  await pty.exitCode;
  pty = null;
});
afterAll(() => cli.close());

/** The lines of the screen that a bar drew or left. */
function bars(lines: readonly string[]): string[] {
  return lines.filter((line) => /\[[=-]+\]/.test(line));
}

describe('on a terminal', () => {
  test('a restore on a terminal asks; yes restores, with a bar for each phase', async () => {
    const target = await cli.runs.emptyTarget();
    pty = await cli.inTerminal(['--restore'], target);
    await pty.shows(/Restore one of [^]* \([\d.]+ (?:sec|min)[^]* old, [\d.]+ MiB\) into [^]*\? \(y\/N\)/);
    // After the checks.
    expect(pty.screen().join('\n')).toMatch(/index strategy: empty\n[^]*Restore one of/);
    pty.type('y\r');
    expect(await pty.exitCode).toBe(0);
    await cli.runs.expectRestored(target);
    expect(bars(pty.screen()).map((line) => line.replace(/ \[.*\] +/, ' ').split(' ')[0])).toEqual([
      'schema',
      'indexes',
      'data',
      'constraints',
    ]);
    for (const line of bars(pty.screen())) expect(line).toMatch(/\[=+\] 100% {2}done.* in /);
    expect(bars(pty.screen())[2]).toMatch(/MiB, 3,000 rows, .*MiB\/s on average/);
    expect(pty.output()).toMatch(COLOUR);
    expect(pty.screen().join('\n')).toMatch(/^target +.*\nduration .*$/m);
  });

  test.each([
    ['no', 'n\r'],
    ['nothing but Enter', '\r'],
    ['the end of input', '\x04'],
  ])('a restore on a terminal that is answered by %s changes nothing', async (_name, keys) => {
    const target = await cli.runs.emptyTarget();
    pty = await cli.inTerminal(['--restore', '--json'], target);
    await pty.shows(/\(y\/N\)/);
    pty.type(keys);
    expect(await pty.exitCode).toBe(1);
    expect(pty.output()).toContain('"error":{"code":"DECLINED"');
    expect(pty.screen().join('\n')).toMatch(/^error: the question was answered no: nothing was changed$/m);
    await cli.runs.expectUntouched(target);
    expect(await cli.runs.sessionsIn(target)).toBe('');
  });

  test('a restore ends the sessions of a dead run when it is agreed to, not before', async () => {
    const target = await cli.runs.emptyTarget();
    const { server, owner, source } = cli.runs;
    const name = applicationName('phaselift restore', source);
    const left = server.psql(target, `SET application_name = '${name}'; SELECT pg_sleep(600)`, owner).catch(String);
    const isThere = (): Promise<string> =>
      server.psql('postgres', `SELECT count(*) FROM pg_stat_activity WHERE application_name = '${name}'`);
    while ((await isThere()) === '0') await sleep(50);
    pty = await cli.inTerminal(['--restore'], target);
    await pty.shows(/\(y\/N\)/);
    pty.type('n\r');
    expect(await pty.exitCode).toBe(1);
    expect(await isThere()).toBe('1');
    pty = await cli.inTerminal(['--restore'], target);
    await pty.shows(/\(y\/N\)/);
    pty.type('y\r');
    expect(await pty.exitCode).toBe(0);
    expect(await left).toMatch(/terminating connection/);
    await cli.runs.expectRestored(target);
  });

  test('Ctrl-C at the question interrupts the run', async () => {
    const target = await cli.runs.emptyTarget();
    pty = await cli.inTerminal(['--restore'], target);
    await pty.shows(/\(y\/N\)/);
    pty.type('\x03');
    expect(await pty.exitCode).toBe(130);
    expect(pty.screen().join('\n')).toMatch(/^error: interrupted$/m);
    await cli.runs.expectUntouched(target);
    expect(await cli.runs.sessionsIn(target)).toBe('');
  });

  test('a backup of a name that is there asks, and keeps the old one when answered no', async () => {
    const before = await cli.runs.bucket.keys();
    pty = await cli.inTerminal(['--backup']);
    await pty.shows(/The backup one of [^]* exists already. Overwrite it\? \(y\/N\)/);
    pty.type('n\r');
    expect(await pty.exitCode).toBe(1);
    expect(pty.screen().join('\n')).toMatch(/^error: the question was answered no/m);
    expect(await cli.runs.bucket.keys()).toEqual(before);
  });

  test('a backup of a new name asks nothing; one of a name that is there wants a yes', async () => {
    pty = await cli.inTerminal(['--backup', '--backup-name', 'new']);
    expect(await pty.exitCode).toBe(0);
    expect(pty.output()).not.toContain('y/N');
    expect(bars(pty.screen())).toEqual([expect.stringMatching(/^backup .*\[=+\] 100% {2}done, /)]);
    pty = await cli.inTerminal(['--backup', '--backup-name', 'new']);
    await pty.shows(/\(y\/N\)/);
    pty.type('yes\r');
    expect(await pty.exitCode).toBe(0);
  });

  test('a run with --all that is answered no makes no backup and loads nothing', async () => {
    const target = await cli.runs.emptyTarget();
    const before = await cli.runs.bucket.keys();
    pty = await cli.inTerminal(['--all', '--backup-name', 'never'], target);
    await pty.shows(/Restore a new backup of [^]*\? \(y\/N\)/);
    pty.type('n\r');
    expect(await pty.exitCode).toBe(1);
    expect(await cli.runs.bucket.keys()).toEqual(before);
    await cli.runs.expectUntouched(target);
  });

  test('--force and FORCE make the program ask nothing', async () => {
    for (const [args, env] of [
      [['--restore', '--force'], {}],
      [['--restore'], { FORCE: 'true' }],
    ] as const) {
      const target = await cli.runs.emptyTarget();
      pty = await cli.inTerminal(args, target, env);
      expect(await pty.exitCode).toBe(0);
      expect(pty.output()).not.toContain('y/N');
    }
  });

  test('a prune asks before the first removal, a dry run does not', async () => {
    for (const name of ['p1', 'p2']) await cli.succeed(['--backup', '--backup-name', name]);
    const before = await cli.runs.bucket.keys();
    pty = await cli.inTerminal(['--prune', '--keep-last', '1', '--dry-run']);
    expect(await pty.exitCode).toBe(0);
    pty = await cli.inTerminal(['--prune', '--keep-last', '1']);
    await pty.shows(/Remove .*\? \(y\/N\)/);
    pty.type('n\r');
    expect(await pty.exitCode).toBe(1);
    expect(await cli.runs.bucket.keys()).toEqual(before);
  });

  test('NO_COLOR takes the colours, and the bar is still there', async () => {
    const target = await cli.runs.emptyTarget();
    pty = await cli.inTerminal(['--restore', '--force'], target, { NO_COLOR: '1' });
    expect(await pty.exitCode).toBe(0);
    expect(pty.output()).not.toMatch(COLOUR);
    expect(bars(pty.screen())).toHaveLength(4);
  });

  test('a terminal that cannot move its cursor gets lines', async () => {
    const target = await cli.runs.emptyTarget();
    pty = await cli.inTerminal(['--restore', '--force'], target, { TERM: 'dumb' });
    expect(await pty.exitCode).toBe(0);
    expect(pty.output()).not.toContain('\x1b');
    expect(pty.screen().join('\n')).toMatch(/^data: done, /m);
  });

  test('--quiet and --no-show-progress draw no bar; the result is there', async () => {
    for (const flag of ['--quiet', '--no-show-progress']) {
      const target = await cli.runs.emptyTarget();
      pty = await cli.inTerminal(['--restore', '--force', flag], target);
      expect(await pty.exitCode).toBe(0);
      expect(bars(pty.screen())).toEqual([]);
      expect(pty.screen().at(-1)).toMatch(/^duration /);
      if (flag === '--quiet') expect(pty.screen()[0]).toMatch(/^backup /);
    }
  });
});
