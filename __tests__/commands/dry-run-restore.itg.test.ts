import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import type { PlannedIndex, PlannedPhase } from '../../src/report/run-plan.js';
import { createRole, dumpText } from '../helpers/databases.js';
import type { ActionResult } from '../helpers/run-action.js';
import { MeddlingProxy } from '../../testbed/meddling-proxy.js';
import { expectFailure } from './backup-runs.js';
import { GATED_SOURCE, GATES, releaseAll } from './restore-gates.js';
import { RestoreRuns, type Inputs } from './restore-runs.js';
import { stopRestore, unfinishedRestore } from './stopped-restore.js';

interface Plan {
  mode: string;
  backup: null;
  restore: {
    backup: string;
    target: string;
    creates: boolean;
    resumes: boolean;
    indexStrategy: string;
    phases: PlannedPhase[];
    estimatedBytes: number;
    estimatedSeconds: number | null;
    estimatedBy: string;
  };
  units: { id: string; phase: string; title: string; bytes: number | null }[];
  indexes: PlannedIndex[];
  notChecked: string[];
}

let runs: RestoreRuns;
let proxy: MeddlingProxy;

beforeAll(async () => {
  runs = await RestoreRuns.create(GATED_SOURCE, {
    superuserSql: `CREATE FUNCTION app.note() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END';
      CREATE EVENT TRIGGER noting ON ddl_command_end EXECUTE FUNCTION app.note();`,
  });
  await runs.backUp();
  proxy = await MeddlingProxy.start(runs.bucket.settings.endpoint ?? '');
});
afterEach(releaseAll);
afterAll(async () => {
  await proxy.stop();
  await runs.close();
});

const WITHOUT_TRIGGER: Inputs = { 'skip-entries': 'EVENT TRIGGER noting' };
const AUTO: Inputs = { ...WITHOUT_TRIGGER, 'index-strategy': 'auto', 'restore-jobs': '2' };
const planOf = ({ outputs }: ActionResult): Plan => JSON.parse(outputs['plan'] ?? '') as Plan;

/** Runs a dry run that must be well: nothing is written, no session stays. */
async function dryRun(target: string, changes: Inputs = {}): Promise<{ result: ActionResult; plan: Plan }> {
  proxy.lines.length = 0;
  const before = await runs.bucket.keys();
  const result = await runs.succeed(target, { 'dry-run': 'true', 's3-endpoint': proxy.endpoint, ...changes });
  expect(proxy.lines.filter((line) => !/^(?:GET|HEAD) /.test(line))).toEqual([]);
  expect(await runs.bucket.keys()).toEqual(before);
  expect(result.stdout).toMatch(/^dry run: nothing was changed$/m);
  return { result, plan: planOf(result) };
}

/** Units by phase, of the plan and of the restore that was done. */
const planned = ({ restore }: Plan) => restore.phases.map(({ phase, units }) => [phase, units]);
const done = ({ outputs }: ActionResult) =>
  (JSON.parse(outputs['phases'] ?? '') as { name: string; units: number }[]).map(({ name, units }) => [name, units]);

