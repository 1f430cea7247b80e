import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { writeManifest } from '../../../src/store/manifest-text.js';
import { namesInFolder } from '../../../src/store/s3/listing.js';
import { newestAmong } from '../../../src/store/s3/newest.js';
import { MeddlingProxy } from '../../../testbed/meddling-proxy.js';
import { TestBucket, type TestStore } from '../s3-bucket.js';
import { sampleManifest } from '../sample-manifest.js';

const HOUR_MS = 3_600_000;
const NOW = new Date('2026-11-28T12:00:00.000Z');
const hoursAgo = (hours: number): Date => new Date(NOW.getTime() - hours * HOUR_MS);

let bucket: TestBucket;
let proxy: MeddlingProxy;
let store: TestStore;
let databases = 0;

beforeAll(async () => {
  bucket = await TestBucket.create();
  proxy = await MeddlingProxy.start(bucket.settings.endpoint ?? '');
  store = bucket.store({ endpoint: proxy.endpoint });
});
afterAll(async () => {
  await proxy.stop();
  bucket.close();
});

/** Hours ago: when it was taken, and when its manifest was written, as a listing has it. null: it has no manifest that can be read. */
type Times = readonly [taken: number | null, written: number];

/** The newest of backups in a real bucket, whose listing says other times than it has; and whose manifests were read for it. */
async function newestOf(backups: Readonly<Record<string, Times>>): Promise<{ newest: string | null; read: string[] }> {
  const database = `app${(databases += 1)}`;
  const folder = `backups/${database}/`;
  for (const [name, [taken]] of Object.entries(backups)) {
    const takenAt = taken === null ? null : hoursAgo(taken).toISOString();
    await bucket.put(`${folder}${name}.dump`, 'x');
    const manifest = sampleManifest({ database, name, takenAt: takenAt ?? '', sizeBytes: 1 });
    await bucket.put(`${folder}${name}.manifest.json`, takenAt === null ? 'hello' : writeManifest(manifest));
  }
  const names = await namesInFolder(store.objects, folder, (name) => store.backups.locate(database, name));
  const aged = names.map((named) => {
    const [, written = 0] = backups[named.ref.name] ?? [];
    const { manifest } = named;
    return { ...named, manifest: manifest === null ? null : { ...manifest, lastModified: hoursAgo(written) } };
  });
  const before = proxy.lines.length;
  const newest = await newestAmong({ objects: store.objects, logger: bucket.logger }, aged, NOW);
  const read = proxy.lines.slice(before).flatMap((line) => /^GET .*\/([^/]+)\.manifest\.json/.exec(line)?.[1] ?? []);
  return { newest: newest?.ref.name ?? null, read: [...new Set(read)].sort() };
}

/** Of each day one, which took an hour. */
const DAILY: Readonly<Record<string, Times>> = Object.fromEntries(
  Array.from({ length: 10 }, (_, day) => [`day${day}`, [day * 24 + 3, day * 24 + 2]]),
);

describe('the newest backup of a bucket', () => {
  test('the newest backup is found by its manifest and those of the day before it alone', async () => {
    expect(await newestOf(DAILY)).toEqual({ newest: 'day0', read: ['day0', 'day1'] });
  });

  test('the newest backup is found among copies, which all have the time of their copying', async () => {
    const copied = Object.fromEntries(Object.entries(DAILY).map(([name, [taken]]) => [name, [taken, 1] as const]));
    const { newest, read } = await newestOf(copied);
    expect(newest).toBe('day0');
    expect(read).toHaveLength(10);
    // The oldest was copied last.
    expect((await newestOf({ ...DAILY, day9: [9 * 24, 0] })).newest).toBe('day0');
  });

  test('the newest backup is the one that was taken last, and not the one that was done last', async () => {
    expect((await newestOf({ ...DAILY, long: [60, 1] })).newest).toBe('day0');
    // By a clock that was half a day ahead.
    expect((await newestOf({ ...DAILY, ahead: [0.5, 13] })).newest).toBe('ahead');
  });

  test('the newest backup is looked for behind what cannot be read, has no archive, or is in the future', async () => {
    const { newest, read } = await newestOf({ ...DAILY, broken: [null, 0.1], future: [-48, 0.2] });
    expect(newest).toBe('day0');
    expect(read).toEqual(['broken', 'day0', 'day1', 'future']);
    expect(await newestOf({ broken: [null, 0.1] })).toMatchObject({ newest: null });
    expect(await newestOf({})).toEqual({ newest: null, read: [] });
  });

  test('the newest backup is found in a folder of which only few manifests are read', async () => {
    const database = 'real';
    for (const [name, days] of [
      ['b', 3],
      ['c', 1],
      ['a', 2],
    ] as const) {
      const takenAt = new Date(Date.now() - days * 24 * HOUR_MS).toISOString();
      await bucket.put(`backups/${database}/${name}.dump`, 'x');
      await bucket.put(
        `backups/${database}/${name}.manifest.json`,
        writeManifest(sampleManifest({ database, name, takenAt, sizeBytes: 1 })),
      );
    }
    expect((await store.backups.findNewest(database, new Date()))?.ref.name).toBe('c');
  });
});
