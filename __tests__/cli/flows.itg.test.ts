import { readdir } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { CliRuns } from './cli-runs.js';

const SQL = `CREATE TABLE t (id int PRIMARY KEY, v text);
INSERT INTO t SELECT i, repeat('x', 100) FROM generate_series(1, 2000) i; CREATE INDEX t_v ON t (v);`;

let cli: CliRuns;
beforeAll(async () => {
  cli = await CliRuns.create(SQL);
});
afterAll(() => cli.close());

describe('the program with the variables of the older scripts', () => {
  test('the program backs up, restores and lists, with results on stdout', async () => {
    const backup = await cli.succeed(['--backup']);
    const uri = cli.runs.uriOf(cli.runs.archiveKey());
    expect(backup.stdout).toMatch(
      new RegExp(`^backup +${uri}\nsize +[\\d.]+ KiB\ntables +1\nrows +2,000\nduration .*sec\n$`),
    );
    expect(backup.stderr).toMatch(/^== Backup of /m);
    expect(backup.stderr).toMatch(/^backup: done, .* rows in /m);

    const target = await cli.runs.emptyTarget();
    const restore = await cli.succeed(['--restore', '--force'], target);
    expect(restore.stdout).toMatch(new RegExp(`^target +.*/${target}$`, 'm'));
    expect(restore.stderr).toMatch(/^== Phase data$/m);
    await cli.runs.expectRestored(target);

    const list = await cli.succeed(['--list', '--quiet']);
    expect(list.stdout).toMatch(/^NAME +TAKEN/);
    expect(list.stdout).toMatch(/^one +\d{4}-/m);
    expect(list.stderr).toBe('');
  });

  test('the program makes a backup and restores it in one run', async () => {
    const target = await cli.runs.emptyTarget();
    await cli.succeed(['--all', '--force', '--backup-name=two'], target);
    await cli.runs.expectRestored(target);
    expect(await cli.runs.bucket.keys()).toContain(cli.runs.archiveKey('two'));
  });

  test('the program reads a backup whole, and prunes', async () => {
    await cli.succeed(['--backup', '--backup-name', 'old']);
    await cli.succeed(['--backup', '--backup-name', 'young']);
    const verify = await cli.succeed(['--verify', '--backup-name', 'old']);
    expect(verify.stdout).toMatch(/^rows +2,000$/m);
    const before = await cli.runs.bucket.keys();
    const shown = await cli.succeed(['--prune', '--keep-last', '1', '--dry-run']);
    expect(shown.stdout).toMatch(/^old .* to be removed/m);
    expect(await cli.runs.bucket.keys()).toEqual(before);
    const pruned = await cli.succeed(['--prune', '--keep-last', '1', '--force']);
    expect(pruned.stdout).toMatch(/^kept +1$/m);
    expect(await cli.runs.bucket.keys()).toEqual([cli.runs.archiveKey('young'), cli.runs.manifestKey('young')]);
  });

  test('a dry run asks nothing, needs no terminal, and its plan is the result', async () => {
    await cli.succeed(['--backup', '--backup-name', 'dry']);
    const before = await cli.runs.bucket.keys();
    const shown = await cli.succeed(['--backup', '--dry-run', '--backup-name', 'other']);
    expect(shown.stdout).toMatch(/^readers +1$/m);
    expect(shown.stdout).toMatch(/^time +about .*, by the last backup, /m);
    expect(shown.stderr).toMatch(/^== The backup that would be made$/m);
    const target = await cli.runs.emptyTarget();
    const restore = await cli.succeed(['--restore', '--dry-run', '--backup-name', 'dry', '--json'], target);
    expect(JSON.parse(restore.stdout)).toMatchObject({
      plan: { restore: { backup: 'dry', resumes: false } },
      error: null,
    });
    expect(restore.stderr).toBe('');
    await cli.succeed(['--all', '--dry-run', '--backup-name', 'other'], target);
    expect(await cli.runs.bucket.keys()).toEqual(before);
    await cli.runs.expectUntouched(target);
  });

  test('--json is one line of values, also when the run fails', async () => {
    const good = await cli.succeed(['--backup', '--backup-name', 'j', '--json', '--quiet']);
    expect(JSON.parse(good.stdout)).toMatchObject({ 'backup-name': 'j', 'row-count': 2000, error: null });
    const bad = await cli.run(['--backup', '--backup-name', 'j', '--json']);
    expect(bad.exitCode).toBe(1);
    expect(JSON.parse(bad.stdout)).toMatchObject({ 'backup-name': 'j', error: { code: 'BACKUP_EXISTS' } });
    expect(bad.stderr).toMatch(/^Next step: Give another `--backup-name`, or overwrite it with `--force`\.$/m);
  });

  test('the program in a workflow says nothing that the runner takes for a command', async () => {
    const file = '/dev/null';
    const result = await cli.succeed(
      ['--backup', '--backup-name', 'w', '--debug', '--source-port', cli.env('')['SRC_PGPORT'] ?? ''],
      '',
      {
        GITHUB_ACTIONS: 'true',
        GITHUB_OUTPUT: file,
        GITHUB_STEP_SUMMARY: file,
        RUNNER_DEBUG: '1',
      },
    );
    expect(`${result.stdout}\n${result.stderr}`).not.toMatch(/^\s*::|\[command\]|##\[/m);
  });

  test('the program leaves no file behind, and needs none to be there', async () => {
    expect(await readdir(cli.env('')['HOME'] ?? '')).toEqual([]);
  });
});
