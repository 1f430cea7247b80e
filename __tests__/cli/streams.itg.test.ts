import { readFile } from 'node:fs/promises';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { callersNodeProgram } from '../../testbed/places.js';
import { runProgram } from '../../testbed/run-program.js';
import { bundle, CliRuns, startCli, type CliHandle } from './cli-runs.js';

let cli: CliRuns;
beforeAll(async () => {
  cli = await CliRuns.create('CREATE TABLE t AS SELECT 1 AS a');
  for (const name of ['one', 'two']) await cli.succeed(['--backup', '--backup-name', name]);
});
afterAll(() => cli.close());

/** A shell command with the program as `"$@"`. Returns what it wrote, stderr included, and its exit code. */
async function inShell(command: string, args: readonly string[]): Promise<string> {
  const script = `set -o pipefail; { ${command}; } 2>&1; echo "exit $?"`;
  return runProgram('bash', ['-c', script, 'sh', callersNodeProgram(), bundle(), ...args], { env: cli.env('') });
}

describe('readers and writers that break', () => {
  test('a reader that has enough is no failure', async () => {
    expect(await inShell('"$@" | head -1', ['--list', '--quiet'])).toMatch(/^NAME .*\nexit 0\n$/);
    expect(await inShell('"$@" | true', ['--list', '--quiet'])).toMatch(/^exit 0\n$/);
  });

  test('a log that nobody reads any more does not end the work', async () => {
    expect(await inShell('"$@" 2>&1 | head -1', ['--backup', '--backup-name', 'unread'])).toMatch(/\nexit 0\n$/);
    expect(await cli.runs.bucket.keys()).toContain(cli.runs.manifestKey('unread'));
  });

  test('a PATH that cannot be searched adds nothing to the result, and is a debug line', async () => {
    const PATH = `${bundle()}/bin:${cli.env('')['PATH'] ?? ''}`;
    const { stdout, stderr } = await cli.succeed(['--verify', '--json', '--debug'], '', { PATH });
    expect(JSON.parse(stdout)).toHaveProperty('backup-name', 'one');
    expect(stderr).toMatch(/^debug: .*ENOTDIR.*cli\.js\/bin/m);
    expect((await cli.succeed(['--verify', '--quiet'], '', { PATH })).stderr).toBe('');
  });

  test('a result that could not be written is a failure', async () => {
    const said = await inShell('"$@" >/dev/full', ['--list']);
    expect(said).toMatch(/^error: the result could not be written: .*ENOSPC/m);
    expect(said).toMatch(/exit 1\n$/);
  });
});

describe('secrets', () => {
  const SECRET = 'tok en/with+signs=';

  test('secrets are masked in messages and results, as given and encoded', async () => {
    const changes = { S3_PREFIX: `a/${SECRET}/b`, SRC_PGPASSWORD: SECRET, AWS_SESSION_TOKEN: '' };
    const failed = await cli.run(['--backup'], '', changes);
    expect(failed.exitCode).toBe(1);
    const env = { S3_PREFIX: `a/${SECRET}/b`, DST_PGPASSWORD: SECRET };
    const done = await cli.succeed(['--backup'], '', env);
    expect(done.stdout).toMatch(/^backup +s3:\/\/[^/]+\/a\/\*\*\*\/b\//);
    const json = await cli.succeed(['--backup', '--json', '--force'], '', env);
    expect(json.stdout).not.toContain(SECRET);
    expect(JSON.parse(json.stdout)).toHaveProperty('backup-uri', expect.stringContaining('/a/***/b/'));
    const listed = await cli.succeed(['--list', '--debug'], '', {
      ...env,
      DST_PGPASSWORD: '',
      DST_URL: `postgres://u:${encodeURIComponent(SECRET)}@h/d`,
    });
    expect(`${listed.stdout}${listed.stderr}`).not.toContain(SECRET);
  });

  test('secrets as arguments work, with a warning that names the variable', async () => {
    const password = cli.env('')['SRC_PGPASSWORD'] ?? '';
    const { stderr } = await cli.succeed(['--backup', '--backup-name', 'argv', '--source-password', password], '', {
      SRC_PGPASSWORD: '',
    });
    expect(stderr).toMatch(
      /^warning: other users .*`--source-password`: set SRC_PGPASSWORD in the environment instead$/m,
    );
    expect(stderr).not.toContain(password);
  });
});

describe('a store that never answers', () => {
  let server: Server;
  const sockets: Socket[] = [];
  let connected: Promise<void>;
  let handle: CliHandle | null = null;
  beforeAll(async () => {
    let tell: () => void = () => undefined;
    connected = new Promise((resolve) => (tell = resolve));
    server = createServer((socket) => {
      sockets.push(socket.on('error', () => undefined));
      tell();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  });
  afterEach(async () => {
    handle?.kill('SIGKILL');
    await handle?.done;
  });
  afterAll(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });

  test('the second signal ends a run at once; its secret arguments are out of sight', async () => {
    const { port } = server.address() as AddressInfo;
    const env = cli.env('', { S3_ENDPOINT_URL: `http://127.0.0.1:${port}`, AWS_SECRET_ACCESS_KEY: '' });
    handle = startCli(['--list', '--aws-secret-access-key', 'hunter2-hunter2'], env);
    await connected;
    expect(await readFile(`/proc/${handle.pid}/cmdline`, 'utf8')).not.toContain('hunter2');
    handle.kill('SIGINT');
    await handle.says(/a second Ctrl-C ends at once/);
    handle.kill('SIGINT');
    const end = await handle.done;
    expect(end).toMatchObject({ exitCode: 130, signal: null, stdout: '' });
    expect(end.stderr).toMatch(/^interrupted again: ended at once$/m);
  });
});
