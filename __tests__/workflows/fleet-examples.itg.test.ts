import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { writeManifest } from '../../src/store/manifest-text.js';
import type { Manifest } from '../../src/store/manifest.js';
import { OWN_MARK } from '../../src/store/s3/own-mark.js';
import { textOf } from '../../testbed/workflow/expressions.js';
import type { JobResult, StepResult, WorkflowResult } from '../../testbed/workflow/results.js';
import type { ServiceHost } from '../../testbed/workflow/service-host.js';
import { createDatabase } from '../helpers/databases.js';
import { sampleManifest } from '../store/sample-manifest.js';
import { jobOf, logOf, startServices, World, type Changes } from './world.js';

const services = await startServices();

const HOUR_MS = 3_600_000;
const GOOD = ['a1', 'a2', 'a3'];
/** Backed up two days ago, which is enough for them. */
const WEEKLY = ['weekly_1', 'weekly_2', 'weekly_3', 'weekly_4'];
/** Somebody backs it up by hand when the hour has begun. */
const HURRIED = 'hurried';

const rules = (exclude: string): string => `
defaults: { every: 24h, max-age: 26h, keep-last: 2 }
databases:
  - { match: 'weekly_*', every: 7d, max-age: 8d }
  - { match: '*', exclude: [${exclude}] }
`;

const describeWorkflows = typeof services === 'string' ? describe.skip : describe;

/**
 * Three hours of a server: twelve databases, one of them broken, one that its role may not connect to, one new since yesterday, and
 * one that has been dropped. Each test is one hour.
 */
