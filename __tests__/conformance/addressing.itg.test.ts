import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { checked } from '../commands/backup-runs.js';
import { expectVersion, inputsOf, newProxy, runs, useReplacedRuns } from '../commands/replaced-runs.js';
import { runAction } from '../helpers/run-action.js';
import { sharedPostgres, sharedS3 } from '../helpers/shared-servers.js';

useReplacedRuns();

/** Ceph's own name is `localhost`: see testbed/ceph.sh. */
(sharedS3().kind === 'ceph' ? describe : describe.skip)('a bucket', () => {
  test.each([
    ['in the host', 'false', (bucket: string) => ({ host: bucket, path: '/' })],
    ['in the path', 'true', (bucket: string) => ({ host: '', path: `/${bucket}/` })],
  ])('a bucket %s of the URL is written, and read in either way', async (_, forcePathStyle, placed) => {
    const proxy = await newProxy();
    const seen: { line: string; host: string }[] = [];
    proxy.meddler = (line, { host }) => void seen.push({ line, host: String(host) });
    const port = new URL(proxy.endpoint).port;
    const changes = { 's3-endpoint': `http://localhost:${port}`, 's3-force-path-style': forcePathStyle };
    const run = async (mode: string, more = {}): Promise<void> => {
      const inputs = inputsOf(mode, { ...changes, ...more });
      const env = {
        PATH: `${sharedPostgres().programs}:${process.env['PATH'] ?? ''}`,
        NODE_OPTIONS: `--import=${join(import.meta.dirname, 'localhost-names.mjs')}`,
      };
      const result = await checked(await runAction({ with: inputs, env }), inputs);
      expect(result).toMatchObject({ exitCode: 0, stderr: '' });
    };
    await run('backup');
    await run('verify', { 'backup-name': 'one' });
    const { host, path } = placed(runs.bucket.settings.bucket);
    expect(seen.length).toBeGreaterThan(0);
    for (const request of seen) {
      expect(request.host).toBe(`${host === '' ? '' : `${host}.`}localhost:${port}`);
      expect(request.line.split(' ')[1]?.startsWith(path)).toBe(true);
    }
    await expectVersion(1);
  });
});
