import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from '@jest/globals';
import { runActionToEnd, type ActionResult } from '../helpers/run-action.js';
import { sharedS3 } from '../helpers/shared-servers.js';
import { childrenOf, expectNoSecrets, processName } from './backup-runs.js';
import { database, runs, s3, useHeldBackups } from './held-backups.js';
import { SMALL_PARTS } from './held-parts.js';

useHeldBackups();

/** Starts a backup and kills it in the middle of its upload. */
async function killedBackup(): Promise<{ main: ActionResult; pgDump: number | undefined }> {
  const handle = await runs.start(database, { ...SMALL_PARTS, 's3-endpoint': s3.endpoint });
  await Promise.race([s3.isHolding, handle.done]);
  const pgDump = (await childrenOf(handle.pid)).find(({ name }) => name === 'pg_dump')?.pid;
  handle.kill('SIGKILL');
  const main = await handle.done;
  expect(main).toMatchObject({ exitCode: null, signal: 'SIGKILL' });
  return { main, pgDump };
}

/** Runs the post step with what the main step has saved; it never fails a job and never shows a secret. */
async function post(state: Readonly<Record<string, string>>, changes = {}): Promise<ActionResult> {
  const inputs = runs.inputs(database, changes);
  const result = await runActionToEnd({ with: inputs, entry: 'post', state });
  expect(result).toMatchObject({ exitCode: 0, stderr: '', summary: '', outputs: {} });
  expectNoSecrets(result, inputs);
  return result;
}

/** What it says, apart from what to mask. */
function said({ lines }: ActionResult): string[] {
  return lines.filter((line) => line !== '' && !line.startsWith('::add-mask::'));
}

const uri = () => `s3://${runs.bucket.settings.bucket}/${database}/one.dump`;

describe('the post step', () => {
  test('the post step ends the upload of a killed main step once; the next backup works', async () => {
    const { main, pgDump } = await killedBackup();
    expectNoSecrets(main, runs.inputs(database));
    expect(await runs.visible()).toEqual([`upload of ${database}/one.dump`]);

    expect(said(await post(main.state))).toEqual([`no unfinished upload of ${uri()} is left`]);
    expect(await runs.visible()).toEqual([]);
    expect(said(await post(main.state))).toEqual([`no unfinished upload of ${uri()} is left`]);

    // pg_dump has lost whoever read from it.
    for (let tries = 0; pgDump !== undefined && (await processName(pgDump)) === 'pg_dump'; tries++) {
      if (tries > 300) throw new Error('pg_dump still runs');
      await sleep(100);
    }
    await runs.succeed(database);
    expect(await runs.visible()).toEqual([`${database}/one.dump`, `${database}/one.manifest.json`]);
    for (const key of await runs.bucket.keys()) await runs.bucket.delete(key);
  });

  test('the post step has nothing to do after a main step that ended by itself', async () => {
    const main = await runs.succeed(database, SMALL_PARTS);
    expect(Object.keys(main.state)).toContain('leftovers');
    expect(said(await post(main.state))).toEqual([]);
    expect(said(await post({}))).toEqual([]);
    for (const key of await runs.bucket.keys()) await runs.bucket.delete(key);
  });

  test('the post step only warns when store or secret is missing, or the state unreadable', async () => {
    const { main } = await killedBackup();
    await s3.stop();
    const warning = (result: ActionResult) => {
      expect(result.annotations).toHaveLength(1);
      expect(result.annotations[0]?.level).toBe('warning');
      return result.annotations[0]?.message;
    };
    expect(warning(await post(main.state))).toMatch(/^could not end the upload of s3:.*refuses connections/);
    const back = { leftovers: (main.state['leftovers'] ?? '').replace(s3.endpoint, sharedS3().endpoint) };
    const nobody = { 'aws-access-key-id': '', 'aws-secret-access-key': '' };
    expect(warning(await post(back, nobody))).toMatch(/no usable credentials \(aws-access-key-id\)/);
    const unreadable = ['{"s3": {}', '{"store":{"kind":"s3"},"upload":{"key":"k","uploadId":"u"},"containers":[]}'];
    for (const leftovers of unreadable) {
      expect(warning(await post({ leftovers }))).toMatch(/^the main step left no readable state/);
    }
    await post(back);
    expect(await runs.visible()).toEqual([]);
  });
});
