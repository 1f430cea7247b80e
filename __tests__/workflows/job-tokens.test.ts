import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { runWorkflow } from '../../testbed/workflow/run.js';

test('only jobs with `id-token: write` are told where the runner gives tokens', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'phaselift-workflow-'));
  try {
    const path = join(directory, 'test.yml');
    const steps = `steps: [{ run: 'echo "\${ACTIONS_ID_TOKEN_REQUEST_URL:-none} $AWS_ENDPOINT_URL_STS"' }]`;
    const job = (permissions: string) => `{ runs-on: ubuntu-latest, permissions: ${permissions}, ${steps} }`;
    const levels = ['{ id-token: write }', '{ contents: read }', '{ id-token: none }', '{}'];
    await writeFile(path, `on: push\njobs:\n${levels.map((one, i) => `  j${i}: ${job(one)}\n`).join('')}`);
    const services = { dockerHost: '', run: () => Promise.reject(new Error('no services here')) };
    const identity = {
      tokenEnv: { ACTIONS_ID_TOKEN_REQUEST_URL: 'http://tokens' },
      stsEnv: { AWS_ENDPOINT_URL_STS: 'http://sts' },
    };
    const { jobs } = await runWorkflow(path, { event: 'push', services, identity }).done;
    expect(jobs.map(({ steps: [step] }) => step?.lines)).toEqual([
      ['http://tokens http://sts'],
      ...levels.slice(1).map(() => ['none http://sts']),
    ]);
  } finally {
    await rm(directory, { recursive: true });
  }
});
