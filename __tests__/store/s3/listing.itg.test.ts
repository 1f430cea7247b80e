import { CreateMultipartUploadCommand, UploadPartCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { writeManifest } from '../../../src/store/manifest-text.js';
import { startS3 } from '../../../testbed/s3.js';
import { createBucket } from '../../helpers/buckets.js';
import { failureOf } from '../failure-of.js';
import { MeddlingProxy } from '../../../testbed/meddling-proxy.js';
import { STRICT_S3, TestBucket } from '../s3-bucket.js';
import { sampleManifest } from '../sample-manifest.js';

let bucket: TestBucket;

beforeAll(async () => {
  bucket = await TestBucket.create();
});
afterAll(() => {
  bucket.close();
});

/** A complete backup, taken at this time. */
async function backup(database: string, name: string, takenAt: string): Promise<void> {
  await bucket.put(`backups/${database}/${name}.dump`, 'x');
  const text = writeManifest(sampleManifest({ database, name, takenAt, sizeBytes: 1 }));
  await bucket.put(`backups/${database}/${name}.manifest.json`, text);
}

async function namesOf(database: string): Promise<string[]> {
  const backups = await bucket.store().backups.listComplete(database);
  return backups.map(({ ref }) => ref.name);
}

describe('the list of complete backups', () => {
  test('the list of complete backups is newest first by their time, whatever their names', async () => {
    await backup('times', 'a', '2026-03-01T00:00:00Z');
    await backup('times', 'z', '2026-01-01T00:00:00.5Z');
    await backup('times', 'm', '2026-02-01T00:00:00.000Z');
    await backup('times', 'y', '2026-01-01T00:00:00Z');
    const backups = await bucket.store().backups.listComplete('times');
    expect(backups.map(({ ref }) => ref.name)).toEqual(['a', 'm', 'z', 'y']);
    expect(backups[0]).toEqual({ ref: bucket.store().backups.locate('times', 'a'), takenAt: '2026-03-01T00:00:00Z' });
  });

  test('the list of complete backups never shows a database whose name begins the same', async () => {
    await backup('app2', 'other', '2026-03-01T00:00:00Z');
    expect(await namesOf('app')).toEqual([]);
    await backup('app', 'own', '2026-01-01T00:00:00Z');
    expect(await namesOf('app')).toEqual(['own']);
  });

  test('the list of complete backups leaves out what is incomplete, and what is no backup', async () => {
    await backup('odd', 'good', '2026-03-01T00:00:00Z');
    await bucket.put('backups/odd/no-manifest.dump', 'x');
    await bucket.put('backups/odd/no-archive.manifest.json', writeManifest(sampleManifest()));
    await bucket.put('backups/odd/deeper/x.dump', 'x');
    await bucket.put('backups/odd/deeper/x.manifest.json', writeManifest(sampleManifest()));
    expect(await namesOf('odd')).toEqual(['good']);
  });

  test('the list of complete backups asks for nothing about archives that stand alone', async () => {
    await backup('mixed', 'good', '2026-03-01T00:00:00Z');
    await bucket.put('backups/mixed/legacy.dump', 'x');
    const proxy = await MeddlingProxy.start(bucket.settings.endpoint ?? '');
    expect(await bucket.store({ endpoint: proxy.endpoint }).backups.listComplete('mixed')).toHaveLength(1);
    await proxy.stop();
    expect(proxy.lines.filter((line) => line.includes('legacy'))).toEqual([]);
  });

  test('the list of complete backups warns of each manifest that cannot be read', async () => {
    await backup('broken', 'good', '2026-03-01T00:00:00Z');
    for (const [name, text] of [
      ['empty', ''],
      ['text', 'hello'],
      ['newer', '{"format":3,"summary":{},\n'],
    ]) {
      await bucket.put(`backups/broken/${name ?? ''}.dump`, 'x');
      await bucket.put(`backups/broken/${name ?? ''}.manifest.json`, text ?? '');
    }
    bucket.logger.lines.length = 0;
    expect(await namesOf('broken')).toEqual(['good']);
    const warnings = bucket.logger.texts('warning').sort();
    expect(warnings).toHaveLength(3);
    expect(warnings.join('\n')).toMatch(/broken\/empty[^]*broken\/newer.*format 3[^]*broken\/text.*not JSON/);
  });

  test('the list of complete backups reads only the beginning of each manifest', async () => {
    const sizeBytes = 1_000_000;
    const manifest = sampleManifest({ database: 'large', name: 'n', sizeBytes });
    manifest.archive.sizeBytes = sizeBytes;
    manifest.source.relations = Array.from({ length: 20_000 }, (_, n) => ({
      kind: 'table',
      schema: 'app',
      name: `table_${n}`,
      table: null,
      sizeBytes: n,
      valid: null,
      rowsEstimate: null,
    }));
    await bucket.put('backups/large/n.dump', 'x'.repeat(sizeBytes));
    await bucket.put('backups/large/n.manifest.json', writeManifest(manifest));
    const proxy = await MeddlingProxy.start(bucket.settings.endpoint ?? '');
    // Whoever reads more than the beginning is cut off.
    proxy.meddler = (line) => (line.includes('manifest') ? { cutAfterBytes: 10_000 } : undefined);
    const backups = await bucket.store({ endpoint: proxy.endpoint, maxRetries: 0 }).backups.listComplete('large');
    await proxy.stop();
    expect(backups).toHaveLength(1);
  });

  test('the list of an exact object is that object, under the name that its manifest has', async () => {
    const exact = bucket.store({ exactKey: 'elsewhere/key.dump' });
    expect(await exact.backups.listComplete('app')).toEqual([]);
    await bucket.put('elsewhere/key.dump', 'x');
    expect(await exact.backups.listComplete('app')).toEqual([]);
    await bucket.put('elsewhere/key.manifest.json', writeManifest(sampleManifest({ name: 'monday', sizeBytes: 1 })));
    const [found, ...others] = await exact.backups.listComplete('app');
    expect(others).toEqual([]);
    expect(found?.ref).toMatchObject({ name: 'monday', archive: { key: 'elsewhere/key.dump' } });
  });
});

describe('small objects', () => {
  test('small objects are written, read, and removed', async () => {
    const store = bucket.store();
    const { manifest } = store.backups.locate('app', 'text');
    expect(await store.objects.readText(manifest)).toBeNull();
    expect(await store.objects.stat(manifest)).toBeNull();
    const info = await store.objects.writeText(manifest, '{"ä":1}');
    expect(info).toMatchObject({ sizeBytes: 8 });
    expect(await store.objects.stat(manifest)).toEqual(info);
    expect(await store.objects.readText(manifest)).toBe('{"ä":1}');
    await store.objects.remove(manifest);
    expect(await store.objects.stat(manifest)).toBeNull();
    await store.objects.remove(manifest);
  });

  test('small objects are where the prefix says', () => {
    expect(bucket.store().backups.uri).toBe(`s3://${bucket.settings.bucket}/backups`);
    expect(bucket.store({ prefix: '' }).backups.uri).toBe(`s3://${bucket.settings.bucket}`);
    expect(bucket.store().backups.locate('app', 'n').archive.uri).toBe(
      `s3://${bucket.settings.bucket}/backups/app/n.dump`,
    );
  });
});

describe('all that stands in a folder', () => {
  test('a folder is listed with the state of each, newest first, and no other folder', async () => {
    await bucket.put('backups/all/alone.dump', 'xyz');
    await backup('all', 'whole', '2020-01-01T00:00:00Z');
    await backup('all', 'lost', '2030-01-01T00:00:00Z');
    await bucket.delete('backups/all/lost.dump');
    await bucket.put('backups/all/odd.dump', 'x');
    await bucket.put('backups/all/odd.manifest.json', '');
    await bucket.put('backups/all/notes.txt', 'x');
    await bucket.put('backups/all/latest.dump', 'x');
    await backup('all2', 'other', '2026-01-01T00:00:00Z');
    const found = await bucket.store().backups.listAll('all');
    expect(found.map(({ ref, state, sizeBytes }) => [ref.name, state, sizeBytes])).toEqual([
      ['lost', 'no archive', null],
      ['odd', 'unreadable manifest', 1],
      ['alone', 'no manifest', 3],
      ['whole', 'complete', 1],
    ]);
    expect(found.at(-1)?.summary).toMatchObject({ database: 'all', takenAt: '2020-01-01T00:00:00Z' });
    expect(Math.abs(Date.now() - (found[2]?.lastModified.getTime() ?? 0))).toBeLessThan(600_000);
  });

  test('a list asks for many manifests at once, but not for all', async () => {
    for (let n = 0; n < 40; n++) await backup('crowd', `n${n}`, '2026-01-01T00:00:00Z');
    const proxy = await MeddlingProxy.start(bucket.settings.endpoint ?? '');
    let most = 0;
    proxy.meddler = () => {
      most = Math.max(most, proxy.open);
      return undefined;
    };
    expect(await bucket.store({ endpoint: proxy.endpoint }).backups.listAll('crowd')).toHaveLength(40);
    await proxy.stop();
    expect(most).toBeGreaterThan(4);
    expect(most).toBeLessThanOrEqual(16);
  });

  test('a removal takes the manifest of a backup first, and what is gone already is no error', async () => {
    await backup('gone', 'one', '2026-01-01T00:00:00Z');
    const proxy = await MeddlingProxy.start(bucket.settings.endpoint ?? '');
    const store = bucket.store({ endpoint: proxy.endpoint });
    await store.backups.removeBackup(store.backups.locate('gone', 'one'));
    await store.backups.removeBackup(store.backups.locate('gone', 'one'));
    await proxy.stop();
    const removals = proxy.lines.filter((line) => line.startsWith('DELETE'));
    const files = removals.map((line) => line.replace(/.*\/|\?.*/g, ''));
    expect(files).toEqual(['one.manifest.json', 'one.dump', 'one.manifest.json', 'one.dump']);
    expect(await bucket.keys('backups/gone/')).toEqual([]);
  });
});

describe('unfinished uploads', () => {
  const begin = (key: string) =>
    bucket.admin.send(new CreateMultipartUploadCommand({ Bucket: bucket.settings.bucket, Key: key }));

  (STRICT_S3 ? test : test.skip)(
    'unfinished uploads in exactly this folder are listed, oldest first, page by page',
    async () => {
      for (const key of ['up/a.dump', 'up/b.dump', 'up/a.dump', 'up2/c.dump', 'up/deeper/d.dump', 'up/e.txt']) {
        await begin(`backups/${key}`);
      }
      const store = bucket.store();
      const uploads = await store.backups.listUploads('up');
      expect(uploads.map(({ object }) => object.key).sort()).toEqual([
        'backups/up/a.dump',
        'backups/up/a.dump',
        'backups/up/b.dump',
      ]);
      const times = uploads.map(({ startedAt }) => startedAt.getTime());
      expect(times).toEqual([...times].sort((a, b) => a - b));
      for (const { object, uploadId } of uploads) await store.backups.abortUpload(object, uploadId);
      expect(await store.backups.listUploads('up')).toEqual([]);
      expect(await bucket.openUploads('backups/up2/')).toEqual(['backups/up2/c.dump']);
    },
  );

  (STRICT_S3 ? test : test.skip)('unfinished uploads tell when their newest part came', async () => {
    const { UploadId } = await begin('backups/slow/a.dump');
    const part = { Bucket: bucket.settings.bucket, Key: 'backups/slow/a.dump', UploadId, PartNumber: 1, Body: 'x' };
    const [before] = await bucket.store().backups.listUploads('slow');
    expect(before?.lastActiveAt).toBeUndefined();
    await bucket.admin.send(new UploadPartCommand(part));
    const [after] = await bucket.store().backups.listUploads('slow');
    expect(Math.abs(Date.now() - (after?.lastActiveAt?.getTime() ?? 0))).toBeLessThan(600_000);
  });

  test('unfinished uploads are none, with a line for debugging, where listing is denied', async () => {
    const proxy = await MeddlingProxy.start(bucket.settings.endpoint ?? '');
    for (const status of [403, 501]) {
      proxy.meddler = (line) => (line.includes('uploads') ? { status } : undefined);
      bucket.logger.lines.length = 0;
      expect(await bucket.store({ endpoint: proxy.endpoint, maxRetries: 0 }).backups.listUploads('up')).toEqual([]);
      expect(bucket.logger.texts('debug').join()).toMatch(/unfinished uploads to s3:\S+backups\/up\/ cannot be listed/);
    }
    await proxy.stop();
  });

  test('unfinished uploads are none in a store that has no list of them', async () => {
    const simple = await startS3('fauxqs');
    const { endpoint, accessKey, secretKey } = simple;
    const credentials = { accessKeyId: accessKey, secretAccessKey: secretKey, sessionToken: null };
    const name = await createBucket(simple);
    expect(await bucket.store({ bucket: name, endpoint, credentials }).backups.listUploads('up')).toEqual([]);
    await simple.stop();
  });

  test('unfinished uploads that cannot be asked for are an error', async () => {
    const failure = await failureOf(bucket.store({ bucket: 'there-is-no-such-bucket' }).backups.listUploads('up'));
    expect(failure.message).toMatch(/there-is-no-such-bucket does not exist/);
  });
});
