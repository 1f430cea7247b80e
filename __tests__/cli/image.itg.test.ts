import { copyFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import * as z from 'zod';
import { messageOf } from '../../src/foundation/errors.js';
import { startDocker, type DockerDaemon } from '../../testbed/docker.js';
import { IS_ROOT, nodeProgram, PROJECT_DIRECTORY } from '../../testbed/places.js';
import { runProgram } from '../../testbed/run-program.js';
import { CliRuns } from './cli-runs.js';

/** Why there is none, as text. */
const daemon: DockerDaemon | string = IS_ROOT ? await startDocker().catch(messageOf) : 'needs root';
const env = { DOCKER_BUILDKIT: '0', ...(typeof daemon === 'string' ? {} : { DOCKER_HOST: daemon.host }) };
const describeImage = typeof daemon === 'string' ? describe.skip : describe;

/** Newer tools than those of the testbed's server, as in any image that is kept up to date. */
const MAJOR = 17;
const IMAGE = 'phaselift-test';
const SECRETS = ['SRC_PGPASSWORD', 'AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY'];

const cronJobSchema = z.object({
  spec: z.object({ jobTemplate: z.object({ spec: z.object({ template: z.object({ spec: z.looseObject({}) }) }) }) }),
});
const podSchema = z.object({
  securityContext: z.object({ runAsNonRoot: z.literal(true) }),
  containers: z.tuple([
    z.object({
      args: z.array(z.string()),
      env: z.array(z.object({ name: z.string(), value: z.string() })),
      securityContext: z.object({
        allowPrivilegeEscalation: z.literal(false),
        readOnlyRootFilesystem: z.literal(true),
        capabilities: z.object({ drop: z.tuple([z.literal('ALL')]) }),
      }),
      volumeMounts: z.tuple([z.object({ name: z.string(), mountPath: z.literal('/tmp') })]),
    }),
  ]),
});

/** Of the Dockerfile, on a base of Debian's packages that has the tools of one version: nothing can be pulled here. */
describeImage(`the container image${typeof daemon === 'string' ? `: ${daemon}` : ''}`, () => {
  let cli: CliRuns;

  beforeAll(async () => {
    const base = await (daemon as DockerDaemon).ensureImage(MAJOR);
    const context = await mkdtemp(join(tmpdir(), 'phaselift-image-'));
    await copyFile(nodeProgram(), join(context, 'node'));
    await writeFile(
      join(context, 'Dockerfile'),
      `FROM ${base}\nCOPY node /usr/local/bin/node\nENV PATH=/usr/local/bin:/usr/bin\n`,
    );
    await docker('build', '--quiet', '--tag', `${IMAGE}-base`, context);
    await rm(context, { recursive: true });
    const given = [`BASE=${IMAGE}-base`, `PG_MAJORS=${MAJOR}`].flatMap((value) => ['--build-arg', value]);
    await docker('build', '--quiet', '--network', 'host', '--tag', IMAGE, ...given, PROJECT_DIRECTORY);
    cli = await CliRuns.create('CREATE TABLE t AS SELECT generate_series(1, 500) AS id;');
  });
  afterAll(async () => {
    await cli.close();
    await (daemon as DockerDaemon).stop();
  });

  function docker(...args: string[]): Promise<string> {
    return runProgram('docker', args, { env });
  }

  test('is started without a shell, by a user who is not root and may change nothing of the program', async () => {
    const answer = await docker('image', 'inspect', '--format', '{{json .Config}}', IMAGE);
    const config = JSON.parse(answer) as { User: string; Entrypoint: string[]; Cmd: string[] };
    expect(config).toMatchObject({ User: '10001:10001', Entrypoint: ['node', '/opt/phaselift/dist/cli.js'] });
    const look = 'id -u; find /opt/phaselift -writable; find /opt/phaselift -type f | sort; test -w / || echo fixed';
    const seen = await docker('run', '--rm', '--network', 'none', '--entrypoint', '/bin/sh', IMAGE, '-c', look);
    const files = ['LICENSE', 'dist/cli-licenses.txt', 'dist/cli.js', 'dist/package.json', 'package.json'];
    expect(seen.trim().split('\n')).toEqual(['10001', ...files.map((file) => `/opt/phaselift/${file}`), 'fixed']);
    expect(await docker('run', '--rm', '--network', 'none', IMAGE)).toMatch(/phaselift MODE \[OPTIONS\]/);
  });

  test('backs up as the CronJob of Kubernetes starts it: with a file system that cannot be written to', async () => {
    const text = await readFile(join(PROJECT_DIRECTORY, 'examples/kubernetes-cronjob.yaml'), 'utf8');
    const cronJob = cronJobSchema.parse(parse(text));
    const [container] = podSchema.parse(cronJob.spec.jobTemplate.spec.template.spec).containers;
    const given = cli.env('');
    const names = [...container.env.map(({ name }) => name), ...SECRETS, 'S3_ENDPOINT_URL', 'BACKUP_NAME'];
    const variables = {
      ...Object.fromEntries(container.env.map(({ name, value }) => [name, value])),
      ...given,
      AWS_REGION: 'us-east-1',
    };
    const limits = ['--read-only', '--tmpfs', '/tmp', '--cap-drop', 'ALL', '--security-opt', 'no-new-privileges'];
    const args = container.args.map((arg) => (arg === 'app' ? cli.runs.source : arg));
    const shown = await runProgram(
      'docker',
      ['run', '--rm', '--network', 'host', ...limits, ...names.flatMap((name) => ['--env', name]), IMAGE, ...args],
      // docker hands on what it has itself, so that no secret is an argument.
      { env: { ...variables, PATH: process.env['PATH'] ?? '', ...env } },
    );
    cli.expectNoSecrets(shown, given);
    expect(shown).toMatch(/^rows +500$/m);
    const keys = await cli.runs.bucket.keys();
    const stem = cli.runs.archiveKey('one').replace(/\.dump$/, '');
    expect(keys).toEqual(expect.arrayContaining([`${stem}.dump`, `${stem}.manifest.json`]));
    const manifest = (await cli.runs.bucket.get(cli.runs.manifestKey('one'))).toString();
    expect(manifest).toContain(`"dumpVersion":"${MAJOR}.`);
  });
});
