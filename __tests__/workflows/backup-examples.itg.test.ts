import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { ServiceHost } from '../../testbed/workflow/service-host.js';
import { runActionToEnd } from '../helpers/run-action.js';
import { sharedS3 } from '../helpers/shared-servers.js';
import { AZ } from './azure-tool.js';
import { Listener } from './listener.js';
import { APP_ROWS, jobOf, phaseliftStep, startServices, World } from './world.js';

const services = await startServices();

const describeWorkflows = typeof services === 'string' ? describe.skip : describe;

/** Executed by the runner of the testbed, against real servers. */
describeWorkflows(`the examples of backups${typeof services === 'string' ? `: ${services}` : ''}`, () => {
  let world: World;

  beforeAll(async () => {
    world = await World.create(services as ServiceHost);
    await world.database('app');
  });

  afterAll(() => world.close());

  async function expectBackup(database: string, name: string | undefined, prefix = ''): Promise<void> {
    const keys = await world.bucket.keys(`${prefix}${database}/`);
    expect(keys).toEqual(
      expect.arrayContaining(['dump', 'manifest.json'].map((end) => `${prefix}${database}/${name ?? '?'}.${end}`)),
    );
  }

  test('scheduled-backup.yml makes a backup on schedule, with tools of its container', async () => {
    const result = await world.succeed('scheduled-backup.yml', { event: 'schedule' });
    const job = jobOf(result, 'backup');
    const { outputs, lines, summary } = phaseliftStep(job);
    await expectBackup('app', outputs['backup-name']);
    expect(outputs['row-count']).toBe(String(APP_ROWS));
    expect(summary).toMatch(/^## /);
    expect(lines.join('\n')).toMatch(/container/);
    expect(job.services).toEqual([{ name: 'postgres', asked: 'postgres:16', used: 'postgres:17' }]);
    expect(job.permissions).toEqual({});
    expect(result.concurrency).toEqual({ group: 'backup-app', cancelInProgress: false, queue: 'max' });
    expect(job.steps.at(-1)).toMatchObject({ id: 'post 1', outcome: 'success' });
  });

  test('scheduled-backup-oidc.yml makes a backup with a role, and fails where it is refused', async () => {
    const { accessKey, secretKey } = sharedS3();
    const role = 'arn:aws:iam::123456789012:role/backup';
    const { SOURCE_PASSWORD = '' } = world.secrets;
    const given = { vars: { ...world.vars, BACKUP_ROLE: role }, secrets: { SOURCE_PASSWORD } };
    const result = await world.succeed('scheduled-backup-oidc.yml', {
      ...given,
      roles: { [role]: { accessKey, secretKey } },
    });
    await expectBackup('app', phaseliftStep(jobOf(result, 'backup')).outputs['backup-name']);

    const refused = await world.run('scheduled-backup-oidc.yml', { ...given, roles: {} });
    expect(refused.result).toBe('failure');
    expect(jobOf(refused, 'backup').steps.map(({ outcome }) => outcome)).toEqual(['failure', 'skipped']);
  });

  test('several-databases.yml goes on after one failure, which the last job tells', async () => {
    await world.database('shop');
    const views = 'CREATE TABLE page_views (a int); INSERT INTO page_views SELECT generate_series(1, 70);';
    await world.database(
      'reports',
      `${views} CREATE TABLE page_views_by_day (a int); CREATE TABLE rest AS SELECT 1 AS a;`,
    );
    const result = await world.run('several-databases.yml', { event: 'schedule' });
    const legs = result.jobs.filter(({ id }) => id === 'backup');
    expect(legs.map(({ leg, result: end }) => [leg['database'], end])).toEqual([
      ['shop', 'success'],
      ['billing', 'failure'],
      ['reports', 'success'],
    ]);
    expect(legs.map(({ concurrency }) => concurrency?.group)).toEqual([
      'backup-shop',
      'backup-billing',
      'backup-reports',
    ]);
    const [shop, , reports] = legs.map((leg) => leg.steps[0]?.outputs ?? {});
    await expectBackup('shop', shop?.['backup-name']);
    await expectBackup('reports', reports?.['backup-name']);
    expect(reports?.['row-count']).toBe('1'); // its own dump-options left two tables empty
    expect(await world.bucket.keys('billing/')).toEqual([]);
    expect(jobOf(result, 'report')).toMatchObject({ result: 'failure' });
    expect(jobOf(result, 'report').steps[0]?.summary).toContain('failure');
    expect(result.result).toBe('failure');
  });

  test('other-s3-services.yml makes a backup at each of its endpoints', async () => {
    const { endpoint } = sharedS3();
    const endpoints = { MINIO_ENDPOINT: endpoint, CEPH_ENDPOINT: endpoint, R2_ENDPOINT: endpoint };
    const result = await world.succeed('other-s3-services.yml', { vars: { ...world.vars, ...endpoints } });
    for (const service of ['minio', 'ceph', 'r2']) {
      const { outputs } = phaseliftStep(jobOf(result, service));
      await expectBackup('app', outputs['backup-name'], `${service}/`);
    }
  });

  test('reusable-backup.yml calls the reusable workflow and hands its outputs on', async () => {
    const result = await world.succeed('reusable-backup.yml', { event: 'schedule' });
    const { called, outputs, permissions } = jobOf(result, 'backup');
    await expectBackup('app', outputs['backup-name']);
    expect(outputs).toMatchObject({ 'table-count': '4', 'row-count': String(APP_ROWS) });
    expect(outputs['backup-uri']).toMatch(/^s3:\/\/.*\.dump$/);
    expect(permissions).toEqual({});
    const inner = called === null ? null : jobOf(called, 'backup');
    const { host, port } = world.server;
    expect(inner?.concurrency).toEqual({
      group: `phaselift-backup-${host}-${port}-app`,
      cancelInProgress: false,
      queue: 'max',
    });
    expect(inner?.timeoutMinutes).toBe(350);
    expect(inner?.steps.map(({ name, outcome }) => [name, outcome])).toEqual([
      ['Back up', 'success'],
      ['Post Back up', 'success'],
    ]);
    expect(jobOf(result, 'tell').steps[0]?.summary).toContain(outputs['backup-name']);
  });

  describe('monitored-backup.yml', () => {
    let listener: Listener;
    const secretsWith = (changes: Record<string, string> = {}) => ({
      ...world.secrets,
      PING_URL: `${listener.url}/ping/5f2b`,
      WEBHOOK_URL: `${listener.url}/hook/9c1d`,
      ...changes,
    });

    beforeEach(async () => {
      listener = await Listener.start();
    });
    afterEach(() => listener.stop());

    test('monitored-backup.yml pings before and after a backup, and does not fail with its pings', async () => {
      // The first is tried again; the last one is refused.
      listener.answers.push(503, 200, 404);
      const result = await world.succeed('monitored-backup.yml', { event: 'schedule', secrets: secretsWith() });
      expect(listener.requests).toEqual(
        ['/ping/5f2b/start', '/ping/5f2b/start', '/ping/5f2b'].map((path) => [path, '']),
      );
      const { steps } = jobOf(result, 'backup');
      await expectBackup('app', phaseliftStep(jobOf(result, 'backup')).outputs['backup-name']);
      expect(steps.slice(0, 5).map(({ outcome }) => outcome)).toEqual([
        ...['success', 'success', 'success', 'skipped', 'skipped'],
      ]);
      const said = steps[2]?.lines.join('\n');
      expect(said).toMatch(/error: 404$/m);
      expect(said).toMatch(/^::warning title=No ping::/m);
    });

    test('monitored-backup.yml tells a failure by a ping and by a message', async () => {
      const secrets = secretsWith({ SOURCE_PASSWORD: 'another one' });
      const result = await world.run('monitored-backup.yml', { event: 'schedule', secrets });
      expect(result.result).toBe('failure');
      expect(listener.requests.map(([path]) => path)).toEqual(['/ping/5f2b/start', '/ping/5f2b/fail', '/hook/9c1d']);
      expect(JSON.parse(listener.requests[2]?.[1] ?? '')).toEqual({
        text: 'Backup of the database app: failure. https://github.com/example/app/actions/runs/1001',
      });
    });

    test('monitored-backup.yml is a plain backup where it is given no URLs', async () => {
      const secrets = secretsWith({ PING_URL: '', WEBHOOK_URL: '', SOURCE_PASSWORD: 'another one' });
      const result = await world.run('monitored-backup.yml', { secrets });
      expect(listener.requests).toEqual([]);
      expect(
        jobOf(result, 'backup')
          .steps.slice(0, 5)
          .map(({ outcome }) => outcome),
      ).toEqual([...['success', 'failure', 'skipped', 'success', 'success']]);
    });
  });

  test('backup-to-gcs.yml makes a backup under the region of Google, at an endpoint of its own', async () => {
    const result = await world.succeed('backup-to-gcs.yml', { event: 'schedule' });
    await expectBackup('app', phaseliftStep(jobOf(result, 'backup')).outputs['backup-name'], 'gcs/');
  });

  test('backup-to-azure-blob.yml copies a backup whole, its manifest last', async () => {
    const account = await mkdtemp(join(tmpdir(), 'phaselift-blobs-'));
    try {
      await writeFile(join(account, 'az'), AZ, { mode: 0o755 });
      const result = await world.succeed('backup-to-azure-blob.yml', {
        event: 'schedule',
        vars: { ...world.vars, AZURE_STORAGE_ACCOUNT: account, AZURE_CONTAINER: 'backups' },
        secrets: { ...world.secrets, AZURE_STORAGE_SAS_TOKEN: 'sv=2026&sig=abcdef' },
        path: `${account}:${world.server.programs}:${process.env['PATH'] ?? ''}`,
      });
      const name = phaseliftStep(jobOf(result, 'backup')).outputs['backup-name'] ?? '';
      const copied = (await readFile(join(account, 'log'), 'utf8')).trim().split('\n');
      expect(copied).toEqual([`app/${name}`, `app/${name}.manifest.json`]);
      const { exitCode, lines } = await runActionToEnd({
        with: {
          ...{ mode: 'verify', database: 'app', 'backup-name': name, 'pg-client': 'path' },
          'local-directory': join(account, 'backups'),
        },
        env: { PATH: `${world.server.programs}:${process.env['PATH'] ?? ''}` },
      });
      expect(exitCode === 0 ? '' : lines.join('\n')).toBe('');
    } finally {
      await rm(account, { recursive: true });
    }
  });

  test('pruning.yml shows what would go when started by hand, and removes it on schedule', async () => {
    await world.database('app2', '');
    for (const name of ['a', 'b', 'c', 'd']) await world.backUp('app2', name);
    const before = await world.bucket.keys('app/');
    const backups = before.filter((key) => key.endsWith('.dump')).length;
    for (let i = backups; i < 5; i++) await world.backUp('app', `more-${i}`);
    const all = await world.bucket.keys('app/');

    const shown = await world.succeed('pruning.yml');
    expect(await world.bucket.keys('app/')).toEqual(all);
    expect(jobOf(shown, 'prune').steps[0]?.summary).toMatch(/^## /);

    await world.succeed('pruning.yml', { event: 'schedule' });
    const left = (await world.bucket.keys('app/')).filter((key) => key.endsWith('.manifest.json'));
    expect(left).toHaveLength(3);
    expect(await world.bucket.keys('app2/')).toHaveLength(8);
  });
});
