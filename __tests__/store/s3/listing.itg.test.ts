import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { writeManifest } from '../../../src/store/manifest-text.js';
import { MeddlingProxy } from '../meddling-proxy.js';
import { TestBucket } from '../s3-bucket.js';
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
  const text = writeManifest(sampleManifest({ database, name, takenAt }));
  await bucket.put(`backups/${database}/${name}.manifest.json`, text);
}

async function namesOf(database: string): Promise<string[]> {
  const backups = await bucket.store().listComplete(database);
  return backups.map(({ ref }) => ref.name);
}

describe('the list of complete backups', () => {
  test('is newest first by the time they were taken, whatever their names', async () => {
    await backup('times', 'a', '2026-03-01T00:00:00Z');
    await backup('times', 'z', '2026-01-01T00:00:00.5Z');
    await backup('times', 'm', '2026-02-01T00:00:00.000Z');
    await backup('times', 'y', '2026-01-01T00:00:00Z');
    const backups = await bucket.store().listComplete('times');
    expect(backups.map(({ ref }) => ref.name)).toEqual(['a', 'm', 'z', 'y']);
    expect(backups[0]).toEqual({ ref: bucket.store().locate('times', 'a'), takenAt: '2026-03-01T00:00:00Z' });
  });

  test('never shows those of a database whose name only begins the same', async () => {
    await backup('app2', 'other', '2026-03-01T00:00:00Z');
    expect(await namesOf('app')).toEqual([]);
    await backup('app', 'own', '2026-01-01T00:00:00Z');
    expect(await namesOf('app')).toEqual(['own']);
  });

  test('leaves out what is not complete and what is not a backup', async () => {
    await backup('odd', 'good', '2026-03-01T00:00:00Z');
    await bucket.put('backups/odd/no-manifest.dump', 'x');
    await bucket.put('backups/odd/no-archive.manifest.json', writeManifest(sampleManifest()));
    await bucket.put('backups/odd/deeper/x.dump', 'x');
    await bucket.put('backups/odd/deeper/x.manifest.json', writeManifest(sampleManifest()));
    expect(await namesOf('odd')).toEqual(['good']);
  });

  test('leaves out manifests that cannot be read, with a warning for each', async () => {
    await backup('broken', 'good', '2026-03-01T00:00:00Z');
    for (const [name, text] of [
      ['empty', ''],
      ['text', 'hello'],
      ['newer', '{"format":2,"summary":{},\n'],
    ]) {
      await bucket.put(`backups/broken/${name ?? ''}.dump`, 'x');
      await bucket.put(`backups/broken/${name ?? ''}.manifest.json`, text ?? '');
    }
    bucket.logger.lines.length = 0;
    expect(await namesOf('broken')).toEqual(['good']);
    const warnings = bucket.logger.texts('warning').sort();
    expect(warnings).toHaveLength(3);
    expect(warnings.join('\n')).toMatch(/broken\/empty[^]*broken\/newer.*format 2[^]*broken\/text.*not JSON/);
  });

  test('goes beyond the thousand objects of one answer', async () => {
    const numbers = Array.from({ length: 520 }, (_, number) => number);
    for (let at = 0; at < numbers.length; at += 20) {
      const some = numbers.slice(at, at + 20);
      await Promise.all(some.map((n) => backup('many', `n${n}`, new Date(Date.UTC(2026, 0, 1 + n)).toISOString())));
    }
    const names = await namesOf('many');
    expect(names).toEqual(numbers.map((number) => `n${number}`).reverse());
  });

  test('reads of each manifest only its beginning', async () => {
    const manifest = sampleManifest({ database: 'large', name: 'n' });
    manifest.source.relations = Array.from({ length: 20_000 }, (_, n) => ({
      kind: 'table',
      schema: 'app',
      name: `table_${n}`,
      table: null,
      sizeBytes: n,
      valid: null,
      rowsEstimate: null,
    }));
    await bucket.put('backups/large/n.dump', 'x');
    await bucket.put('backups/large/n.manifest.json', writeManifest(manifest));
    const proxy = await MeddlingProxy.start(bucket.settings.endpoint ?? '');
    // Whoever reads more than the beginning is cut off.
    proxy.meddler = (line) => (line.includes('manifest') ? { cutAfterBytes: 10_000 } : undefined);
    const backups = await bucket.store({ endpoint: proxy.endpoint, maxRetries: 0 }).listComplete('large');
    await proxy.stop();
    expect(backups).toHaveLength(1);
  });

  test('of an exact object is that object, under the name that its manifest has', async () => {
    const exact = bucket.store({ exactKey: 'elsewhere/key.dump' });
    expect(await exact.listComplete('app')).toEqual([]);
    await bucket.put('elsewhere/key.dump', 'x');
    expect(await exact.listComplete('app')).toEqual([]);
    await bucket.put('elsewhere/key.manifest.json', writeManifest(sampleManifest({ name: 'monday' })));
    const [found, ...others] = await exact.listComplete('app');
    expect(others).toEqual([]);
    expect(found?.ref).toMatchObject({ name: 'monday', archive: { key: 'elsewhere/key.dump' } });
  });
});

describe('small objects', () => {
  test('are written, read, and removed', async () => {
    const store = bucket.store();
    const { manifest } = store.locate('app', 'text');
    expect(await store.readText(manifest)).toBeNull();
    expect(await store.stat(manifest)).toBeNull();
    const info = await store.writeText(manifest, '{"ä":1}');
    expect(info).toMatchObject({ sizeBytes: 8 });
    expect(await store.stat(manifest)).toEqual(info);
    expect(await store.readText(manifest)).toBe('{"ä":1}');
    await store.remove(manifest);
    expect(await store.stat(manifest)).toBeNull();
    await store.remove(manifest);
  });

  test('are where the prefix says', () => {
    expect(bucket.store().uri).toBe(`s3://${bucket.settings.bucket}/backups`);
    expect(bucket.store({ prefix: '' }).uri).toBe(`s3://${bucket.settings.bucket}`);
    expect(bucket.store().locate('app', 'n').archive.uri).toBe(`s3://${bucket.settings.bucket}/backups/app/n.dump`);
  });
});
