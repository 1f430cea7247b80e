import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { keptServers } from './global-setup.js';

describe('servers that npm run servers keeps up', () => {
  let root: string;
  const server = createServer();

  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'phaselift-kept-'));
    await mkdir(join(root, '.testbed'));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
  });

  afterEach(async () => {
    if (server.listening) await once(server.close(), 'close');
    await rm(root, { recursive: true });
  });

  /** Writes the file as that process would. */
  async function written(pid: number): Promise<Record<string, string>> {
    const { port } = server.address() as AddressInfo;
    const env = { PHASELIFT_TEST_PG_URL: `postgres://u:p@127.0.0.1:${port}/postgres`, PHASELIFT_TEST_S3_KIND: 'ceph' };
    await writeFile(join(root, '.testbed', 'servers.json'), JSON.stringify({ pid, env }));
    return env;
  }

  test('kept servers are found while their process and PostgreSQL are there', async () => {
    const env = await written(process.pid);
    expect(await keptServers(root)).toEqual(env);
  });

  test('kept servers are passed over when their process is gone', async () => {
    const { pid } = spawnSync(process.execPath, ['--version']);
    await written(pid);
    expect(await keptServers(root)).toBeNull();
  });

  test('kept servers are passed over when another program has their pid', async () => {
    await written(process.pid);
    await once(server.close(), 'close');
    expect(await keptServers(root)).toBeNull();
  });

  test('kept servers are none where the file is missing or cut', async () => {
    expect(await keptServers(root)).toBeNull();
    await writeFile(join(root, '.testbed', 'servers.json'), '{"pid":1');
    expect(await keptServers(root)).toBeNull();
  });
});
