import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { PROJECT_DIRECTORY } from '../../testbed/places.js';
import type { JobResult } from '../../testbed/workflow/results.js';
import type { ServiceHost } from '../../testbed/workflow/service-host.js';
import { GATED_SOURCE, GATES, hold, releaseAll } from '../commands/restore-gates.js';
import { createDatabase, dumpText } from '../helpers/databases.js';
import { jobOf, logOf, phaseliftStep, startServices, World } from './world.js';
import { deepTest } from '../helpers/depth.js';

const services = await startServices();
const describeWorkflows = typeof services === 'string' ? describe.skip : describe;

const REACHED = /^the time limit is reached/;
const SKIPPED = { 'restore-2': 'skipped', 'restore-3': 'skipped', 'restore-4': 'skipped' };

function ends(jobs: readonly JobResult[]): Record<string, string> {
  return Object.fromEntries(jobs.map(({ id, result }) => [id, result]));
}

/** Executed by the runner of the testbed. A gate in the middle of a table makes jobs run into their time limit. */
describeWorkflows(`restores of several jobs${typeof services === 'string' ? `: ${services}` : ''}`, () => {
  let world: World;
  let before: string[];

  beforeAll(async () => {
    world = await World.create(services as ServiceHost);
    await world.database('gated', GATED_SOURCE);
    before = await linesOf('gated');
    await world.backUp('gated', 'first');
  });

  afterEach(releaseAll);
  afterAll(() => world.close());

  async function linesOf(database: string): Promise<string[]> {
    return (await dumpText(world.server, database, { sortRows: true })).split('\n');
  }

  const form = (target: string) => ({ database: 'gated', 'backup-name': 'first', 'target-database': target });

  deepTest('long-restore.yml fails where four jobs were not enough, and goes on when it is run again', async () => {
    await createDatabase(world.server, { name: 'long', owner: world.owner });
    const gate = await hold(world.server, 'long', GATES.data);
    const text = await readFile(join(PROJECT_DIRECTORY, 'examples', 'long-restore.yml'), 'utf8');
    const short = text.replace('TIME_LIMIT: 5h30m', 'TIME_LIMIT: 10s');
    expect(short).not.toBe(text);
    const failed = await world.runText(short, { inputs: form('long') });
    await gate.release();
    const unfinished = { restore: 'success', 'restore-2': 'success', 'restore-3': 'success', 'restore-4': 'failure' };
    expect(ends(failed.jobs)).toEqual(unfinished);
    for (const job of failed.jobs) expect(job.outputs).toEqual({ finished: 'false' });
    const [, ...later] = failed.jobs.map((job) => phaseliftStep(job).outputs['resumed']);
    expect(later).toEqual(['true', 'true', 'true']);
    expect(logOf(failed)).toMatch(/::error::the restore is not done after four jobs: press "Re-run all jobs"/);

    const again = await world.run('long-restore.yml', { inputs: form('long'), attempt: 2 });
    expect(ends(again.jobs)).toEqual({ restore: 'success', ...SKIPPED });
    expect(phaseliftStep(jobOf(again, 'restore')).outputs).toMatchObject({ resumed: 'true', finished: 'true' });
    expect(await linesOf('long')).toEqual(before);
  });

  test('the reusable restore.yml goes on in its next job, with the backup that the first one chose', async () => {
    await createDatabase(world.server, { name: 'chained', owner: world.owner });
    const caller = `
on: workflow_dispatch
permissions: {}
jobs:
  restore:
    uses: ./.github/workflows/restore.yml
    with:
      database: gated
      backup-name: latest
      target-host: \${{ vars.TARGET_HOST }}
      target-port: \${{ fromJSON(vars.TARGET_PORT) }}
      target-user: \${{ vars.TARGET_USER }}
      target-database: chained
      environment: approval
      time-limit: 30s
      s3-bucket: \${{ vars.BACKUP_BUCKET }}
      s3-endpoint: \${{ vars.BACKUP_ENDPOINT }}
    secrets:
      target-password: \${{ secrets.TARGET_PASSWORD }}
      aws-access-key-id: \${{ secrets.BACKUP_ACCESS_KEY_ID }}
      aws-secret-access-key: \${{ secrets.BACKUP_SECRET_ACCESS_KEY }}`;
    const gate = await hold(world.server, 'chained', GATES.data);
    let reached: () => void = () => undefined;
    const limit = new Promise<void>((resolve) => (reached = resolve));
    const onLine = (line: string) => {
      if (REACHED.test(line)) reached();
    };
    const run = world.runText(caller, { environments: { approval: {} }, onLine });
    // From now on the journal tells which backup it is.
    const journal = "SELECT count(*) FROM pg_namespace WHERE nspname = 'phaselift_journal'";
    while ((await world.server.psql('chained', journal)) === '0') await sleep(100);
    await world.server.psql('gated', 'INSERT INTO app.small (a) VALUES (51)');
    await world.backUp('gated', 'newer');
    await Promise.race([limit, run]);
    await gate.release();
    const result = await run;
    expect(result.result === 'success' ? '' : logOf(result)).toBe('');

    const { called, outputs } = jobOf(result, 'restore');
    const jobs = called?.jobs ?? [];
    const last = jobs.findLastIndex((job) => job.result !== 'skipped');
    expect(last).toBeGreaterThan(0);
    expect(ends(jobs)).toEqual({
      restore: 'success',
      'restore-2': 'success',
      ...Object.fromEntries(Object.entries(SKIPPED).slice(last)),
    });
    expect(jobs.map((job) => job.outputs['finished'])).toEqual(
      jobs.map((_job, i) => (i < last ? 'false' : i === last ? 'true' : undefined)),
    );
    expect(jobs.map((job) => job.environment)).toEqual(['approval', '', '', '']);
    expect(outputs).toMatchObject({ 'backup-name': 'first', resumed: 'true', finished: 'true' });
    expect(await linesOf('chained')).toEqual(before);
  });
});
