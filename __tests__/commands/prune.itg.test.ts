import { CreateMultipartUploadCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { CommandContext } from '../../src/commands/context.js';
import { prune } from '../../src/commands/prune.js';
import { PhaseliftError } from '../../src/foundation/errors.js';
import type { PruneSettings } from '../../src/inputs/settings.js';
import { RunRecorder } from '../../src/report/run-recorder.js';
import type { BackupLine } from '../../src/report/run-report.js';
import type { KeepRules } from '../../src/retention/retention.js';
import { Stores } from '../../src/store/stores.js';
import { createDatabase, dropDatabase, uniqueName } from '../helpers/databases.js';
import { MemoryLogger } from '../helpers/memory-logger.js';
import type { ActionResult } from '../helpers/run-action.js';
import { failureOf } from '../store/failure-of.js';
import { MeddlingProxy } from '../../testbed/meddling-proxy.js';
import { STRICT_S3 } from '../store/s3-bucket.js';
import { BackupRuns, expectFailure } from './backup-runs.js';
import { StoreRuns } from './store-runs.js';

let runs: StoreRuns;
let proxy: MeddlingProxy;
/** A database of its own for each test. */
let app: string;

beforeAll(async () => {
  runs = await StoreRuns.create();
  proxy = await MeddlingProxy.start(runs.bucket.settings.endpoint ?? '');
});

beforeEach(() => {
  app = uniqueName('app');
  proxy.lines.length = 0;
  proxy.meddler = () => undefined;
});

afterAll(async () => {
  await proxy.stop();
  runs.close();
});

const DAY_MS = 86_400_000;

/** Backups `b1` (the newest), `b2` …, one a day. */
async function putBackups(count: number, database = app): Promise<void> {
  for (let ago = 1; ago <= count; ago++) {
    await runs.putBackup(database, `b${ago}`, new Date(Date.now() - ago * DAY_MS).toISOString());
  }
}

function namesOf(result: ActionResult): string[] {
  return (JSON.parse(result.outputs['backups'] ?? '') as BackupLine[]).map(({ name }) => name);
}

const filesOf = (...names: string[]) => names.flatMap((name) => [`${name}.dump`, `${name}.manifest.json`]);

async function startUpload(name: string, database = app): Promise<void> {
  const { admin, settings } = runs.bucket;
  const request = { Bucket: settings.bucket, Key: runs.archiveKey(database, name) };
  await admin.send(new CreateMultipartUploadCommand(request));
}

describe('mode prune', () => {
  test('a prune removes what no rule keeps, oldest first, each manifest before its archive', async () => {
    await putBackups(4);
    const result = await runs.succeed('prune', app, { 'keep-last': '2', 's3-endpoint': proxy.endpoint });
    expect(await runs.visible(app)).toEqual(filesOf('b1', 'b2'));
    const removed = proxy.lines
      .filter((line) => line.startsWith('DELETE'))
      .map((line) => line.replace(/.*\/|\?.*/g, ''));
    expect(removed).toEqual(['b4.manifest.json', 'b4.dump', 'b3.manifest.json', 'b3.dump']);
    expect(namesOf(result)).toEqual(['b1', 'b2']);
    expect(result.stdout).toMatch(/^b1 .* kept +1 of the last 2, the newest complete backup$/m);
    expect(result.stdout).toMatch(/^b3 .* to be removed +no rule keeps it$/m);
    expect(result.stdout).toMatch(/^removed 2 of 2 backups$/m);
    expect(result.summary).toMatch(/^## ✅ Prune of the backups of .*\n\n\*\*Removed 2, kept 2\*\*/);
    expect(result.summary).toMatch(/<code>b4<\/code> .* 🗑️ removed \| no rule keeps it/);
    expect(result.annotations).toEqual([]);
  });

  test('a prune of a versioned bucket says that it frees no room, before anything is removed', async () => {
    await putBackups(2);
    const body =
      '<VersioningConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Status>Enabled</Status></VersioningConfiguration>';
    proxy.meddler = (line) => (/^GET .*\?versioning/.test(line) ? { status: 200, body } : undefined);
    const result = await runs.succeed('prune', app, { 'keep-last': '1', 's3-endpoint': proxy.endpoint });
    const told = result.lines.findIndex((line) => line.includes('keeps versions: what is removed here takes room'));
    expect(told).toBeGreaterThan(0);
    expect(told).toBeLessThan(result.lines.findIndex((line) => line.startsWith('removed ')));
    expect(result.summary).toContain('NoncurrentVersionExpiration');
    expect(await runs.visible(app)).toEqual(filesOf('b1'));
  });

  test('a prune keeps a backup for each day, week and month as asked, all rules together', async () => {
    await runs.putBackup(app, 'may', '2026-05-31T03:00:00Z');
    await runs.putBackup(app, 'june', '2026-06-30T03:00:00Z');
    await runs.putBackup(app, 'morning', '2026-07-14T03:00:00Z');
    await runs.putBackup(app, 'evening', '2026-07-14T18:00:00Z');
    await runs.putBackup(app, 'newest', '2026-07-15T03:00:00Z');
    const result = await runs.succeed('prune', app, { 'keep-daily': '2', 'keep-monthly': '2' });
    expect(namesOf(result)).toEqual(['newest', 'evening', 'june']);
    expect(await runs.visible(app)).toEqual(filesOf('evening', 'june', 'newest').sort());
  });

  test('a prune in a dry run shows the same and changes nothing, without the right to', async () => {
    await putBackups(3);
    await runs.putLoneArchive(app, 'young');
    const before = await runs.visible(app);
    proxy.meddler = (line) => (/^(?:DELETE|PUT|POST)/.test(line) ? { status: 403 } : undefined);
    const inputs = { 'keep-last': '1', 'dry-run': 'true', 's3-endpoint': proxy.endpoint };
    const result = await runs.succeed('prune', app, inputs);
    expect(await runs.visible(app)).toEqual(before);
    expect(proxy.lines.filter((line) => !/^(?:GET|HEAD) /.test(line))).toEqual([]);
    expect(result.stdout).toMatch(/^dry run: 2 backups would be removed, nothing was changed$/m);
    expect(result.summary).toContain('**Dry run: would remove 2, keep 1, leave 1 alone; nothing was changed**');
    expect(namesOf(result)).toEqual(['young', 'b1']);
  });

  test('a prune never removes the newest complete backup, whatever the rules', async () => {
    for (const name of ['older', 'newest']) {
      await runs.putBackup(app, name, name === 'newest' ? '2020-01-02T00:00:00Z' : '2020-01-01T00:00:00Z');
    }
    const result = await runs.succeed('prune', app, { 'keep-days': '1' });
    expect(await runs.visible(app)).toEqual(filesOf('newest'));
    expect(result.stdout).toMatch(/^newest .* kept +the newest complete backup$/m);
    await runs.succeed('prune', app, { 'keep-days': '1' });
    expect(await runs.visible(app)).toEqual(filesOf('newest'));
  });

  test("a prune never touches another database's backups, beside its folder or in it", async () => {
    await putBackups(2);
    await putBackups(2, `${app}2`);
    await runs.putBackup(`${app}/deeper`, 'below', '2020-01-01T00:00:00Z');
    await runs.putBackup(app, 'theirs', '2020-01-01T00:00:00Z', { database: 'other' });
    const result = await runs.succeed('prune', app, { 'keep-last': '1' });
    expect(await runs.visible(app)).toEqual([
      ...filesOf('b1'),
      'deeper/below.dump',
      'deeper/below.manifest.json',
      ...filesOf('theirs'),
    ]);
    expect(await runs.visible(`${app}2`)).toEqual(filesOf('b1', 'b2'));
    expect(result.stdout).toMatch(/^theirs .* left alone +its manifest says that it is of the database other$/m);
    expectFailure(await runs.run('prune', `${app}/../${app}2`, { 'keep-last': '1' }), /database/);
  });

  test('a prune leaves manifests that it cannot read, and names them', async () => {
    await putBackups(1);
    await runs.bucket.put(runs.archiveKey(app, 'odd'), 'x');
    await runs.bucket.put(runs.manifestKey(app, 'odd'), 'hello');
    const result = await runs.succeed('prune', app, { 'keep-last': '1' });
    expect(await runs.visible(app)).toEqual(filesOf('b1', 'odd'));
    expect(result.stdout).toMatch(/^odd .* left alone +its manifest cannot be read$/m);
    expect(result.stdout).toMatch(/^nothing to remove of /m);
  });

  test('a prune leaves what a run at work may have made today', async () => {
    await putBackups(1);
    await runs.putLoneArchive(app, 'young');
    await startUpload('now');
    const result = await runs.succeed('prune', app, { 'keep-last': '1' });
    const upload = STRICT_S3 ? ['upload of now.dump'] : [];
    expect(await runs.visible(app)).toEqual([...filesOf('b1'), ...upload, 'young.dump']);
    expect(result.stdout).toMatch(/^young .* left alone +an archive without a manifest, younger than 24 hours/m);
    if (STRICT_S3)
      expect(result.stdout).toMatch(/now\.dump .* left alone +an unfinished upload, younger than 24 hours/);
  });

  test('a prune that was broken off says how many are gone; the next one finishes', async () => {
    await putBackups(4);
    proxy.meddler = (line) => (/^DELETE .*b3\.dump/.test(line) ? { status: 403 } : undefined);
    const inputs = { 'keep-last': '1', 's3-endpoint': proxy.endpoint };
    const broken = await runs.run('prune', app, inputs);
    expectFailure(
      broken,
      /^1 of 3 backups were removed before this: cannot remove s3:\S+b3\.dump: access denied, s3:DeleteObject/,
      /run it again to remove the rest/,
    );
    expect(broken.summary).toMatch(/<code>b4<\/code> .*🗑️ removed[^]*/);
    expect(broken.summary).toMatch(/<code>b2<\/code> .*🗑️ to be removed/);
    // Without its manifest, what is left of the third is no backup.
    expect(await runs.visible(app)).toEqual([...filesOf('b1', 'b2'), 'b3.dump']);
    expect(namesOf(broken)).toEqual(['b1', 'b2', 'b3']);

    proxy.meddler = () => undefined;
    await runs.succeed('prune', app, inputs);
    // What is left of a backup goes once it is a day old, as this one would be if it were real.
    expect(await runs.visible(app)).toEqual([...filesOf('b1'), 'b3.dump']);
  });

  test('a prune has nothing to do where there is nothing', async () => {
    const result = await runs.succeed('prune', app, { 'keep-last': '1' });
    expect(result.stdout).toMatch(/^nothing to remove of /m);
    expect(result.outputs['backups']).toBe('[]');
  });

  test('a prune without a rule is refused before anything is looked at', async () => {
    await putBackups(2);
    expectFailure(await runs.run('prune', app, { 's3-endpoint': proxy.endpoint }), /keep-last/);
    expectFailure(await runs.run('prune', app, { 's3-endpoint': proxy.endpoint, 'keep-last': '0' }), /keep-last/);
    expect(proxy.lines).toEqual([]);
    expect(await runs.visible(app)).toEqual(filesOf('b1', 'b2'));
  });
});

/** Within this process: with a clock of the test's, and somebody who is asked. */
describe('a prune', () => {
  const NO_RULES: KeepRules = { last: null, days: null, daily: null, weekly: null, monthly: null, proven: false };

  function trial(now: Date, answer: () => Promise<void> = () => Promise.resolve()) {
    const asked: string[] = [];
    const log = new MemoryLogger();
    const recorder = new RunRecorder();
    const settings: PruneSettings = {
      mode: 'prune',
      fleet: null,
      database: app,
      keep: { ...NO_RULES, last: 1 },
      dryRun: false,
      store: { kind: 's3', ...runs.bucket.settings },
      toolbox: { client: 'path', container: null, image: null, runtime: 'auto' },
      pgOptions: '',
      skipChecks: false,
      log: { quiet: false, debug: false, showProgress: false },
    };
    const context: CommandContext = {
      store: runs.bucket.store({ endpoint: proxy.endpoint }),
      stores: new Stores(log),
      log,
      recorder,
      signal: new AbortController().signal,
      progress: () => {
        throw new Error('no progress is shown');
      },
      consent: {
        overwrite: () => Promise.resolve(false),
        begin: (question) => {
          asked.push(question);
          return answer();
        },
      },
      now: () => now,
      workflowRun: null,
      toolboxes: { atLeast: () => Promise.reject(new Error('no tools are needed')) },
      leftovers: { uploadStarted: () => undefined, manifestAhead: () => undefined, uploadEnded: () => undefined },
    };
    const run = (changes: Partial<PruneSettings> = {}) => prune({ ...settings, ...changes }, context);
    return { asked, log, recorder, run };
  }

  const TOMORROW = () => new Date(Date.now() + DAY_MS + 60_000);

  test('a prune removes what dead runs left, a day later', async () => {
    await putBackups(1);
    await runs.putLoneArchive(app, 'archive');
    await runs.putBackup(app, 'manifest', '2026-01-01T00:00:00Z');
    await runs.bucket.delete(runs.archiveKey(app, 'manifest'));
    await runs.putLoneArchive(app, 'mixed');
    await runs.putManifest(app, 'mixed', { sizeBytes: 7 });
    await runs.putAhead(app, 'b1');
    await runs.putAhead(app, 'nothing');
    await runs.putAhead(`${app}2`, 'other');
    await startUpload('upload');
    await startUpload('other', `${app}2`);
    const early = trial(new Date());
    await early.run();
    expect(early.asked).toEqual([]);
    const { asked, run, recorder } = trial(TOMORROW());
    await run();
    const leftovers = STRICT_S3 ? 6 : 5;
    expect(asked).toEqual([`Remove ${leftovers} leftovers of ${app} from ${runs.uriOf('backups')}?`]);
    expect(await runs.visible(app)).toEqual(filesOf('b1'));
    const others = [expect.stringMatching(/^other\..*\.pending\.json$/)];
    expect(await runs.visible(`${app}2`)).toEqual(STRICT_S3 ? [...others, 'upload of other.dump'] : others);
    expect(recorder.report.prune?.lines.filter(({ fate }) => fate === 'removed')).toHaveLength(leftovers);
    expect(recorder.report.backups?.map(({ name }) => name)).toEqual(['b1']);
  });

  test('a prune leaves archives without a manifest that older scripts have stored', async () => {
    await putBackups(1);
    await runs.bucket.put(runs.archiveKey(app, 'legacy'), 'x');
    await runs.bucket.put(runs.archiveKey(app, 'mixed'), 'x');
    await runs.putManifest(app, 'mixed', { sizeBytes: 7 });
    const { run, recorder } = trial(TOMORROW());
    await run();
    expect(await runs.visible(app)).toEqual([...filesOf('b1'), 'legacy.dump', ...filesOf('mixed')]);
    const alone = recorder.report.prune?.lines.filter(({ fate }) => fate === 'left alone');
    expect(alone?.map(({ reason }) => reason).sort()).toEqual([
      'an archive with the manifest of another, and not certain to be of Phaselift',
      'an archive without a manifest, and not certain to be of Phaselift',
    ]);
  });

  test('a prune removes the archive of a real backup whose manifest was never written', async () => {
    const backups = await BackupRuns.create();
    app = await createDatabase(backups.postgres, { sql: 'CREATE TABLE t (a int)' });
    const place = { 's3-bucket': runs.bucket.settings.bucket, 's3-prefix': 'backups' };
    await backups.succeed(app, { ...place, 'backup-name': 'killed' });
    await runs.bucket.delete(runs.manifestKey(app, 'killed'));
    await trial(TOMORROW()).run();
    expect(await runs.visible(app)).toEqual([]);
    await dropDatabase(backups.postgres, app);
    backups.close();
  });

  test('a prune asks before the first removal, and takes no for an answer', async () => {
    await putBackups(3);
    await runs.putLoneArchive(app, 'archive');
    const before = await runs.visible(app);
    const { asked, run, recorder } = trial(TOMORROW(), () => Promise.reject(new PhaseliftError('DECLINED', 'no')));
    expect(await failureOf(run())).toMatchObject({ code: 'DECLINED' });
    expect(asked).toEqual([`Remove 2 backups and 1 leftover of ${app} from ${runs.uriOf('backups')}?`]);
    expect(await runs.visible(app)).toEqual(before);
    expect(recorder.report.backups).toHaveLength(4);
  });

  test('a prune asks nothing in a dry run, and nothing when there is nothing to remove', async () => {
    await putBackups(2);
    const { asked, run } = trial(new Date());
    await run({ dryRun: true });
    await run({ keep: { ...NO_RULES, last: 2 } });
    expect(asked).toEqual([]);
    expect(await runs.visible(app)).toEqual(filesOf('b1', 'b2'));
  });

  test('a prune spares what another run has changed while somebody thought about the answer', async () => {
    await putBackups(3);
    await runs.putLoneArchive(app, 'half');
    const meanwhile = async (): Promise<void> => {
      // Times of objects are compared with a grain of a second.
      await new Promise((resolve) => setTimeout(resolve, 2100));
      await runs.putBackup(app, 'b3', new Date().toISOString());
      await runs.putBackup(app, 'half', new Date().toISOString());
    };
    const { run, recorder } = trial(TOMORROW(), meanwhile);
    await run();
    expect(await runs.visible(app)).toEqual(filesOf('b1', 'b3', 'half'));
    const spared = recorder.report.prune?.lines.filter(({ fate }) => fate === 'left alone');
    expect(spared?.map(({ name, reason }) => `${name}: ${reason}`)).toEqual([
      'half: it has become a complete backup',
      'b3: it was replaced just now',
    ]);
  });
});