describe('a restore in a dry run', () => {
  test('a dry run of a restore tells phases and units, changes nothing, and the restore does what it said', async () => {
    const target = await runs.emptyTarget();
    const { result, plan } = await dryRun(target, WITHOUT_TRIGGER);
    await runs.expectUntouched(target);
    expect(await runs.sessionsIn(target)).toBe('');
    expect(plan).toMatchObject({
      mode: 'restore',
      backup: null,
      restore: {
        backup: 'one',
        target: `${runs.server.host}:${runs.server.port}/${target}`,
        creates: false,
        resumes: false,
        indexStrategy: 'empty',
        estimatedSeconds: null,
        estimatedBy: 'no earlier run to estimate by',
      },
      unitsLeftOut: 0,
      notChecked: [],
    });
    const [big] = plan.units.filter(({ title }) => title.startsWith('TABLE DATA app.big'));
    expect(big).toMatchObject({ phase: 'data', bytes: expect.any(Number) as unknown });
    expect(plan.restore.estimatedBytes).toBeGreaterThan(3000 * 4000);
    expect(plan.indexes.map(({ name, choice }) => `${name} ${choice}`).sort()).toEqual([
      'app.big_code_key empty',
      'app.big_pkey empty',
      'app.by_note empty',
      'app.gated after-data',
      'app.small_pkey empty',
    ]);
    const [gated] = plan.indexes.filter(({ name }) => name === 'app.gated');
    expect(gated).toMatchObject({ table: 'app.big', reason: expect.stringMatching(/app\.gate/) as unknown });
    for (const { sizeBytes } of plan.indexes) expect(sizeBytes).toBeGreaterThan(8000);
    expect(plan.units).toHaveLength(plan.restore.phases.reduce((sum, { units }) => sum + units, 0));
    expect(result.outputs).toMatchObject({ 'backup-name': 'one', resumed: 'false', finished: '', phases: '[]' });
    expect(result.stdout).toMatch(/^PHASE +UNITS +FINISHED +TO READ +TIME$/m);
    expect(result.stdout).toMatch(/^data\/0001 +TABLE DATA app\./m);
    expect(result.summary).toMatch(
      /^\*\*Dry run: would restore <code>one<\/code> to .* \(\d+ units\); nothing was changed\*\*/m,
    );
    expect(result.summary).not.toMatch(/Restored/);
    expect(result.annotations).toEqual([]);

    const real = await runs.succeed(target, WITHOUT_TRIGGER);
    expect(done(real)).toEqual(planned(plan));
    expect(real.outputs['plan']).toBe('');
  });

  test('a dry run of a restore makes no database, and says that it would', async () => {
    const target = runs.missingTarget();
    const { plan, result } = await dryRun(target, AUTO);
    expect(await runs.exists(target)).toBe(false);
    expect(plan.restore).toMatchObject({ creates: true, resumes: false, indexStrategy: 'auto' });
    const [byNote] = plan.indexes.filter(({ name }) => name === 'app.by_note');
    expect(byNote).toMatchObject({
      table: 'app.no_key',
      choice: 'after-data',
      tempBytes: expect.any(Number) as unknown,
    });
    expect(result.stdout).toMatch(/^app\.by_note +app\.no_key +after the data /m);
    expect(result.summary).toMatch(/^\| app\.by_note \| app\.no_key \| after the data \|/m);
    expect(plan.notChecked).toEqual([expect.stringMatching(/^whether the server can make the database/)]);
    const real = await runs.succeed(target, AUTO);
    expect(done(real)).toEqual(planned(plan));
  });

  test('a dry run of a restore says what it did not try, and a confirmation is still compared', async () => {
    const target = await runs.emptyTarget();
    const { result, plan } = await dryRun(target, { confirm: target });
    expect(plan.notChecked).toEqual([`whether the role ${runs.owner.user} may create EVENT TRIGGER noting`]);
    expect(result.summary).toMatch(/^Not checked, as it would write:$/m);
    await runs.expectUntouched(target);
    expectFailure(await runs.run(target), /cannot create 1 object of this backup: EVENT TRIGGER noting/);
    expectFailure(await runs.run(target, { 'dry-run': 'true', confirm: 'other' }), /confirm/);
  });

  test('a dry run of a restore goes on where the journal is, by its rates, and leaves it as it is', async () => {
    const target = await unfinishedRestore(runs, GATES.dataWithoutKey, WITHOUT_TRIGGER);
    const before = await dumpText(runs.server, target, { sortRows: true });
    const { result, plan } = await dryRun(target, { 'backup-name': 'latest' });
    expect((await dumpText(runs.server, target, { sortRows: true })).split('\n')).toEqual(before.split('\n'));
    expect(plan.restore).toMatchObject({ resumes: true, creates: false, backup: 'one', estimatedSeconds: null });
    const [schema, , data] = plan.restore.phases;
    expect(schema).toMatchObject({ units: 0, seconds: 0 });
    expect(schema?.unitsFinished).toBeGreaterThan(0);
    expect(data?.units).toBeGreaterThan(0);
    expect(plan.indexes).toHaveLength(5);
    expect(plan.indexes[0]).toMatchObject({ reason: 'as the restore was begun' });
    expect(plan.restore.estimatedBy).toBe('the phase constraints has not begun yet');
    expect(result.outputs['resumed']).toBe('false');
    expect(result.summary).toMatch(/Dry run: would go on with the restore of <code>one<\/code>/);
    expect(done(await runs.succeed(target))).toEqual(planned(plan));
  });

  test('a dry run of a restore beside one that is at work says so, and does not disturb it', async () => {
    const stopped = await stopRestore(runs, GATES.data, WITHOUT_TRIGGER);
    const { result, plan } = await dryRun(stopped.target);
    expect(plan.restore.resumes).toBe(true);
    expect(result.annotations.map(({ message }) => message)).toEqual([
      expect.stringMatching(/another restore holds the lock/),
    ]);
    await stopped.gate.release();
    expect((await stopped.handle.done).exitCode).toBe(0);
  });

  test('a dry run of a restore is refused as the restore would be', async () => {
    const full = await runs.emptyTarget('CREATE TABLE mine (a int)');
    const refusals: unknown[] = [];
    for (const more of [{}, { 'dry-run': 'true' }]) {
      const result = await runs.run(full, { ...WITHOUT_TRIGGER, ...more });
      expectFailure(result, /target database \w+ is not empty.*table public\.mine/);
      refusals.push(result.annotations);
    }
    expect(refusals[1]).toEqual(refusals[0]);
    const nobody = await createRole(runs.server);
    const login = runs.connection('target', nobody);
    const target = await runs.emptyTarget();
    for (const more of [{}, { 'dry-run': 'true' }]) {
      const result = await runs.run(target, { ...WITHOUT_TRIGGER, ...login, ...more });
      expectFailure(result, /may not create schemas in the target database|checks failed/);
    }
    const missing = await runs.run(runs.missingTarget(), { ...login, 'dry-run': 'true' });
    expectFailure(missing, /does not exist, and the role \w+ may not create databases/);
    expectFailure(
      await runs.run(target, { 'dry-run': 'true', only: 'TABLE app.bigg' }),
      /matches nothing in the backup: did you mean/,
    );
    await runs.expectUntouched(target);
  });

  test('a dry run of a restore that was finished meanwhile by a real one is of a target that is full', async () => {
    const stopped = await stopRestore(runs, GATES.schema, WITHOUT_TRIGGER);
    stopped.handle.kill('SIGKILL');
    await stopped.handle.done;
    await stopped.gate.release();
    await dryRun(stopped.target);
    await runs.succeed(stopped.target);
    expectFailure(await runs.run(stopped.target, { 'dry-run': 'true' }), /is not empty/);
  });
});

