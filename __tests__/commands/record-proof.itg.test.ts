import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { BackupLine, StatusLine } from '../../src/report/run-report.js';
import type { Proof } from '../../src/store/proof.js';
import type { Trial } from '../../src/store/trial.js';
import { parseManifest, writeManifest } from '../../src/store/manifest-text.js';
import { runAction, type ActionResult } from '../helpers/run-action.js';
import { MeddlingProxy } from '../../testbed/meddling-proxy.js';
import { sampleManifest } from '../store/sample-manifest.js';
import { expectFailure, s3Inputs } from './backup-runs.js';
import { ended, RestoreRuns, succeeded } from './restore-runs.js';

let runs: RestoreRuns;
let proxy: MeddlingProxy;

beforeAll(async () => {
  runs = await RestoreRuns.create('CREATE TABLE t (a int PRIMARY KEY); INSERT INTO t SELECT generate_series(1, 300);');
  proxy = await MeddlingProxy.start(s3Inputs()['s3-endpoint'] ?? '');
  await runs.backUp('one');
  await runs.backUp('two');
});

afterAll(async () => {
  await proxy.stop();
  await runs.close();
});

const proofKey = (name: string) => `${runs.source}/${name}.proof.json`;

async function proofOf(name: string): Promise<Proof> {
  return JSON.parse((await runs.bucket.get(proofKey(name))).toString()) as Proof;
}

async function filesOf(): Promise<string[]> {
  return (await runs.bucket.keys(`${runs.source}/`)).map((key) => key.slice(runs.source.length + 1)).sort();
}

/** A mode that looks at the store only. */
async function look(mode: string, changes: Record<string, string> = {}): Promise<ActionResult> {
  const place = { 's3-bucket': runs.bucket.settings.bucket, ...s3Inputs(), 'pg-client': 'path' };
  const handle = await runAction({ with: { mode, ...place, ...changes }, env: { PATH: process.env['PATH'] ?? '' } });
  return mode === 'status' ? ended(handle) : succeeded(handle);
}

const TRIAL = '.trial.json';

async function trialOf(database = runs.source): Promise<Trial> {
  return JSON.parse((await runs.bucket.get(`${database}/${TRIAL}`)).toString()) as Trial;
}

async function provenByList(): Promise<Record<string, boolean>> {
  const { outputs } = await look('list', { database: runs.source });
  const lines = JSON.parse(outputs['backups'] ?? '') as BackupLine[];
  return Object.fromEntries(lines.map(({ name, provenAt }) => [name, provenAt !== null]));
}

async function status(name = runs.source): Promise<{ line: StatusLine | undefined; drill: string; log: string }> {
  const { outputs, stdout } = await look('status');
  const lines = JSON.parse(outputs['status'] ?? '') as StatusLine[];
  return { line: lines.find(({ database }) => database === name), drill: outputs['drill'] ?? '', log: stdout };
}