describeWorkflows(`the example of a fleet${typeof services === 'string' ? `: ${services}` : ''}`, () => {
  let world: World;

  beforeAll(async () => {
    world = await World.create(services as ServiceHost);
    const { server } = world;
    for (const name of [...GOOD, ...WEEKLY, HURRIED, 'new'])
      await world.database(name, 'CREATE TABLE t AS SELECT generate_series(1, 10) AS a');
    await world.database('broken', 'CREATE TABLE t ()');
    await server.psql('broken', 'CREATE TABLE secret ()');
    await createDatabase(server, { name: 'closed' });
    await server.psql('postgres', 'REVOKE CONNECT ON DATABASE closed FROM PUBLIC');

    for (const name of [...GOOD, HURRIED, 'broken']) await seed(name, 25.5);
    for (const hours of [49, 73]) await seed('a1', hours);
    for (const name of WEEKLY) await seed(name, 48);
    await seed('closed', 20);
    for (const hours of [60, 84, 108]) await seed('dropped', hours);
  });

  afterAll(() => world.close());

  /** A complete backup as far as a listing sees: its archive is one byte. */
  async function seed(database: string, hoursAgo: number): Promise<void> {
    const takenAt = new Date(Date.now() - hoursAgo * HOUR_MS).toISOString();
    const name = `seed-${hoursAgo}`;
    await world.bucket.put(`${database}/${name}.dump`, 'x', OWN_MARK);
    const manifest = sampleManifest({ database, name, takenAt, finishedAt: takenAt, sizeBytes: 1, rows: 10 });
    await world.bucket.put(`${database}/${name}.manifest.json`, writeManifest(manifest));
  }

  /** An hour passes: all backups are an hour older. */
  async function passAnHour(): Promise<void> {
    const earlier = (time: string): string => new Date(Date.parse(time) - HOUR_MS).toISOString();
    for (const key of (await world.bucket.keys()).filter((one) => one.endsWith('.manifest.json'))) {
      const manifest = JSON.parse((await world.bucket.get(key)).toString()) as Manifest;
      const { takenAt, finishedAt } = manifest.summary;
      const summary = { ...manifest.summary, takenAt: earlier(takenAt), finishedAt: earlier(finishedAt) };
      await world.bucket.put(key, JSON.stringify({ ...manifest, summary }));
    }
  }

  async function hour(changes: Changes & { exclude?: string } = {}): Promise<WorkflowResult> {
    const { exclude = 'postgres', ...others } = changes;
    const files = { 'phaselift.yml': rules(exclude) };
    const whole = await world.run('fleet.yml', { event: 'schedule', files, ...others });
    const { called, permissions } = jobOf(whole, 'fleet');
    expect(permissions).toEqual({ contents: 'read' });
    if (called === null) throw new Error(logOf(whole));
    return called;
  }

  const legsOf = (result: WorkflowResult): JobResult[] => result.jobs.filter(({ id }) => id === 'backup');
  const databaseOf = ({ database = null }: JobResult['leg']): string => textOf(database);
  const endsOf = (result: WorkflowResult) =>
    Object.fromEntries(legsOf(result).map(({ leg, result: end }) => [databaseOf(leg), end]));
  const stepOf = (job: JobResult, name: string): StepResult => {
    const step = job.steps.find((one) => one.name === name);
    if (step === undefined) throw new Error(`${job.id} has no step ${name}`);
    return step;
  };
  const statesOf = (result: WorkflowResult) => {
    const lines = JSON.parse(jobOf(result, 'report').outputs['status'] ?? '') as { database: string; state: string }[];
    return Object.fromEntries(lines.map(({ database, state }) => [database, state]));
  };
  const backupsOf = async (database: string): Promise<string[]> => {
    const keys = await world.bucket.keys(`${database}/`);
    return keys.filter((key) => key.endsWith('.dump')).map((key) => key.slice(database.length + 1, -'.dump'.length));
  };
  const summaryOf = ({ jobs }: WorkflowResult): string =>
    jobs.flatMap(({ steps }) => steps.map(({ summary }) => summary)).join('');

  const ALL = [...GOOD, ...WEEKLY, HURRIED, 'new', 'broken', 'closed', 'dropped'];

  test('fleet.yml backs up what is due, goes on after a failure, prunes, and says that nothing is late', async () => {
    // While the first legs run: the one that waits for its turn finds it done.
    const made: Promise<void>[] = [];
    const onLine = (line: string): void => {
      if (/databases, 6 due$/.test(line)) made.push(seed(HURRIED, 0));
    };
    const result = await hour({ onLine });
    expect(await Promise.all(made)).toHaveLength(1);

    const find = jobOf(result, 'find');
    expect(find).toMatchObject({ result: 'success', outputs: { 'due-count': '6' } });
    const log = find.steps.flatMap(({ lines }) => lines).join('\n');
    expect(log).toMatch(/::warning.*closed: the role may not connect to it/);
    expect(log).toMatch(/no rule matches postgres/);

    const due = [...GOOD, HURRIED, 'new'].map((name) => [name, 'success']);
    expect(endsOf(result)).toEqual({ ...Object.fromEntries(due), broken: 'failure' });
    const [first] = legsOf(result);
    expect(first?.leg['database']).toBe('new'); // what has no backup is the most urgent
    const { host, port } = world.server;
    expect(first?.concurrency).toEqual({
      group: `phaselift-backup-${host}-${port}-new`,
      cancelInProgress: false,
      queue: 'max',
    });
    for (const leg of legsOf(result)) {
      const isDone = leg.leg['database'] === HURRIED;
      expect(stepOf(leg, 'Back up').outcome === 'skipped').toBe(isDone);
    }
    expect(await backupsOf('new')).toHaveLength(1);
    expect(await backupsOf('broken')).toEqual(['seed-25.5']);

    expect(jobOf(result, 'prune').result).toBe('success');
    expect((await backupsOf('a1')).filter((name) => name.startsWith('seed'))).toEqual(['seed-25.5']);
    expect(await backupsOf('a1')).toHaveLength(2);
    expect(await backupsOf('a2')).toHaveLength(2);
    expect((await backupsOf('dropped')).sort()).toEqual(['seed-60', 'seed-84']);

    // Nothing is late yet: the failed job is red, and so is the run, and the report is not.
    expect(result.result).toBe('failure');
    expect(jobOf(result, 'report').result).toBe('success');
    expect(statesOf(result)).toEqual(Object.fromEntries(ALL.map((name) => [name, 'ok'])));
    const summary = summaryOf(result);
    expect(summary).toMatch(/^Due: 6\. \*\*Not all of them could be backed up\*\*/);
    expect(summary.match(/^## /gm)).toHaveLength(1);
    for (const name of ALL) expect(summary).toContain(`<code>${name}</code>`);
    const failed = legsOf(result).find(({ leg }) => leg['database'] === 'broken');
    expect(failed?.steps.flatMap(({ lines }) => lines).join('\n')).toMatch(
      /^::error title=Phaselift%3A backup of broken failed \(\w+\)::/m,
    );
  });

  test('an hour later fleet.yml tries the failed one alone, and its report is red when that is late', async () => {
    await passAnHour();
    const result = await hour();
    expect(jobOf(result, 'find').outputs).toMatchObject({ 'due-count': '1' });
    expect(endsOf(result)).toEqual({ broken: 'failure' });
    expect(jobOf(result, 'prune').result).toBe('success');
    const report = jobOf(result, 'report');
    expect(report.result).toBe('failure');
    expect(statesOf(result)).toEqual({ ...Object.fromEntries(ALL.map((name) => [name, 'ok'])), broken: 'late' });
    const log = stepOf(report, 'Is every database well?').lines.join('\n');
    expect(log).toMatch(
      /::error title=Phaselift%3A status failed \(VERIFICATION\)::1 of 12 databases is not well:%0Abroken is late/,
    );
    expect(summaryOf(result)).toMatch(/^\| <code>broken<\/code>.* \| ❌ late \| 26/m);
  });

  test('fleet.yml is green when nothing is due, and all is well', async () => {
    const result = await hour({ exclude: 'postgres, broken' });
    expect(result.jobs.map(({ id, result: end }) => [id, end])).toEqual([
      ['find', 'success'],
      ['backup', 'skipped'],
      ['prune', 'success'],
      ['report', 'success'],
    ]);
    expect(summaryOf(result)).toMatch(/^Nothing was due\.\n## /);
    expect(Object.keys(statesOf(result))).not.toContain('broken');
  });
});