describe('mode all in a dry run', () => {
  const all = (changes: Inputs = {}): Inputs => ({
    mode: 'all',
    ...runs.connection('source'),
    ...WITHOUT_TRIGGER,
    ...changes,
  });

  test('a dry run of mode all tells the backup, looks at the target, and makes neither', async () => {
    const target = runs.missingTarget();
    const { result, plan } = await dryRun(target, all({ 'backup-name': 'new' }));
    expect(await runs.exists(target)).toBe(false);
    expect(plan).toMatchObject({
      mode: 'all',
      backup: { name: 'new', replaces: false, readers: 1 },
      restore: { backup: 'new', creates: true, resumes: false, phases: null },
      units: [],
      estimatedSeconds: null,
    });
    expect(result.stdout).toMatch(/^units +known once the backup is there$/m);
    expect(result.outputs['backup-uri']).toBe('');
    const there = await runs.emptyTarget();
    expect((await dryRun(there, all({ 'backup-name': 'new' }))).plan.restore.creates).toBe(false);
    await runs.expectUntouched(there);
  });

  test('a dry run of mode all tells the faults of both sides at once', async () => {
    const target = await runs.emptyTarget('CREATE TABLE mine (a int)');
    const result = await runs.run(target, all({ 'dry-run': 'true', 'backup-name': 'one' }));
    expectFailure(result, /^2 checks failed, nothing was done/);
    expect(result.annotations[0]?.message).toMatch(
      /is not empty[^]*backup one of \w+ exists already|exists already[^]*is not empty/,
    );
  });

  test('a dry run of mode all goes on with an unfinished restore, without a backup', async () => {
    const target = await unfinishedRestore(runs, GATES.data, WITHOUT_TRIGGER);
    const { plan } = await dryRun(target, all({ 'backup-name': 'new' }));
    expect(plan).toMatchObject({ mode: 'all', backup: null, restore: { backup: 'one', resumes: true } });
  });
});
