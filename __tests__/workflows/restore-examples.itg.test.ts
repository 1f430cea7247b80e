import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { GATED_SOURCE, GATES, hold, releaseAll, waiting } from '../commands/restore-gates.js';
import { createDatabase, createRole, dumpText } from '../helpers/databases.js';
import { APP_ROWS, jobOf, logOf, phaseliftStep, startServices, World } from './world.js';
import type { ServiceHost } from '../../testbed/workflow/service-host.js';

const services = await startServices();

/** A migration that does half of its work. */
const BROKEN = `#!/bin/bash
set -e
psql -X -v ON_ERROR_STOP=1 -c 'ALTER TABLE customers DROP COLUMN email'
psql -X -v ON_ERROR_STOP=1 -c 'ALTER TABLE nothing ADD COLUMN a int'`;
const FINE = `#!/bin/bash
psql -X -v ON_ERROR_STOP=1 -c 'ALTER TABLE orders ADD COLUMN note text'`;

const describeWorkflows = typeof services === 'string' ? describe.skip : describe;

/** Executed by the runner of the testbed, against real servers. */
describeWorkflows(`the examples of restores${typeof services === 'string' ? `: ${services}` : ''}`, () => {
  let world: World;
  let before: string;

  beforeAll(async () => {
    world = await World.create(services as ServiceHost, { servers: 2 });
    await world.database('app');
    before = await dumpText(world.server, 'app', { sortRows: true });
    await world.backUp('app', 'first');
  });

  afterEach(releaseAll);
  afterAll(() => world.close());

  async function expectRestored(database: string): Promise<void> {
    expect((await dumpText(world.server, database, { sortRows: true })).split('\n')).toEqual(before.split('\n'));
  }

  describe('manual-restore.yml', () => {
    const form = { database: 'app', 'backup-name': 'latest', target: 'staging' };
    const environments = () => {
      const { TARGET_PASSWORD = '' } = world.secrets;
      const staging = { vars: world.loginVars('TARGET', world.server, world.owner), secrets: { TARGET_PASSWORD } };
      return {
        staging: { ...staging, vars: { ...staging.vars, TARGET_PORT: String(world.server.port) } },
        production: {},
      };
    };

    test('restores the newest backup to the chosen environment', async () => {
      const inputs = { ...form, 'target-database': 'by_hand', confirm: 'by_hand' };
      const result = await world.succeed('manual-restore.yml', { inputs, environments: environments() });
      expect(jobOf(result, 'restore').environment).toBe('staging');
      expect(phaseliftStep(jobOf(result, 'restore')).outputs).toMatchObject({
        'backup-name': 'first',
        resumed: 'false',
      });
      expect(result.concurrency?.group).toBe('restore-staging-by_hand');
      await expectRestored('by_hand');
    });

    test('stops before anything when the name that was typed is another one', async () => {
      const inputs = { ...form, 'target-database': 'never_made', confirm: 'never-made' };
      const result = await world.run('manual-restore.yml', { inputs, environments: environments() });
      expect(result.result).toBe('failure');
      expect(logOf(result)).toMatch(/::error.*confirm/);
      expect(await world.databases()).not.toContain('never_made');
    });

    test('takes no target that is not in its list', async () => {
      const inputs = { ...form, target: 'moon', 'target-database': 'a', confirm: 'a' };
      await expect(world.run('manual-restore.yml', { inputs })).rejects.toThrow(/moon is none of staging, production/);
    });
  });

  test('reusable-restore.yml: a cancelled restore goes on when the job is run again', async () => {
    await world.database('gated', GATED_SOURCE);
    await world.backUp('gated', 'one');
    await createDatabase(world.server, { name: 'continued', owner: world.owner });
    const inputs = { database: 'gated', 'backup-name': 'one', 'target-database': 'continued', confirm: 'continued' };
    const environments = { 'database-restore': {} };

    const gate = await hold(world.server, 'continued', GATES.data);
    const run = world.start('reusable-restore.yml', { inputs, environments });
    await waiting(world.server, 'continued');
    run.cancel();
    const cancelled = await run.done;
    await gate.release();
    expect(cancelled.result).toBe('cancelled');
    const [step, post] = (jobOf(cancelled, 'restore').called?.jobs[0]?.steps ?? []).slice(1);
    expect([step?.outcome, post?.outcome]).toEqual(['cancelled', 'success']);

    const again = await world.succeed('reusable-restore.yml', { inputs, environments, attempt: 2 });
    const { outputs, called } = jobOf(again, 'restore');
    expect(outputs).toMatchObject({ 'backup-name': 'one', resumed: 'true' });
    const inner = called?.jobs[0];
    expect(inner?.environment).toBe('database-restore');
    const { host, port } = world.server;
    expect(inner?.concurrency?.group).toBe(`phaselift-restore-${host}-${port}-continued`);
    const [source, target] = await Promise.all(
      ['gated', 'continued'].map((name) => dumpText(world.server, name, { sortRows: true })),
    );
    expect(target?.split('\n')).toEqual(source?.split('\n'));
  });

  test('the reusable restore.yml takes a URL for the target and an exact object instead of their parts', async () => {
    const caller = `
on: workflow_dispatch
permissions: {}
jobs:
  restore:
    uses: ./.github/workflows/restore.yml
    with:
      database: app
      s3-uri: s3://\${{ vars.BACKUP_BUCKET }}/app/first.dump
      s3-endpoint: \${{ vars.BACKUP_ENDPOINT }}
    secrets:
      target-url: \${{ secrets.TARGET_URL }}
      aws-access-key-id: \${{ secrets.BACKUP_ACCESS_KEY_ID }}
      aws-secret-access-key: \${{ secrets.BACKUP_SECRET_ACCESS_KEY }}`;
    const secrets = { ...world.secrets, TARGET_URL: world.server.url('by_url', world.owner) };
    const result = await world.runText(caller, { secrets });
    expect(result.result === 'success' ? '' : logOf(result)).toBe('');
    expect(jobOf(result, 'restore').outputs).toMatchObject({ 'row-count': String(APP_ROWS), resumed: 'false' });
    await expectRestored('by_url');
  });

  test('restore-drill.yml restores into its own container, verifies, and says how old the data is', async () => {
    const { summary, steps } = jobOf(
      await world.succeed('restore-drill.yml', { event: 'schedule' }),
      'drill',
    ).steps.reduce((all, step) => ({ summary: all.summary + step.summary, steps: [...all.steps, step.outcome] }), {
      summary: '',
      steps: [] as string[],
    });
    expect(steps).toEqual(['success', 'success', 'success']);
    expect(summary).toMatch(/^## /);
    expect(summary).toContain(`Backup \`first\`: ${APP_ROWS} rows`);
    expect(summary).toContain('Newest order not older than two days: t');

    await world.server.psql('app', `UPDATE orders SET created_at = created_at - interval '3 days'`);
    await world.backUp('app', 'stale');
    await world.server.psql('app', `UPDATE orders SET created_at = created_at + interval '3 days'`);
    const stale = await world.run('restore-drill.yml', { event: 'schedule' });
    expect(jobOf(stale, 'drill').steps.map(({ outcome }) => outcome)).toEqual(['success', 'failure', 'success']);
  });

  test('production-to-staging.yml replaces the copy, without sessions and personal data', async () => {
    const staging = world.other();
    const owner = await createRole(staging, { attributes: 'CREATEDB' });
    await createDatabase(staging, { name: 'app', sql: 'CREATE TABLE old_copy ();', owner });
    const vars = {
      ...world.vars,
      ...world.loginVars('PRODUCTION', world.server, world.owner),
      ...world.loginVars('STAGING', staging, owner),
    };
    const secrets = { ...world.secrets, PRODUCTION_PASSWORD: world.owner.password, STAGING_PASSWORD: owner.password };
    const result = await world.succeed('production-to-staging.yml', { event: 'schedule', vars, secrets });
    expect(phaseliftStep(jobOf(result, 'copy')).outputs['backup-uri']).toContain('/staging-copies/app/');
    const counts = `SELECT (SELECT count(*) FROM orders), (SELECT count(*) FROM sessions), (SELECT count(*) FROM audit_log),
      (SELECT count(*) FROM customers WHERE email LIKE '%@example.invalid'), to_regclass('old_copy') IS NULL`;
    expect(await staging.psql('app', counts)).toBe('500|0|0|100|t');

    // A second attempt does not throw away what the first has loaded.
    const again = await world.run('production-to-staging.yml', { event: 'schedule', vars, secrets, attempt: 2 });
    expect(jobOf(again, 'copy').steps[0]).toMatchObject({ name: 'Drop the old copy', outcome: 'skipped' });
    expect(await staging.psql('app', counts)).toBe('500|0|0|100|t');
  });

  test('deployment-pipeline.yml deploys after a good migration, and goes back after one that fails', async () => {
    await world.server.psql('postgres', 'ALTER DATABASE app RENAME TO app_kept');
    await world.database('app');
    const fine = await world.succeed('deployment-pipeline.yml', { event: 'push', files: { 'migrate.sh': FINE } });
    expect(fine.jobs.map(({ id, result }) => [id, result])).toEqual([
      ['backup', 'success'],
      ['migrate', 'success'],
      ['deploy', 'success'],
      ['go-back', 'skipped'],
    ]);

    const state = await dumpText(world.server, 'app', { sortRows: true });
    const broken = await world.run('deployment-pipeline.yml', {
      event: 'push',
      runId: 2002,
      files: { 'migrate.sh': BROKEN },
    });
    expect(broken.jobs.map(({ id, result }) => [id, result])).toEqual([
      ['backup', 'success'],
      ['migrate', 'failure'],
      ['deploy', 'skipped'],
      ['go-back', 'success'],
    ]);
    expect(broken.result).toBe('failure');
    expect((await dumpText(world.server, 'app', { sortRows: true })).split('\n')).toEqual(state.split('\n'));
    expect(await world.databases()).not.toContain('app_before_2002');
    expect(await world.server.psql('postgres', 'SELECT count(*) FROM pg_database WHERE NOT datallowconn')).toBe('1'); // template0
    // The failed one is there to be looked at.
    const column = `SELECT count(*) FROM information_schema.columns WHERE table_name = 'customers' AND column_name = 'email'`;
    expect(await world.server.psql('app_failed_2002_1', column)).toBe('0');
    expect(
      jobOf(broken, 'go-back')
        .steps.map(({ summary }) => summary)
        .join(''),
    ).toContain('`app_failed_2002_1`');
  });
});
