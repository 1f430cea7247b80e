import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer, text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Toolbox, ToolboxSettings, ToolExit } from '../../src/postgres/toolbox.js';
import type { RuntimeName } from '../../src/postgres/toolbox/container-client.js';
import { removeContainer } from '../../src/postgres/toolbox/container-client.js';
import { createToolbox, localhostHint } from '../../src/postgres/toolbox/create-toolbox.js';
import { nodeProgram } from '../../testbed/places.js';
import { runProgram } from '../../testbed/run-program.js';
import { MemoryLogger } from '../helpers/memory-logger.js';
import { sharedPostgres } from '../helpers/shared-servers.js';
import { processes, running, until } from './toolbox/processes.js';
import { startRuntimes } from './toolbox/runtimes.js';

const runtimes = await startRuntimes();
const server = sharedPostgres();
const DATABASE = `toolbox_${randomUUID().slice(0, 8)}`;
/** A pg_dump of this one waits for a lock for ever: it never writes, and so never learns by itself that we are gone. */
const LOCKED = `${DATABASE}_locked`;
const locker = spawn(join(server.programs, 'psql'), ['-XAtq'], {
  env: { ...process.env, ...server.environment('postgres') },
  stdio: ['pipe', 'pipe', 'inherit'],
});

beforeAll(async () => {
  await server.psql('postgres', `CREATE DATABASE ${DATABASE};`);
  // More than every pipe on the way can hold.
  await server.psql(DATABASE, `CREATE TABLE big AS SELECT repeat('x', 1000) AS x FROM generate_series(1, 30000);`);
  await server.psql('postgres', `CREATE DATABASE ${LOCKED};`);
  await server.psql(LOCKED, 'CREATE TABLE locked ();');
  locker.stdin.write(`\\c ${LOCKED}\nBEGIN;\nLOCK TABLE locked;\nSELECT 'locked';\n`);
  await once(locker.stdout, 'data');
});

afterAll(async () => {
  locker.stdin.end();
  await server.psql('postgres', `DROP DATABASE ${LOCKED} WITH (FORCE);`);
  await server.psql('postgres', `DROP DATABASE ${DATABASE} WITH (FORCE);`);
  await runtimes.stop();
});

for (const runtime of runtimes.all) {
  if ('missing' in runtime) {
    test.skip(`${runtime.name}: ${runtime.missing.replaceAll('\n', ' ')}`, () => undefined);
  } else {
    describeRuntime(runtime.name, runtime.image);
  }
}

