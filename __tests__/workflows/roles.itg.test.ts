import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { ROLE_ARN } from '../../testbed/job-identity.js';
import type { WorkflowResult } from '../../testbed/workflow/results.js';
import type { ServiceHost } from '../../testbed/workflow/service-host.js';
import { dumpText } from '../helpers/databases.js';
import { ExpiringStore } from '../store/expiring-store.js';
import { APP_ROWS, jobOf, logOf, startServices, World } from './world.js';

const services = await startServices();
const describeWorkflows = typeof services === 'string' ? describe.skip : describe;

/** Executed by the runner of the testbed, by a role whose credentials last seconds. */
describeWorkflows(`reusable workflows by a role${typeof services === 'string' ? `: ${services}` : ''}`, () => {
  let world: World;
  let s3: ExpiringStore;

  beforeAll(async () => {
    world = await World.create(services as ServiceHost);
    await world.database('app');
    s3 = await ExpiringStore.start();
  });
  beforeEach(() => s3.begin());
  afterAll(async () => {
    await s3.stop();
    await world.close();
  });

  function call(mode: 'backup' | 'restore', permissions: string, side: string): Promise<WorkflowResult> {
    const caller = `
on: workflow_dispatch
jobs:
  called:
    uses: example/phaselift/.github/workflows/${mode}.yml@v1
    permissions: ${permissions}
    with:
      database: app
      s3-uri: s3://${s3.bucket}/exact/one.dump
      s3-endpoint: ${s3.endpoint}
      s3-region: ''
      aws-role: ${ROLE_ARN}
      timeout-minutes: 20
${side}`;
    const { user, password } = world.owner;
    return world.runText(caller, {
      secrets: { URL: world.server.url('app', world.owner), PASSWORD: password },
      vars: { HOST: world.server.host, PORT: String(world.server.port), USER: user },
      identity: s3.identity,
    });
  }

  const SOURCE = `    secrets:
      source-url: \${{ secrets.URL }}`;
  const TARGET = `      target-host: \${{ vars.HOST }}
      target-port: \${{ fromJSON(vars.PORT) }}
      target-user: \${{ vars.USER }}
      target-database: from_role
    secrets:
      target-password: \${{ secrets.PASSWORD }}`;

  function expectSuccess(result: WorkflowResult): void {
    expect(result.result === 'success' ? '' : logOf(result)).toBe('');
    s3.expectRenewed();
    const shown = logOf(result)
      .split('\n')
      .filter((line) => !line.startsWith('::add-mask::'));
    expect(s3.identity.secrets.filter((secret) => shown.some((line) => line.includes(secret)))).toEqual([]);
  }

  test('backup.yml takes a role anew while it lasts, a URL and an exact object instead of parts', async () => {
    const result = await call('backup', '{ id-token: write }', SOURCE);
    expectSuccess(result);
    const { outputs, called } = jobOf(result, 'called');
    expect(outputs).toMatchObject({ 'row-count': String(APP_ROWS) });
    expect(outputs['backup-uri']).toMatch(/\/exact\/one\.dump$/);
    expect(called?.jobs[0]).toMatchObject({ timeoutMinutes: 20 });
  });

  test('restore.yml takes a role anew while it lasts', async () => {
    const result = await call('restore', '{ id-token: write }', TARGET);
    expectSuccess(result);
    const lines = async (database: string) => dumpText(world.server, database, { sortRows: true });
    expect(await lines('from_role')).toBe(await lines('app'));
  });

  test.each([
    ['backup', SOURCE],
    ['restore', TARGET],
  ] as const)('%s.yml takes no role where its caller has no `id-token: write`, and says so', async (mode, side) => {
    const result = await call(mode, '{}', side);
    expect(result.result).toBe('failure');
    expect(logOf(result)).toMatch(
      /`aws-role`.*: the job may not ask for the token.*`permissions: id-token: write`.*to the job that calls this workflow/,
    );
    expect(s3.identity.tokenCalls).toEqual([]);
    expect(s3.requests).toEqual([]);
  });
});
