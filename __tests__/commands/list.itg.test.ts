import { CreateMultipartUploadCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { BackupLine } from '../../src/report/run-report.js';
import type { ActionResult } from '../helpers/run-action.js';
import { STRICT_S3 } from '../store/s3-bucket.js';
import { expectFailure } from './backup-runs.js';
import { StoreRuns } from './store-runs.js';

let runs: StoreRuns;

beforeAll(async () => {
  runs = await StoreRuns.create();
});

afterAll(() => {
  runs.close();
});

function backupsOf({ outputs }: ActionResult): BackupLine[] {
  return JSON.parse(outputs['backups'] ?? '') as BackupLine[];
}

describe('mode list', () => {
  test('a list shows all about each backup, newest first, in log, summary and output', async () => {
    await runs.putBackup('shop', 'first', '2026-01-01T03:00:00.000Z', { rows: 1_234_567, tables: 12 });
    await runs.putBackup('shop', 'second', '2026-02-01T03:00:00Z', {
      rows: null,
      serverVersion: '17.2 (Debian 17.2-1)',
    });
    const result = await runs.succeed('list', 'shop', { 'pg-client': 'container', 'pg-container': 'there-is-none' });
    const at = result.lines.findIndex((line) => line.startsWith('NAME'));
    expect(result.lines.slice(at, at + 3)).toEqual([
      'NAME    TAKEN (UTC)       SIZE       ROWS  SERVER  STATE',
      'second  2026-02-01 03:00   1 B          -  17.2    complete',
      'first   2026-01-01 03:00   1 B  1,234,567  15.20   complete',
    ]);
    expect(result.stdout).toMatch(/^2 complete backups$/m);
    expect(result.summary).toMatch(/^## ✅ Backups of <code>shop<\/code>\n\n\*\*Found 2 complete backups\*\*/);
    expect(result.summary).toMatch(/<code>second<\/code>[^]*<code>first<\/code>/);
    const backups = backupsOf(result);
    expect(backups.map(({ name }) => name)).toEqual(['second', 'first']);
    expect(backups[1]).toEqual({
      name: 'first',
      takenAt: '2026-01-01T03:00:00.000Z',
      finishedAt: '2026-01-02T03:05:05.000Z',
      sizeBytes: 1,
      rows: 1_234_567,
      tables: 12,
      serverVersion: '15.20',
      dumpVersion: '15.20',
      phaseliftVersion: '0.1.0',
      state: 'complete',
      lastModified: expect.stringMatching(/^20\d\d-.*Z$/),
      provenAt: null,
    });
    expect(result.annotations).toEqual([]);
  });

  test('a list shows what is not complete as what it is', async () => {
    await runs.bucket.put(runs.archiveKey('halves', 'dead'), 'x'.repeat(2048));
    await runs.putBackup('halves', 'lost', '2026-01-01T03:00:00Z');
    await runs.bucket.delete(runs.archiveKey('halves', 'lost'));
    await runs.bucket.put(runs.archiveKey('halves', 'odd'), 'x');
    await runs.bucket.put(runs.manifestKey('halves', 'odd'), '{"format":3}');
    await runs.putBackup('halves', 'theirs', '2020-01-01T03:00:00Z', { database: 'other' });
    const result = await runs.succeed('list', 'halves');
    const states = backupsOf(result).map(({ name, state, sizeBytes }) => [name, state, sizeBytes]);
    expect(new Set(states)).toEqual(
      new Set([
        ['odd', 'unreadable manifest', 1],
        ['dead', 'no manifest', 2048],
        ['lost', 'no archive', null],
        ['theirs', 'complete', 1],
      ]),
    );
    expect(result.stdout).toMatch(
      /^1 complete backup, 1 without a manifest, 1 without an archive, 1 with a manifest that cannot be read$/m,
    );
    expect(result.stdout).toMatch(/^theirs is of another database, other, by its manifest$/m);
    expect(result.annotations.map(({ message }) => message).join()).toMatch(/odd\.manifest\.json has format 3/);
  });

  test('a list that finds nothing says where it looked', async () => {
    const result = await runs.succeed('list', 'nobody');
    expect(result.stdout).toContain(`there are no backups of nobody in ${runs.uriOf('backups')}\n`);
    expect(result.stdout).toMatch(/^There are backups of .*\bshop\b/m);
    expect(result.outputs['backups']).toBe('[]');
    expect(result.summary).toContain('**Found no complete backup**');
  });

  test('a list of `app` never shows `app2`, nor folders below', async () => {
    await runs.putBackup('app2', 'other', '2026-03-01T00:00:00Z');
    await runs.putBackup('app/deeper', 'below', '2026-03-01T00:00:00Z');
    await runs.putBackup('app/..', 'odd', '2026-03-01T00:00:00Z');
    await runs.putBackup('app', 'own', '2026-01-01T00:00:00Z');
    expect(backupsOf(await runs.succeed('list', 'app')).map(({ name }) => name)).toEqual(['own']);
  });

  test('a list of a database whose name would leave the prefix is refused', async () => {
    expectFailure(await runs.run('list', 'app/../app2'), /database/);
  });

  (STRICT_S3 ? test : test.skip)('a list tells of unfinished uploads', async () => {
    await runs.putBackup('busy', 'one', '2026-01-01T00:00:00Z');
    const { admin, settings } = runs.bucket;
    for (const key of ['busy/two', 'busy/three', 'busy2/other']) {
      const request = { Bucket: settings.bucket, Key: `backups/${key}.dump` };
      await admin.send(new CreateMultipartUploadCommand(request));
    }
    const result = await runs.succeed('list', 'busy');
    expect(result.stdout).toMatch(
      /^2 unfinished uploads, the oldest begun 20.* UTC: of a run that is at work, or of a dead one/m,
    );
    expect(result.summary).toContain('2 unfinished uploads');
    expect(backupsOf(result)).toHaveLength(1);
  });

  test('a list of one exact object shows that object, with its manifest or without', async () => {
    await runs.bucket.put('elsewhere/key.dump', 'xy');
    const inputs = { 's3-uri': runs.uriOf('elsewhere/key.dump') };
    const [bare] = backupsOf(await runs.succeed('list', 'app', inputs));
    expect(bare).toMatchObject({ name: 'elsewhere/key.dump', state: 'no manifest', sizeBytes: 2 });
    await runs.putBackup('app3', 'monday', '2026-01-01T00:00:00Z');
    const [whole, ...others] = backupsOf(
      await runs.succeed('list', 'app3', { 's3-uri': runs.uriOf(runs.archiveKey('app3', 'monday')) }),
    );
    expect(whole).toMatchObject({ name: 'monday', state: 'complete' });
    expect(others).toEqual([]);
  });

  test('a list goes through 2,500 objects, and says how many fit the output', async () => {
    const numbers = Array.from({ length: 1250 }, (_, number) => number);
    const takenAt = (n: number) => new Date(Date.UTC(2020, 0, 1 + n)).toISOString();
    for (let at = 0; at < numbers.length; at += 25) {
      const some = numbers.slice(at, at + 25);
      // Long versions, so that not all of them fit.
      await Promise.all(
        some.map((n) => runs.putBackup('many', `n${n}`, takenAt(n), { serverVersion: '15'.padEnd(300, '.') })),
      );
    }
    const result = await runs.succeed('list', 'many');
    expect(result.stdout).toMatch(/^1,250 complete backups$/m);
    const names = backupsOf(result).map(({ name }) => name);
    expect(names.length).toBeGreaterThan(500);
    expect(names).toEqual(numbers.map((number) => `n${number}`).reverse().slice(0, names.length)); // prettier-ignore
    expect(result.stdout).toMatch(/^the output `backups` has the newest [\d,]+ of 1,250: more do not fit$/m);
    expect(Buffer.byteLength(result.outputs['backups'] ?? '')).toBeLessThan(1_000_000);
  });

  test('a list fails where the bucket is not there', async () => {
    const result = await runs.run('list', 'shop', { 's3-bucket': 'there-is-no-such-bucket' });
    expectFailure(result, /the bucket there-is-no-such-bucket does not exist/, /s3-bucket/);
    expect(result.outputs['backups']).toBe('');
  });
});