function describeRuntime(runtime: RuntimeName, image: string): void {
  const env = server.environment(DATABASE);
  const lockedEnv = server.environment(LOCKED);
  const settings: ToolboxSettings = { client: 'image', container: null, image, runtime };

  async function exists(name: string): Promise<boolean> {
    const names = await runProgram(runtime, ['ps', '-a', '--format', '{{.Names}}']);
    return names.split('\n').includes(name);
  }

  /** Arguments that change nothing, but that no other pg_dump on this machine has. */
  function marker(): string {
    return `--exclude-table=marker_${randomUUID()}`;
  }

  describe(`a container that ${runtime} starts from an image`, () => {
    let toolbox: Toolbox;
    let name = '';
    const logger = new MemoryLogger();

    beforeAll(async () => {
      toolbox = await createToolbox(settings, { serverMajors: [15], sslRootCert: null }, logger, {
        onContainerStarted: (container) => (name = container.name),
      });
    });
    afterAll(() => toolbox.close());

    async function psql(sql: string): Promise<{ out: string; exit: ToolExit }> {
      const tool = toolbox.start('psql', { args: ['-XAtq', '-v', 'ON_ERROR_STOP=1'], env, input: 'pipe' });
      tool.stdin.end(sql);
      return { out: await text(tool.stdout), exit: await tool.exited };
    }

    test('a container from an image says what it is', () => {
      expect(toolbox.kind).toBe('image');
      expect(toolbox.versions.pg_dump.major).toBe(15);
      expect(logger.texts('info')).toEqual([
        `PostgreSQL tools ${toolbox.versions.psql.text} in image ${image} (${runtime})`,
      ]);
      expect(localhostHint('localhost', toolbox)).toBeNull();
    });

    test('a container from an image reaches the host, and takes SQL from stdin', async () => {
      expect((await psql('SELECT count(*) FROM big;')).out).toBe('30000\n');
    });

    test('a container from an image passes exit codes and stderr through', async () => {
      const failed = await psql('SELECT nix;');
      expect(failed.exit.code).toBe(3);
      expect(failed.exit.stderr).toContain('column "nix" does not exist');
      const refused = toolbox.start('pg_dump', { args: [], env: { ...env, PGPASSWORD: 'wrong' }, input: 'none' });
      expect(await text(refused.stdout)).toBe('');
      expect(await refused.exited).toMatchObject({ code: 1, signal: null });
      expect((await refused.exited).stderr).toMatch(/password authentication failed for user "\w+"\n$/);
    });

    test('a container from an image delivers an archive whole, which pg_restore reads', async () => {
      const dump = toolbox.start('pg_dump', { args: ['-Fc', '-Z0'], env, input: 'none' });
      const archive = await buffer(dump.stdout);
      expect((await dump.exited).code).toBe(0);
      expect(archive.length).toBeGreaterThan(30_000_000);
      const restore = toolbox.start('pg_restore', { args: ['-f', '-'], env: {}, input: 'pipe' });
      restore.stdin.end(archive);
      const sql = await text(restore.stdout);
      expect((await restore.exited).code).toBe(0);
      expect(sql.split('\n').filter((line) => line.startsWith('xxx'))).toHaveLength(30_000);
    });

    test('a container from an image shows no secret to a list of processes', async () => {
      const tool = toolbox.start('psql', {
        args: ['-XAtq'],
        env: { ...env, PGAPPNAME: 'secret-watcher' },
        input: 'pipe',
      });
      tool.stdin.write('SELECT 1;\n');
      await once(tool.stdout, 'data');
      const secret = env['PGPASSWORD'] ?? '';
      expect(secret.length).toBeGreaterThan(5);
      const all = await processes();
      expect(all.some(({ argv }) => argv.includes('PGPASSWORD'))).toBe(true);
      expect(all.filter(({ argv }) => argv.some((argument) => argument.includes(secret)))).toEqual([]);
      await tool.stop();
    });

    test('a container from an image loses its pg_dump when that is stopped', async () => {
      const mark = marker();
      const tool = toolbox.start('pg_dump', { args: ['-Fc', mark], env: lockedEnv, input: 'none' });
      await until(async () => (await running('pg_dump', mark)).length === 1);
      await tool.stop();
      // The client ends after what it waited for.
      expect(await running('pg_dump', mark)).toEqual([]);
    });

    test('a container loses its stopped pg_dump while nobody reads its output', async () => {
      const mark = marker();
      const tool = toolbox.start('pg_dump', { args: ['-Fc', '-Z0', mark], env, input: 'none' });
      await once(tool.stdout, 'readable');
      await tool.stop();
      await until(async () => (await running('pg_dump', mark)).length === 0);
    });

    test('a container keeps its pg_dump when only the unused stdin is ended', async () => {
      const tool = toolbox.start('pg_dump', { args: ['-Fc'], env, input: 'none' });
      tool.stdin.end();
      expect((await buffer(tool.stdout)).length).toBeGreaterThan(1000);
      expect((await tool.exited).code).toBe(0);
    });

    test('a container loses its pg_dump when the client is killed', async () => {
      const mark = marker();
      const tool = toolbox.start('pg_dump', { args: ['-Fc', mark], env: lockedEnv, input: 'none' });
      tool.stdout.resume();
      await until(async () => (await running('pg_dump', mark)).length === 1);
      for (const pid of await running(runtime, mark)) process.kill(pid, 'SIGKILL');
      expect((await tool.exited).signal).toBe('SIGKILL');
      await until(async () => (await running('pg_dump', mark)).length === 0);
    });

    test('a container loses an idle psql when that is stopped', async () => {
      const mark = `phaselift_mark=${randomUUID()}`;
      const tool = toolbox.start('psql', { args: ['-XAtq', '-v', mark], env, input: 'pipe' });
      tool.stdin.write('SELECT 1;\n');
      await once(tool.stdout, 'data');
      await tool.stop();
      await until(async () => (await running('psql', mark)).length === 0);
    });

    test('a container from an image is gone after close, which may be called twice', async () => {
      expect(await exists(name)).toBe(true);
      await Promise.all([toolbox.close(), toolbox.close()]);
      expect(await exists(name)).toBe(false);
      expect(await removeContainer(runtime, name)).toBeNull();
    });
  });

  test(`a container of ${runtime} and what runs in it are gone when we are killed`, async () => {
    const mark = marker();
    const holder = join(import.meta.dirname, 'toolbox', 'holder.ts');
    const child = spawn(nodeProgram(), ['--import', 'tsx', holder, runtime, image, mark], {
      env: { ...process.env, NODE_OPTIONS: '', ...lockedEnv },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [line] = (await once(child.stdout, 'data')) as [Buffer];
    const name = line.toString().trim();
    await until(async () => (await running('pg_dump', mark)).length === 1);
    expect(await exists(name)).toBe(true);
    child.kill('SIGKILL');
    await until(async () => (await running('pg_dump', mark)).length === 0 && !(await exists(name)));
  });

  test(`tools in an image of ${runtime} find the root certificate, and its contents only there`, async () => {
    const directory = await mkdtemp(join(tmpdir(), 'phaselift-toolbox-'));
    const file = join(directory, 'root.pem');
    await writeFile(file, 'PEM text');
    const toolbox = await createToolbox(settings, { serverMajors: [], sslRootCert: file }, new MemoryLogger());
    const seen = async (certificate: string): Promise<string> => {
      const tool = toolbox.start('psql', {
        args: ['-XAtq'],
        env: { ...env, PGSSLMODE: 'disable', PGSSLROOTCERT: certificate },
        input: 'pipe',
      });
      tool.stdin.end('\\! echo "$PGSSLROOTCERT"; cat "$PGSSLROOTCERT"\n');
      return text(tool.stdout);
    };
    try {
      expect(await seen(file)).toMatch(/^\/tmp\/phaselift-\w+\nPEM text$/);
      expect(await seen('system')).toBe('system\n');
    } finally {
      await toolbox.close();
      await rm(directory, { recursive: true });
    }
  });

  test(`an image that ${runtime} cannot get is the reason`, async () => {
    const toolbox = createToolbox(
      { ...settings, image: 'registry.invalid/nothing:1' },
      { serverMajors: [], sslRootCert: null },
      new MemoryLogger(),
    );
    await expect(toolbox).rejects.toThrow(/image: \w+: cannot pull registry\.invalid\/nothing:1: /);
  });

  test(`an image of ${runtime} that is too old is the reason, and its container goes`, async () => {
    let name = '';
    const toolbox = createToolbox(settings, { serverMajors: [17], sslRootCert: null }, new MemoryLogger(), {
      onContainerStarted: (container) => (name = container.name),
    });
    await expect(toolbox).rejects.toThrow('is older than PostgreSQL 17');
    expect(await exists(name)).toBe(false);
  });

  describe(`a running container of ${runtime} that was named`, () => {
    const name = `phaselift-test-${randomUUID()}`;
    const given: ToolboxSettings = { client: 'container', container: name, image: null, runtime };
    let directory = '';

    beforeAll(async () => {
      directory = await mkdtemp(join(tmpdir(), 'phaselift-toolbox-'));
      const foreign = ['-e', 'PGSERVICE=nowhere', '-e', 'PGOPTIONS=--nonsense'];
      const keeper = ['--entrypoint', 'sleep', image, '100000'];
      await runProgram(runtime, ['run', '-d', '--network', 'none', '--name', name, ...foreign, ...keeper]);
    });
    afterAll(async () => {
      await removeContainer(runtime, name);
      await rm(directory, { recursive: true });
    });

    test('a named container gets the root certificate, and keeps nothing of it', async () => {
      const file = join(directory, 'root.pem');
      await writeFile(file, 'PEM text');
      const toolbox = await createToolbox(given, { serverMajors: [], sslRootCert: file }, new MemoryLogger());
      expect(String(localhostHint('localhost', toolbox))).toContain('the container itself');
      const inside = ['exec', name, 'sh', '-c', 'cat /tmp/phaselift-*'];
      expect(await runProgram(runtime, inside)).toBe('PEM text');
      await toolbox.close();
      await expect(runProgram(runtime, inside)).rejects.toThrow('No such file');
      expect(await exists(name)).toBe(true);
    });

    test('a named container is not disturbed by variables of its own', async () => {
      const toolbox = await createToolbox(given, { serverMajors: [], sslRootCert: null }, new MemoryLogger());
      const tool = toolbox.start('psql', {
        args: ['-X', '-c', 'SELECT 1'],
        env: { PGHOST: '127.0.0.1', PGPORT: '1' },
        input: 'none',
      });
      tool.stdout.resume();
      const { code, stderr } = await tool.exited;
      expect(code).toBe(2);
      expect(stderr).toContain('connection to server at "127.0.0.1", port 1 failed');
    });

    test('a named container is refused with the reason when it has been stopped', async () => {
      await runProgram(runtime, ['stop', '-t', '0', name]);
      const toolbox = createToolbox(given, { serverMajors: [], sslRootCert: null }, new MemoryLogger());
      await expect(toolbox).rejects.toThrow(`container: ${name}: ${runtime}: the container is not running`);
    });

    test('a named container is refused with the reason when there is none', async () => {
      const none = { ...given, container: 'phaselift-no-such-container' };
      const toolbox = createToolbox(none, { serverMajors: [], sslRootCert: null }, new MemoryLogger());
      await expect(toolbox).rejects.toThrow(`container: phaselift-no-such-container: ${runtime}: no such container`);
    });
  });
}
