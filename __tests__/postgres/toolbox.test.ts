import { readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { PhaseliftError } from '../../src/foundation/errors.js';
import type { Tool, Toolbox, ToolboxSettings } from '../../src/postgres/toolbox.js';
import { createToolbox, localhostHint } from '../../src/postgres/toolbox/create-toolbox.js';
import { defaultImage, withRegistry } from '../../src/postgres/toolbox/image-container.js';
import { MemoryLogger } from '../helpers/memory-logger.js';
import { FakeMachine } from './toolbox/fake-tools.js';

const SETTINGS: ToolboxSettings = { client: 'auto', container: null, image: null, runtime: 'auto' };

let machine: FakeMachine;
let logger: MemoryLogger;

beforeEach(async () => {
  machine = await FakeMachine.make();
  logger = new MemoryLogger();
});

afterEach(() => machine.leave());

function create(serverMajors: number[], settings: Partial<ToolboxSettings> = {}): Promise<Toolbox> {
  const versionedRoots = [{ folder: join(machine.directory, 'versions'), name: /^(\d+)$/ }];
  return createToolbox({ ...SETTINGS, ...settings }, { serverMajors, sslRootCert: null }, logger, { versionedRoots });
}

async function failureOf(toolbox: Promise<Toolbox>): Promise<PhaseliftError> {
  const error: unknown = await toolbox.then(
    () => null,
    (reason: unknown) => reason,
  );
  if (!(error instanceof PhaseliftError)) throw new Error(`no PhaseliftError: ${String(error)}`);
  return error;
}

async function answer(toolbox: Toolbox, tool: Tool): Promise<string> {
  return text(toolbox.start(tool, { args: [], env: {}, input: 'none' }).stdout);
}

describe('tools on PATH', () => {
  test('tools on PATH are taken when they are new enough', async () => {
    await machine.tools('bin', '16.3');
    await machine.tools('versions/18/bin', '18.1');
    const toolbox = await create([15, 16]);
    expect(toolbox.kind).toBe('path');
    expect(toolbox.versions.pg_dump).toEqual({ major: 16, minor: 3, text: '16.3' });
    expect(await answer(toolbox, 'psql')).toBe(`psql 16.3 of ${machine.directory}/bin/psql\n`);
  });

  test('tools on PATH are taken, whatever they are, when no server is known yet', async () => {
    await machine.tools('bin', '12.1');
    expect((await create([])).versions.psql.major).toBe(12);
  });

  test('tools on PATH give way to the newest versioned directory when one is too old', async () => {
    await machine.tools('bin', '17.1');
    await machine.tools('bin', '16.9', ['pg_restore']);
    await machine.tools('versions/9/bin', '9.6.1');
    await machine.tools('versions/17/bin', '17.2');
    await machine.tools('versions/18/bin', '18.1');
    const toolbox = await create([17]);
    expect(await answer(toolbox, 'pg_restore')).toBe(
      `pg_restore 18.1 of ${machine.directory}/versions/18/bin/pg_restore\n`,
    );
    expect(toolbox.description).toContain('pg_restore 16.9 is older than PostgreSQL 17');
    expect(logger.texts('info')).toEqual([toolbox.description]);
  });

  test('tools on PATH are not taken when one is missing', async () => {
    await machine.tools('bin', '17.1', ['psql', 'pg_dump']);
    await machine.tools('versions/15/bin', '15.1');
    expect((await create([15])).description).toContain('PATH: no pg_restore');
  });

  test('tools on PATH are judged by what a wrapper runs once a host is named', async () => {
    const wrapper = 'if [ -n "$PGHOST" ]; then v=17.1; else v=14.1; fi; echo "${0##*/} (PostgreSQL) $v"';
    for (const tool of ['psql', 'pg_dump', 'pg_restore']) await machine.program(`bin/${tool}`, wrapper);
    expect((await create([17])).versions.psql.text).toBe('17.1');
  });

  test('tools behind a wrapper are used without it when their directory is versioned', async () => {
    const wrapper = await machine.program('pg_wrapper', 'echo "${0##*/} (PostgreSQL) 15.4"');
    for (const tool of ['psql', 'pg_dump', 'pg_restore']) await symlink(wrapper, join(machine.directory, 'bin', tool));
    await machine.tools('versions/16/bin', '16.0');
    await machine.tools('versions/15/bin', '15.4');
    const toolbox = await create([15]);
    expect(await answer(toolbox, 'psql')).toBe(`psql 15.4 of ${machine.directory}/versions/15/bin/psql\n`);
  });

  test('tools on PATH run in a clean environment, and in English', async () => {
    await machine.tools('bin', '17.1');
    await machine.program(
      'bin/psql',
      'if [ "$1" = --version ]; then echo "psql (PostgreSQL) 17.1"; else /usr/bin/env; fi',
    );
    process.env['PGSERVICE'] = 'elsewhere';
    process.env['INPUT_SECRET'] = 'x';
    try {
      const toolbox = await create([]);
      const env = await text(toolbox.start('psql', { args: [], env: { PGHOST: 'h' }, input: 'none' }).stdout);
      expect(env).toContain('PGHOST=h\n');
      expect(env).toContain('LC_ALL=C\n');
      expect(env).not.toMatch(/PGSERVICE|INPUT_/);
    } finally {
      delete process.env['PGSERVICE'];
      delete process.env['INPUT_SECRET'];
    }
  });
});

describe('when nothing serves', () => {
  test('an error about tools lists every place with its reason', async () => {
    await machine.tools('bin', '14.2');
    await machine.tools('versions/15/bin', '15.1');
    await machine.program('bin/docker', 'echo "Cannot connect to the Docker daemon" >&2; exit 1');
    const error = await failureOf(create([17]));
    expect(error.code).toBe('TOOLS');
    expect(error.message).toBe(
      `no usable PostgreSQL tools: path: PATH: pg_dump 14.2 is older than PostgreSQL 17; ` +
        `${machine.directory}/versions/15/bin: pg_dump 15.1 is older than PostgreSQL 17; ` +
        `image: podman: not on PATH, docker: Cannot connect to the Docker daemon`,
    );
    expect(error.hint).toContain('PostgreSQL 17 or newer');
  });

  test('an error about tools that are nowhere is one line', async () => {
    const error = await failureOf(create([]));
    expect(error.message).toBe(
      'no usable PostgreSQL tools: path: PATH: no pg_dump, pg_restore, psql; image: docker: not on PATH, podman: not on PATH',
    );
    expect(error.hint).toMatch(/pg-container.*pg-image/);
  });

  test.each(['path', 'container', 'image'] as const)(
    'a client that was asked for is the only one tried: %s',
    async (client) => {
      if (client !== 'path') await machine.tools('bin', '17.1');
      const error = await failureOf(create([17], { client, container: 'c1' }));
      expect(error.message).toMatch(new RegExp(`^no usable PostgreSQL tools: ${client}: [^;]*$`));
    },
  );

  test('tools that do not run do not count', async () => {
    for (const tool of ['psql', 'pg_dump', 'pg_restore']) await machine.program(`bin/${tool}`, 'exit 1');
    expect((await failureOf(create([], { client: 'path' }))).message).toContain('no usable pg_dump, pg_restore, psql');
  });
});

describe('a container that was named', () => {
  const docker = `
case "$1 $2" in
  "container inspect") case $5 in up) echo "id1 true bridge" ;; down) echo "id2 false bridge" ;; *) echo "Error: No such container: $5" >&2; exit 1 ;; esac ;;
  "exec id1") for tool in pg_dump pg_restore psql; do echo "$tool (PostgreSQL) 16.4"; done ;;
  "exec -i") echo "$@"; echo "PGPASSWORD=$PGPASSWORD"; cat ;;
esac`;

  test('a container that was named is used before PATH', async () => {
    await machine.tools('bin', '17.1');
    await machine.program('bin/docker', docker);
    const toolbox = await create([16], { container: 'up' });
    expect(toolbox.kind).toBe('container');
    expect(toolbox.description).toBe('PostgreSQL tools 16.4 in container up (docker)');
  });

  test.each([
    ['down', 'the container is not running'],
    ['nix', 'no such container'],
    ['--privileged', 'not a name of a container'],
  ])('a container that was named and cannot be used is warned about: %s', async (container, reason) => {
    await machine.tools('bin', '17.1');
    await machine.program('bin/docker', docker);
    const toolbox = await create([16], { container });
    expect(toolbox.kind).toBe('path');
    expect(logger.texts('warning').join()).toContain(reason);
    expect(logger.texts('info').join()).toContain(reason);
  });

  test('a container that was named and is too old gives way', async () => {
    await machine.tools('bin', '17.1');
    await machine.program('bin/docker', docker);
    await create([17], { container: 'up' });
    expect(logger.texts('warning').join()).toContain('pg_dump 16.4 is older than PostgreSQL 17');
  });

  test('a container that was named gets secrets by name only', async () => {
    await machine.program('bin/docker', `PATH=/usr/bin:/bin\n${docker}`);
    const toolbox = await create([16], { container: 'up', runtime: 'docker' });
    const tool = toolbox.start('psql', { args: ['-X'], env: { PGPASSWORD: 'secret' }, input: 'pipe' });
    tool.stdin.end();
    const [first = '', ...rest] = (await text(tool.stdout)).split('\n');
    expect(first).toContain('-e PGPASSWORD id1 sh -c');
    expect(first).not.toContain('secret');
    expect(rest.join('\n')).toContain('PGPASSWORD=secret');
  });

  test('a container that was named gets a warning that localhost is itself', async () => {
    await machine.tools('bin', '17.1');
    await machine.program('bin/docker', docker);
    const inside = await create([16], { container: 'up' });
    for (const host of ['localhost', '127.0.0.1', '::1']) expect(String(localhostHint(host, inside))).toContain(host);
    expect(localhostHint('db.example', inside)).toBeNull();
    expect(localhostHint('localhost', await create([17]))).toBeNull();
  });

  test('a container that was named needs the root certificate to be there', async () => {
    await machine.program('bin/docker', docker);
    const need = { serverMajors: [], sslRootCert: join(machine.directory, 'nix.pem') };
    const error = await failureOf(createToolbox({ ...SETTINGS, client: 'container', container: 'up' }, need, logger));
    expect(error).toMatchObject({ code: 'INPUT', hint: expect.stringContaining('Check `ssl-root-cert`') as unknown });
  });
});

describe('the image', () => {
  test('the default image is postgres:16, or of the newest server', () => {
    expect(defaultImage([])).toBe('postgres:16');
    expect(defaultImage([12, 15])).toBe('postgres:16');
    expect(defaultImage([15, 18, 17])).toBe('postgres:18');
  });

  test.each([
    ['postgres:16', 'docker.io/library/postgres:16'],
    ['bitnami/postgresql', 'docker.io/bitnami/postgresql'],
    ['ghcr.io/a/b:1', 'ghcr.io/a/b:1'],
    ['localhost/postgres:15', 'localhost/postgres:15'],
    ['registry:5000/postgres', 'registry:5000/postgres'],
  ])('an image gets for podman the registry that docker would add: %s', (image, full) => {
    expect(withRegistry(image)).toBe(full);
  });

  test('an image is announced before it starts, and a failure to start is the reason', async () => {
    const log = join(machine.directory, 'calls');
    await machine.program(
      'bin/docker',
      `echo "$@" >> ${log}; case $1 in run) echo "docker: no space" >&2; exit 125 ;; esac`,
    );
    await writeFile(log, '');
    const started: string[] = [];
    const toolbox = createToolbox(
      { ...SETTINGS, client: 'image', runtime: 'docker' },
      { serverMajors: [], sslRootCert: null },
      logger,
      {
        onContainerStarted: ({ runtime, name }) => started.push(`${runtime} ${name}`),
      },
    );
    expect((await failureOf(toolbox)).message).toContain('image: docker: postgres:16: docker: no space');
    expect(started[0]).toMatch(/^docker phaselift-[0-9a-f-]{36}$/);
    expect(await readFile(log, 'utf8')).toContain(`--name ${(started[0] ?? '').slice('docker '.length)}`);
  });

  test('an image that cannot be pulled is the reason', async () => {
    await machine.program(
      'bin/docker',
      'case $1 in image) exit 1 ;; pull) echo "pull access denied" >&2; exit 1 ;; esac',
    );
    const error = await failureOf(create([], { client: 'image', image: 'nix:1', runtime: 'docker' }));
    expect(error.message).toContain('cannot pull nix:1: pull access denied');
  });
});
