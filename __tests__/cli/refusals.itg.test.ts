import { stat } from 'node:fs/promises';
import { afterEach, describe, expect, test } from '@jest/globals';
import { bundle, runCli, type CliResult } from './cli-runs.js';

/** Enough for every mode; nothing of it is there, so a run that gets past its inputs fails otherwise, and later. */
const ENV = {
  SRC_DBNAME: 'app',
  BACKUP_NAME: 'one',
  SRC_PGHOST: '127.0.0.1',
  SRC_PGPORT: '1',
  SRC_PGUSER: 'me',
  SRC_PGPASSWORD: 'se=c%re/t word',
  DST_PGHOST: '127.0.0.1',
  DST_PGPORT: '1',
  DST_DBNAME: 'copy',
  DST_PGUSER: 'me',
  DST_PGPASSWORD: 'other se=cret',
  S3_BUCKET: 'backups',
  S3_ENDPOINT_URL: 'http://127.0.0.1:1',
  AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE',
  AWS_SECRET_ACCESS_KEY: 'wJalr+/XUtn=',
};

let result: CliResult;
afterEach(() => {
  const shown = `${result.stdout}${result.stderr}`;
  for (const secret of ['se=c%re/t word', 'other se=cret', 'AKIDEXAMPLE', 'wJalr+/XUtn=', 'hunter2']) {
    for (const form of [secret, encodeURIComponent(secret)]) expect(shown).not.toContain(form);
  }
  expect(shown).not.toMatch(/^ +at .*:\d+/m);
});

describe('wrong usage', () => {
  const cases: [string, string[], RegExp, Record<string, string>?][] = [
    ['no mode', [], /^error: nothing says what to do: give one of `--backup`, `--restore`/],
    ['two modes', ['--backup', '--restore'], /^error: `--backup` and `--restore` are different modes/],
    ['two modes, one by --mode', ['--prune', '--mode', 'list'], /^error: `--prune` and `--list` are different modes/],
    [
      '--verify beside a mode without one',
      ['--list', '--verify'],
      /^error: `--list` and `--verify` are different modes/,
    ],
    ['--verify LEVEL without a restore', ['--verify', 'full'], /^error: `--verify` with a value says how/],
    ['an unknown mode', ['--mode', 'copy'], /^error: `--mode`: `copy` is not known/],
    [
      'an unknown flag',
      ['--backup', '--databse', 'x'],
      /^error: there is no option `--databse`\n.*Did you mean `--database`\?/,
    ],
    [
      'an unknown flag with a secret',
      ['--backup', '--source-pasword=hunter2'],
      /^error: there is no option `--source-pasword`\n.*Did you mean `--source-password`\?/,
    ],
    [
      'a forgotten value',
      ['--backup', '--database', '--force'],
      /^error: `--database` needs a value, and `--force` follows/,
    ],
    [
      'a mode without dashes',
      ['backup', '--database', 'x'],
      /^error: .* no option: `backup`\n.*Did you mean `--backup`\?/,
    ],
    ['a word too many', ['--backup', 'hunter2'], /^error: there is an argument that belongs to no option/],
    [
      'parts below what S3 takes',
      ['--backup', '--s3-chunk-size', '3MB'],
      /^error: `--s3-chunk-size`.*: `3MB` is out of range/,
    ],
    [
      'parts above what S3 takes',
      ['--backup', '--s3-chunk-size=6GB'],
      /^error: `--s3-chunk-size`.*: `6GB` is out of range/,
    ],
    [
      'the same by a variable',
      ['--backup'],
      /^error: environment variable `S3_CHUNK_SIZE` \(for `--s3-chunk-size`\)/,
      { S3_CHUNK_SIZE: '3MB' },
    ],
    ['a boolean that is none', ['--backup', '--quiet=maybe'], /^error: `--quiet`.*: `maybe` is neither true nor false/],
    [
      'a confirmation that does not match',
      ['--restore', '--force', '--confirm', 'prod'],
      /^error: `--confirm`: `prod` is not the target database, `copy`/,
    ],
    ['a prune without a rule', ['--prune', '--force'], /^error: `--keep-last` is missing/],
    ['a FORCE that is none', ['--restore'], /^error: environment variable `FORCE` \(for `--force`\)/, { FORCE: 'yes' }],
    ['a help topic that is none', ['--help', 'everything'], /^error: there is no help on `everything`/],
  ];
  test.each(cases)('wrong usage is exit code 2, with one clear line: %s', async (_name, args, first, env = {}) => {
    result = await runCli(args, { ...ENV, ...env });
    expect(result).toMatchObject({ exitCode: 2, stdout: '' });
    expect(result.stderr).toMatch(first);
    expect(result.stderr).toMatch(/^Next step: /m);
  });

  test.each(['--restore', '--all'])(
    '%s without a terminal needs --force, told before anything connects',
    async (flag) => {
      result = await runCli([flag], ENV);
      expect(result).toMatchObject({ exitCode: 2, stdout: '' });
      expect(result.stderr).toMatch(/^error: .* loads a database, and there is no terminal to ask on/);
      expect(result.stderr).toMatch(/^Next step: Add `--force` /m);
    },
  );

  test('a prune without a terminal needs --force', async () => {
    result = await runCli(['--prune', '--keep-last', '1'], ENV);
    expect(result.exitCode).toBe(2);
    expect(result.stderr).toMatch(/^error: .* removes backups, and there is no terminal to ask on/);
  });

  test('faults come together, a line each, named as options, with a page of the help', async () => {
    result = await runCli(['--restore', '--force'], { S3_BUCKET: 'backups' });
    expect(result.stderr).toMatch(
      /^error: 4 inputs are wrong:\n`--database` is missing: set it, or the environment variable `SRC_DBNAME`/,
    );
    expect(result.stderr).toMatch(/^Next step: `phaselift --help restore` /m);
    expect(result.stderr).not.toMatch(/input `|mode: /);
  });
});

describe('a failure', () => {
  test('a server that is not there is exit code 1: with --force a restore gets that far', async () => {
    const PATH = process.env['PHASELIFT_TEST_PG_PROGRAMS'] ?? '';
    result = await runCli(['--restore', '--force'], {
      ...ENV,
      PATH: `${PATH}:${process.env['PATH'] ?? ''}`,
      PG_CLIENT: 'path',
    });
    expect(result.exitCode).toBe(1);
    expect(result.stderr).toMatch(/^error: .*127\.0\.0\.1/m);
  });
});

describe('what needs no input', () => {
  test('--version needs no input', async () => {
    result = await runCli(['--version']);
    expect(result).toMatchObject({ exitCode: 0, stderr: '' });
    expect(result.stdout).toMatch(/^phaselift \d+\.\d+\.\d+\n$/);
  });

  test('--help and the page of a topic need no input', async () => {
    result = await runCli(['--help']);
    expect(result).toMatchObject({ exitCode: 0, stderr: '' });
    expect(result.stdout).toMatch(/^phaselift MODE/);
    result = await runCli(['-h', 's3']);
    expect(result.stdout).toContain('--s3-chunk-size SIZE [S3_CHUNK_SIZE; default auto]');
  });

  test('a Node.js that lacks what is used is refused, naming both versions', async () => {
    const older = `Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '22.11.1' } })`;
    result = await runCli(['--version'], {
      NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(older)}`,
    });
    expect(result).toMatchObject({
      exitCode: 1,
      stdout: '',
      stderr: 'error: phaselift needs Node.js 22.12 or newer, and this is 22.11.1\n',
    });
  });

  test('the program can be started by its name', async () => {
    expect((await stat(bundle())).mode & 0o111).toBe(0o111);
  });
});
