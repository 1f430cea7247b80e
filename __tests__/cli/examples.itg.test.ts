import { spawn } from 'node:child_process';
import { copyFile, mkdir, mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { callersNodeProgram, PROJECT_DIRECTORY } from '../../testbed/places.js';
import { bundle, CliRuns } from './cli-runs.js';

const SQL = `CREATE TABLE t (id int PRIMARY KEY, v text); INSERT INTO t SELECT i, 'v' FROM generate_series(1, 500) i;`;

let cli: CliRuns;
let directory: string;
beforeAll(async () => {
  cli = await CliRuns.create(SQL);
  directory = await mkdtemp(join(tmpdir(), 'phaselift-example-'));
  await mkdir(join(directory, 'bin'));
  await symlink(bundle(), join(directory, 'bin', 'phaselift'));
});
afterAll(async () => {
  await cli.close();
  await rm(directory, { recursive: true, force: true });
});

/** Copies an example, as its users do, and runs the copy. */
async function run(
  example: string,
  args: readonly string[],
  changes: Record<string, string>,
): Promise<{ exitCode: number; said: string }> {
  const script = join(directory, example);
  await copyFile(join(PROJECT_DIRECTORY, 'examples', example), script);
  const env = cli.env('', changes);
  const PATH = [join(directory, 'bin'), dirname(callersNodeProgram()), env['PATH']].join(':');
  const child = spawn('bash', [script, ...args], {
    cwd: directory,
    env: { ...env, PATH },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const exited = new Promise<number>((resolve) =>
    child.once('close', (code) => {
      resolve(code ?? -1);
    }),
  );
  const [stdout, stderr, exitCode] = await Promise.all([text(child.stdout), text(child.stderr), exited]);
  cli.expectNoSecrets(`${stdout}${stderr}`, env);
  return { exitCode, said: `${stdout}${stderr}` };
}

describe.each([
  ['run_phaselift_s3.sh', {}],
  ['run_phaselift_local.sh', { S3_BUCKET: '', S3_ENDPOINT_URL: '' }],
] as const)('the example %s', (example, place) => {
  test('an example script backs up without arguments, restores the newest, and lists', async () => {
    const backup = await run(example, [], { ...place, BACKUP_NAME: '' });
    expect(backup).toMatchObject({ exitCode: 0, said: expect.stringMatching(/^rows +500$/m) });
    const target = await cli.runs.emptyTarget();
    const restore = await run(example, ['--restore', '--force'], { ...place, BACKUP_NAME: '', DST_DBNAME: target });
    expect(restore).toMatchObject({ exitCode: 0 });
    await cli.runs.expectRestored(target);
    expect((await run(example, ['--list'], place)).said).toMatch(/^\d{8}-\d{6} /m);
  });

  test('an example script says what is not set, all of it, and does nothing', async () => {
    const { exitCode, said } = await run(example, ['--restore'], { ...place, DST_PGHOST: '', DST_DBNAME: '' });
    expect(exitCode).toBe(2);
    expect(said).toMatch(/: DST_PGHOST is not set\n.*: DST_DBNAME is not set\n$/);
  });

  test('an example script without terminal and --force restores nothing', async () => {
    const { exitCode, said } = await run(example, ['--restore'], { ...place, DST_DBNAME: 'never' });
    expect(exitCode).toBe(2);
    expect(said).toMatch(/Add `--force`/);
  });
});
