import { describe, expect, test } from '@jest/globals';
import { listed } from '../../src/inputs/scalars.js';
import { MODES } from '../../src/inputs/settings.js';
import { runActionToEnd } from '../helpers/run-action.js';
import { expectFailure, expectNoSecrets } from './backup-runs.js';

/** All that a backup needs; nothing of it is there: a run that gets past its inputs would fail otherwise. */
const GOOD = {
  mode: 'backup',
  database: 'app',
  'source-host': 'db.invalid',
  'source-user': 'me',
  'source-password': 'se=c%re/t word',
  's3-bucket': 'backups',
  'aws-access-key-id': 'AKIDEXAMPLE',
  'aws-secret-access-key': 'wJalr+/XUtn=',
};

/** Runs the built action with inputs that are not good, and returns the lines of its one error. */
async function faultsOf(changes: Record<string, string>, env: Record<string, string> = {}): Promise<string[]> {
  const inputs = { ...GOOD, ...changes };
  const result = await runActionToEnd({ with: inputs, env });
  expectFailure(result, /./, /README/);
  expectNoSecrets(result, inputs);
  expect(result.outputs).toMatchObject({ 'backup-uri': '', phases: '[]', resumed: 'false' });
  return result.annotations[0]?.message.split('\n') ?? [];
}

describe('what a failed run shows', () => {
  test('a failed run has a title on its error, with a name that cannot forge another property', async () => {
    const inputs = { ...GOOD, database: 'a,file=b%0A::c', 'source-host': '127.0.0.1', 'source-port': '1' };
    const { annotations, summary, exitCode } = await runActionToEnd({ with: { ...inputs, 'pg-client': 'path' } });
    expect(exitCode).toBe(1);
    const [error, ...more] = annotations.filter(({ level }) => level === 'error');
    expect(more).toEqual([]);
    expect(Object.keys(error?.properties ?? {})).toEqual(['title']);
    expect(error?.properties['title']).toMatch(/^Phaselift: backup of a,file=b%0A::c failed \([A-Z_]+\)$/);
    expect(summary).toMatch(/^## ❌ Backup of /);
  });

  test.each([
    ['asked for', 'true', /^## ❌/],
    ['not asked for', 'false', /^$/],
    ['asked for in a way that is wrong', 'no', /input `summary`|<code>summary<\/code>|summary/],
  ])('a job summary that is %s', async (_, value, summary) => {
    const result = await runActionToEnd({ with: { ...GOOD, mode: '', summary: value } });
    expect(result.exitCode).toBe(1);
    expect(result.summary).toMatch(summary);
    expect(result.annotations).toHaveLength(1);
  });
});

describe('inputs that are wrong', () => {
  test('a missing mode is told with the modes that there are', async () => {
    const [first] = await faultsOf({ mode: '' });
    expect(first).toBe(`input \`mode\` is missing: set it to ${listed(MODES)}`);
    expect(first).toContain('`backup`, `restore`, `all`');
  });

  test('a mode that does not exist is told with the modes that there are', async () => {
    const [first] = await faultsOf({ mode: 'back-up' });
    expect(first).toBe(`input \`mode\`: \`back-up\` is not known: use one of ${listed(MODES)}`);
  });

  test('missing inputs are reported together, with the variables that would do', async () => {
    const [first, ...lines] = await faultsOf({ database: '', 'source-host': '', 's3-bucket': '' });
    expect(first).toBe('3 inputs are wrong:');
    expect(lines).toEqual([
      expect.stringMatching(/^input `source-host` is missing: set it, or .*`SRC_PGHOST`/),
      expect.stringMatching(/^input `database` is missing: set it, or .*`SRC_DBNAME`/),
      expect.stringMatching(/^input `s3-bucket` is missing: set it, or .*`S3_BUCKET`/),
      expect.stringMatching(/^Next step: /),
    ]);
  });

  test('wrong values of every kind are reported together, each with what would be right', async () => {
    const [first, ...lines] = await faultsOf({
      force: 'yes',
      's3-chunk-size': '12XB',
      'source-port': '70000',
      'dump-compress': 'best',
      'dump-options': '--format=plain\n--tab=x',
    });
    expect(first).toBe('5 inputs are wrong:');
    expect(lines).toEqual([
      expect.stringMatching(/^input `source-port` \(.*`SRC_PGPORT`\): `70000` is not a port: .* 1 to 65535$/),
      expect.stringMatching(/^input `dump-compress` .*: `best` is not a compression: use `0` to `9`/),
      expect.stringMatching(/^input `dump-options`: `--format=…` is refused: .*remove it$/),
      expect.stringMatching(/^input `dump-options`: `--tab=…` is an abbreviation: write the full name/),
      expect.stringMatching(/^input `force` .*: `yes` is neither true nor false: write `true` or `false`$/),
      expect.stringMatching(/^input `s3-chunk-size` .*: `12XB` is not a size: write it like `64MB`/),
      expect.stringMatching(/^Next step: /),
    ]);
  });

  test.each([
    ['../x', 'it starts with a dot'],
    ['a/b', 'it contains a slash or backslash'],
    ['a..b', 'it contains ".."'],
    ['a\u001bb', 'it contains a control character'],
    ['n'.repeat(300), 'it is 300 bytes long, at most 255 are allowed'],
  ])('the backup name %p is refused', async (name, reason) => {
    const [first, ...lines] = await faultsOf({ database: name, 'backup-name': name });
    expect(first).toBe('2 inputs are wrong:');
    for (const [index, input] of ['database', 'backup-name'].entries()) {
      expect(lines[index]).toMatch(new RegExp(`^input \`${input}\` .* cannot be used as a name: `));
      expect(lines[index]).toContain(reason);
      expect(lines[index]?.length).toBeLessThan(250);
    }
  });

  test('`latest` is refused as the name of a new backup', async () => {
    const [first] = await faultsOf({ 'backup-name': 'latest' });
    expect(first).toMatch(
      /^input `backup-name` .*: `latest` finds the newest backup and cannot name one: give another/,
    );
  });

  test('a wrong value from the environment is called by the name of its variable', async () => {
    const [first] = await faultsOf({ 'source-host': '' }, { SRC_PGHOST: 'db.invalid', SRC_PGPORT: 'five' });
    expect(first).toMatch(/^environment variable `SRC_PGPORT` \(for input `source-port`\): `five` is not a port/);
  });

  test('a URL that is at fault shows none of its text', async () => {
    const url = 'postgres://me:pa/ss@db.invalid/app';
    const [first] = await faultsOf({ 'source-host': '', 'source-user': '', 'source-password': '', 'source-url': url });
    expect(first).toMatch(/^input `source-url` .*: this connection URL cannot be read without doubt/);
  });

  test('a wrong value cannot pass for a command of the runner', async () => {
    const value = 'x\n::set-output name=backup-uri::forged\n::error::forged';
    const inputs = { ...GOOD, 'container-runtime': value };
    const result = await runActionToEnd({ with: inputs });
    expectFailure(result, /^input `container-runtime` .*forged.* is not known/);
    expect(result.stdout).not.toMatch(/^::set-output/m);
  });
});