describe('record-proof', () => {
  test('a restore that was verified leaves its proof, which list and status show', async () => {
    const before = new Date().toISOString();
    const wanted = { 'record-proof': 'true', verify: 'full' };
    const result = await runs.succeed(runs.missingTarget(), wanted);
    const proof = await proofOf('one');
    const { summary } = parseManifest((await runs.bucket.get(runs.manifestKey())).toString(), 'one');
    const { takenAt, finishedAt, sizeBytes, archiveId } = summary;
    expect(proof).toMatchObject({
      ...{ format: 1, database: runs.source, rows: 300, verify: 'full', phaseliftVersion: '0.1.0' },
      backup: { name: 'one', takenAt, finishedAt, sizeBytes, archiveId },
      history: [{ provenAt: proof.provenAt, backupName: 'one', seconds: proof.seconds }],
    });
    expect(proof.seconds).toBeGreaterThan(0);
    expect(proof.provenAt > before).toBe(true);
    const { provenAt } = proof;
    expect(await trialOf()).toEqual({ format: 1, backupName: 'one', beganAt: expect.any(String), provenAt });
    expect((await trialOf()).beganAt < provenAt).toBe(true);
    expect(proof.serverMajor).toBe(
      Math.floor(Number(await runs.server.psql('postgres', 'SHOW server_version_num')) / 10000),
    );
    expect(result.stdout).toContain(`recorded the proof of this restore: ${runs.uriOf(proofKey('one'))}`);
    expect(result.summary).toMatch(/Restores of this database that were proven:\n\n\| Proven[^]*<code>one<\/code>/);
    expect(result.annotations).toEqual([]);

    const list = await look('list', { database: runs.source });
    expect(list.stdout).toMatch(/ PROVEN +STATE$/m);
    expect(list.stdout).toMatch(new RegExp(`^one .* ${proof.provenAt.slice(0, 10)} +complete$`, 'm'));
    expect(list.stdout).toMatch(/^two .* - +complete$/m);
    expect(await provenByList()).toEqual({ one: true, two: false });
    expect(await status()).toMatchObject({
      line: { provenAt, triedAt: null },
      drill: JSON.stringify({ database: runs.source, backupName: 'two' }),
    });
    // What was never proven comes first.
    await runs.bucket.put('never/x.dump', 'x');
    await runs.bucket.put(
      'never/x.manifest.json',
      writeManifest(sampleManifest({ database: 'never', name: 'x', sizeBytes: 1 })),
    );
    expect((await status()).drill).toBe('{"database":"never","backupName":"x"}');
  });

  test('a restore that fails leaves word that it was tried, and a drill takes another database next', async () => {
    const asked = { database: 'never', 'backup-name': 'x', 'record-proof': 'true' };
    // What is wrong with the target, or with the inputs, says nothing of the backup.
    const target = runs.missingTarget();
    expectFailure(await runs.run(target, { ...asked, 'target-password': 'wrong' }), /authentication failed/);
    expectFailure(await runs.run(target, { ...asked, database: 'nobody' }), /nobody/);
    expectFailure(await runs.run(target, { ...asked, only: 'TABLE public.t' }), /contradicts itself/);
    expect(await runs.bucket.keys('never/')).not.toContain(`never/${TRIAL}`);
    expect(await runs.bucket.keys('nobody/')).toEqual([]);

    const before = new Date().toISOString();
    expectFailure(await runs.run(target, asked), /contradicts itself/);
    const { beganAt } = await trialOf('never');
    expect(beganAt > before).toBe(true);
    const { line, drill, log } = await status('never');
    expect(line).toMatchObject({ provenAt: null, triedAt: beganAt });
    expect(log).toMatch(
      /^never: the restore of x on trial of \d{4}-.* has left no proof: it failed, or is still at work$/m,
    );
    expect(drill).toBe(JSON.stringify({ database: runs.source, backupName: 'two' }));
    expect(log).toMatch(/^next to be restored on trial: two of \S+ \(proven last [^,)]+\)$/m);
  });

  test('a proof that cannot be recorded is a warning, and a part of a backup proves nothing', async () => {
    proxy.meddler = (line) => (/^PUT .*proof\.json/.test(line) ? { status: 403 } : undefined);
    const wanted = { 'backup-name': 'two', 'record-proof': 'true' };
    const refused = await runs.succeed(runs.missingTarget(), { ...wanted, 's3-endpoint': proxy.endpoint });
    const [warning, ...more] = refused.annotations;
    expect(more).toEqual([]);
    expect(warning).toMatchObject({
      level: 'warning',
      message: expect.stringMatching(/^the restore is done, but its proof could not be recorded: .*access denied/),
    });
    expect(refused.outputs['finished']).toBe('true');
    const { beganAt } = await trialOf();
    expect(await trialOf()).toEqual({ format: 1, backupName: 'two', beganAt, provenAt: null });
    // What was proven earlier stays so.
    expect((await status()).line).toMatchObject({ provenAt: (await proofOf('one')).provenAt, triedAt: beganAt });

    const target = await runs.emptyTarget();
    const part = await runs.succeed(target, { ...wanted, only: 'TABLE public.t' });
    expect(part.stdout).toMatch(/^no proof is recorded: `only` restored a part$/m);
    expect(await filesOf()).not.toContain('two.proof.json');
    const contradiction = await runs.run(target, { ...wanted, verify: 'false' });
    expectFailure(
      contradiction,
      /`record-proof`: a restore that is not verified proves nothing: leave `verify: false` out/,
    );
  });

  test('the proof of the next backup goes on with the history, and that of a replaced one does not count', async () => {
    await runs.bucket.put(proofKey('gone'), 'hello');
    const wanted = { 'backup-name': 'two', 'record-proof': 'true' };
    const second = await runs.succeed(runs.missingTarget(), wanted);
    expect(second.annotations.map(({ message }) => message)).toEqual([
      `the proof ${runs.uriOf(proofKey('gone'))} does not count: it is not JSON: cut short, or something else`,
    ]);
    expect((await proofOf('two')).history.map(({ backupName }) => backupName)).toEqual(['one', 'two']);
    expect(second.summary).toMatch(/<code>two<\/code> \| [^|]* \| [+−]\d+% \|\n.*<code>one<\/code> \| [^|]* \| – \|/);
    expect(await provenByList()).toEqual({ one: true, two: true });

    await runs.backUp('two', { force: 'true' });
    expect(await provenByList()).toEqual({ one: true, two: false });
    expect((await status()).line?.provenAt).toBe((await proofOf('one')).provenAt);

    const rules = { database: runs.source, 'keep-last': '1' };
    const kept = await look('prune', { ...rules, 'keep-proven': 'true' });
    expect(kept.stdout).toMatch(/^one .* kept +the newest that a restore has proven/m);
    expect(kept.stdout).toMatch(/gone\.proof\.json .* left alone +the proof of a backup that is gone, younger than/);
    const [one, two] = ['one', 'two'].map((name) =>
      ['dump', 'manifest.json', 'proof.json'].map((end) => `${name}.${end}`),
    );
    expect(await filesOf()).toEqual([TRIAL, 'gone.proof.json', ...(one ?? []), ...(two ?? [])]);
    await look('prune', rules);
    expect(await filesOf()).toEqual([TRIAL, 'gone.proof.json', ...(two ?? [])]);
  });
});
