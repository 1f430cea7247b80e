import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { PROJECT_DIRECTORY } from '../../testbed/places.js';
import type { Proof } from '../../src/store/proof.js';
import { evaluateCondition } from '../../testbed/workflow/expressions.js';
import type { StepResult, WorkflowResult } from '../../testbed/workflow/results.js';
import type { ServiceHost } from '../../testbed/workflow/service-host.js';
import { readWorkflow } from '../../testbed/workflow/workflow-file.js';
import { GATED_SOURCE, GATES, hold, releaseAll, waiting } from '../commands/restore-gates.js';
import { createDatabase, createRole, dumpText } from '../helpers/databases.js';
import { APP, APP_ROWS, jobOf, logOf, phaseliftStep, startServices, World, type Changes } from './world.js';
import { deepTest } from '../helpers/depth.js';

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

    test('manual-restore.yml restores the newest backup to the chosen environment', async () => {
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

    test('manual-restore.yml stops before anything when the typed name is another one', async () => {
      const inputs = { ...form, 'target-database': 'never_made', confirm: 'never-made' };
      const result = await world.run('manual-restore.yml', { inputs, environments: environments() });
      expect(result.result).toBe('failure');
      expect(logOf(result)).toMatch(/::error.*confirm/);
      expect(await world.databases()).not.toContain('never_made');
    });

    test('manual-restore.yml takes no target that is not in its list', async () => {
      const inputs = { ...form, target: 'moon', 'target-database': 'a', confirm: 'a' };
      await expect(world.run('manual-restore.yml', { inputs })).rejects.toThrow(/moon is none of staging, production/);
    });
  });

  test('reusable-restore.yml goes on with a cancelled restore when the job is run again', async () => {
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
    const [step, post] = jobOf(cancelled, 'restore').called?.jobs[0]?.steps ?? [];
    expect([step?.outcome, post?.outcome]).toEqual(['cancelled', 'success']);

    const again = await world.succeed('reusable-restore.yml', { inputs, environments, attempt: 2 });
    const { outputs, called } = jobOf(again, 'restore');
    expect(outputs).toMatchObject({ 'backup-name': 'one', resumed: 'true' });
    const inner = called?.jobs[0];
    expect(inner?.environment).toBe('database-restore');
    const { host, port } = world.server;
    expect(called?.concurrency?.group).toBe(`phaselift-restore-${host}-${port}-continued`);
    const [source, target] = await Promise.all(
      ['gated', 'continued'].map((name) => dumpText(world.server, name, { sortRows: true })),
    );
    expect(target?.split('\n')).toEqual(source?.split('\n'));
  });

  test('the reusable restore.yml takes a URL and an exact object instead of their parts', async () => {
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

  test('restore-drill.yml restores into its container, verifies, and says how old data is', async () => {
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
    expect(await world.bucket.keys('app/')).toContain('app/first.proof.json');
    await world.backUp('app', 'stale');
    await world.server.psql('app', `UPDATE orders SET created_at = created_at + interval '3 days'`);
    const stale = await world.run('restore-drill.yml', { event: 'schedule' });
    expect(jobOf(stale, 'drill').steps.map(({ outcome }) => outcome)).toEqual(['success', 'failure', 'success']);
  });

  test('restore-drill-fleet.yml proves one database after the other, whatever else is not well', async () => {
    await world.database('fleet_a', 'CREATE TABLE t (a int); INSERT INTO t VALUES (1), (2);');
    await world.database('fleet_b', 'CREATE TABLE t (a int);');
    await world.backUp('fleet_a', 'one');
    await world.backUp('fleet_b', 'one');
    await world.bucket.put('fleet_c/odd.dump', 'x');
    await world.bucket.put('fleet_c/odd.manifest.json', 'hello');
    const rules = "databases: [{ match: 'fleet_*', drill-every: 30d }]\n";
    const drill = async (files = { 'phaselift.yml': rules }): Promise<readonly StepResult[]> =>
      jobOf(await world.run('restore-drill-fleet.yml', { event: 'schedule', files }), 'drill').steps;
    const picked = (steps: readonly StepResult[]) => steps.find(({ outputs }) => outputs['drill'])?.outputs['drill'];

    const first = await drill();
    expect(picked(first)).toBe('{"database":"fleet_a","backupName":"one"}');
    const status = first.find(({ outputs }) => outputs['status']);
    expect([status?.outcome, status?.conclusion]).toEqual(['failure', 'success']); // fleet_c
    expect(first.map(({ conclusion }) => conclusion)).not.toContain('failure');
    const proof = JSON.parse((await world.bucket.get('fleet_a/one.proof.json')).toString()) as Proof;
    expect(proof).toMatchObject({ database: 'fleet_a', verify: 'full', rows: 2, history: [{ backupName: 'one' }] });
    expect(first.map(({ summary }) => summary).join('')).toContain('Restores of this database that were proven');

    expect(picked(await drill())).toBe('{"database":"fleet_b","backupName":"one"}');
    const none = await drill({ 'phaselift.yml': 'databases: [{ match: nothing_has_this_name }]\n' });
    expect(none.map(({ conclusion }) => conclusion)).toContain('failure');
  });

  describe('production-to-staging.yml', () => {
    const counts = `SELECT (SELECT count(*) FROM orders), (SELECT count(*) FROM sessions), (SELECT count(*) FROM audit_log),
      (SELECT count(*) FROM customers WHERE email LIKE '%@example.invalid'), to_regclass('old_copy') IS NULL`;
    const old = "SELECT to_regclass('old_copy') IS NOT NULL";

    /** A staging server with an old copy, and what leads there. */
    async function oldCopy() {
      const staging = world.other();
      const owner = await createRole(staging, { attributes: 'CREATEDB' });
      await staging.psql('postgres', 'DROP DATABASE IF EXISTS app');
      await createDatabase(staging, { name: 'app', sql: 'CREATE TABLE old_copy ();', owner });
      const vars = {
        ...world.vars,
        ...world.loginVars('PRODUCTION', world.server, world.owner),
        ...world.loginVars('STAGING', staging, owner),
      };
      const secrets = { ...world.secrets, PRODUCTION_PASSWORD: world.owner.password, STAGING_PASSWORD: owner.password };
      return { staging, owner, changes: { event: 'schedule', vars, secrets } };
    }

    test('production-to-staging.yml replaces the copy without personal data, also twice', async () => {
      const { staging, changes } = await oldCopy();
      const result = await world.succeed('production-to-staging.yml', changes);
      expect(phaseliftStep(jobOf(result, 'copy')).outputs['backup-uri']).toContain('/staging-copies/app/');
      expect(await staging.psql('app', counts)).toBe('500|0|0|100|t');
      await world.succeed('production-to-staging.yml', { ...changes, attempt: 2 });
      expect(await staging.psql('app', counts)).toBe('500|0|0|100|t');
      expect(await world.databases(staging)).toEqual(['app']);
    });

    test('production-to-staging.yml shows no personal data that could not be taken out', async () => {
      const { staging, changes } = await oldCopy();
      await world.server.psql('app', `ALTER TABLE customers ADD CONSTRAINT real CHECK (email LIKE '%@example.com')`);
      const failed = await world
        .run('production-to-staging.yml', changes)
        .finally(() => world.server.psql('app', 'ALTER TABLE customers DROP CONSTRAINT real'));
      expect(failed.result).toBe('failure');
      expect(await staging.psql('app', old)).toBe('t');

      await world.succeed('production-to-staging.yml', { ...changes, attempt: 2, failedJobsOf: failed });
      expect(await staging.psql('app', counts)).toBe('500|0|0|100|t');
    });

    deepTest('production-to-staging.yml goes on with a copy that was cut off', async () => {
      const { staging, owner, changes } = await oldCopy();
      await world.server.psql(
        'app',
        `CREATE FUNCTION fits(int) RETURNS boolean LANGUAGE sql AS $$SELECT current_setting('test.broken', true) IS DISTINCT FROM 'on'$$;
         CREATE TABLE breaks (a int CHECK (fits(a))); INSERT INTO breaks VALUES (1)`,
        world.owner,
      );
      try {
        await staging.psql('postgres', `ALTER ROLE ${owner.user} SET test.broken = 'on'`);
        const failed = await world.run('production-to-staging.yml', changes);
        expect(failed.result).toBe('failure');
        await staging.psql('postgres', `ALTER ROLE ${owner.user} RESET test.broken`);

        const again = await world.succeed('production-to-staging.yml', {
          ...changes,
          attempt: 2,
          failedJobsOf: failed,
        });
        expect(phaseliftStep(jobOf(again, 'copy')).outputs['resumed']).toBe('true');
        expect(await staging.psql('app', counts)).toBe('500|0|0|100|t');
      } finally {
        await world.server.psql('app', 'DROP TABLE breaks; DROP FUNCTION fits');
      }
    });
  });

  describe('deployment-pipeline.yml', () => {
    const ends = ({ jobs }: WorkflowResult) => Object.fromEntries(jobs.map(({ id, result }) => [id, result]));
    const deploy = (runId: number, migration: string, changes: Changes = {}) =>
      world.run('deployment-pipeline.yml', { event: 'push', runId, files: { 'migrate.sh': migration }, ...changes });
    const rows = async () => (await dumpText(world.server, 'app', { sortRows: true })).split('\n');
    const closed = () => world.server.psql('postgres', 'SELECT count(*) FROM pg_database WHERE NOT datallowconn');
    const WENT_BACK = { backup: 'success', migrate: 'failure', deploy: 'skipped', 'go-back': 'success' };

    beforeAll(async () => {
      await world.server.psql('postgres', 'ALTER DATABASE app RENAME TO app_kept; CREATE ROLE app_reader LOGIN');
      await world.database('app', `${APP}; GRANT SELECT ON orders TO app_reader;`);
    });

    test('deployment-pipeline.yml deploys after a good migration', async () => {
      expect(ends(await deploy(2001, FINE))).toEqual({
        backup: 'success',
        migrate: 'success',
        deploy: 'success',
        'go-back': 'skipped',
      });
    });

    test("deployment-pipeline.yml goes back after a failure, with the application's rights", async () => {
      const before = await rows();
      const broken = await deploy(2002, BROKEN);
      expect(ends(broken)).toEqual(WENT_BACK);
      expect(broken.result).toBe('failure');
      expect(await rows()).toEqual(before);
      expect(await world.server.psql('app', `SELECT has_table_privilege('app_reader', 'orders', 'SELECT')`)).toBe('t');
      expect(await world.databases()).not.toContain('app_before_2002_1');
      expect(await closed()).toBe('1'); // template0
      // The failed one is there to be looked at.
      const column = `SELECT count(*) FROM information_schema.columns WHERE table_name = 'customers' AND column_name = 'email'`;
      expect(await world.server.psql('app_failed_2002_1', column)).toBe('0');
      const { steps } = jobOf(broken, 'go-back');
      expect(steps.map(({ summary }) => summary).join('')).toContain('`app_failed_2002_1`');
    });

    deepTest('deployment-pipeline.yml does not go back to the same backup twice', async () => {
      const broken = await deploy(2003, BROKEN);
      expect(ends(broken)).toEqual(WENT_BACK);
      await world.server.psql('app', `INSERT INTO sessions VALUES ('written since')`);
      const before = await rows();
      const again = await deploy(2003, BROKEN, { attempt: 2, failedJobsOf: broken });
      expect(ends(again)).toEqual({ ...WENT_BACK, 'go-back': 'failure' });
      expect(logOf(again)).toMatch(/::error::.*Re-run all jobs/);
      expect(await rows()).toEqual(before);

      const anew = await deploy(2003, BROKEN, { attempt: 3 });
      expect(ends(anew)).toEqual(WENT_BACK);
      expect(await rows()).toEqual(before);
    });

    deepTest('deployment-pipeline.yml finishes a way back whose names could not be changed at first', async () => {
      const before = await rows();
      // A session that the owner may not end.
      const session = world.server.psql('app', 'SELECT pg_sleep(600)').catch(() => '');
      const broken = await deploy(2004, BROKEN);
      expect(ends(broken)).toEqual({ ...WENT_BACK, 'go-back': 'failure' });
      expect(await closed()).toBe('1');
      await world.server.psql(
        'postgres',
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE '%pg_sleep(600)' AND pid <> pg_backend_pid()`,
      );
      await session;
      const again = await deploy(2004, BROKEN, { attempt: 2, failedJobsOf: broken });
      expect(ends(again)).toEqual(WENT_BACK);
      expect(await rows()).toEqual(before);
    });

    deepTest('deployment-pipeline.yml goes back while autovacuum works in the database', async () => {
      const before = await rows();
      const settings = {
        autovacuum_naptime: ' = 1',
        autovacuum_vacuum_cost_delay: ' = 100',
        autovacuum_vacuum_cost_limit: ' = 1',
      };
      const alterSystem = async (verb: 'SET' | 'RESET'): Promise<void> => {
        for (const [name, value] of Object.entries(settings)) {
          await world.server.psql('postgres', `ALTER SYSTEM ${verb} ${name}${verb === 'SET' ? value : ''}`);
        }
        await world.server.psql('postgres', 'SELECT pg_reload_conf()');
      };
      await alterSystem('SET');
      const much = `#!/bin/bash
set -e
psql -X -v ON_ERROR_STOP=1 -c 'CREATE TABLE much AS SELECT i, repeat(md5(i::text), 20) AS t FROM generate_series(1, 20000) i' -c 'DELETE FROM much'
for _ in {1..300}; do
  ! psql -X -A -t -c "SELECT count(*) FROM pg_stat_activity WHERE datname = 'app' AND usesysid IS NULL" | grep -q '[1-9]' || exit 3
  sleep 0.2
done
echo 'autovacuum never came'
exit 4`;
      const broken = await deploy(2005, much).finally(() => alterSystem('RESET'));
      expect(logOf(broken)).not.toContain('autovacuum never came');
      expect(ends(broken)).toEqual(WENT_BACK);
      expect(await rows()).toEqual(before);
    });

    // What the table of GitHub's results cannot be brought to here: a checkout that fails, a runner that is lost.
    test.each([
      ['failure', 'failure', '1', true],
      ['failure', '', '1', true], // the runner was lost
      ['failure', 'skipped', '1', false], // never begun
      ['failure', 'skipped', '2', true], // no new backup: the first step looks for a way back to finish
      ['cancelled', 'cancelled', '1', true],
      ['cancelled', 'success', '1', true],
      ['cancelled', 'skipped', '1', false],
      ['cancelled', '', '1', false], // cancelled before it had a runner
      ['success', 'success', '1', false],
      ['skipped', '', '1', false],
    ])(
      'a migration with %s whose step ended with "%s", in attempt %s: goes back: %s',
      async (result, migration, attempt, goes) => {
        const { jobs } = await readWorkflow(join(PROJECT_DIRECTORY, 'examples', 'deployment-pipeline.yml'));
        const needs = {
          backup: { result: 'success', outputs: { attempt: '1' } },
          migrate: { result, outputs: { migration } },
        };
        const contexts = { needs, github: { run_attempt: attempt } };
        expect(evaluateCondition(jobs['go-back']?.if, { contexts, functions: { always: () => true } })).toBe(goes);
      },
    );
  });
});
