import { existsSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { createDirectoryStore, type DirectoryStore } from '../../../src/store/directory/directory-store.js';
import type { PartialDirectory } from '../../../src/store/directory/partial-directory.js';
import type { Manifest } from '../../../src/store/manifest.js';
import { writeManifest } from '../../../src/store/manifest-text.js';
import { failureOf } from '../../archive/fixtures.js';
import { MemoryLogger } from '../../helpers/memory-logger.js';
import { sampleManifest } from '../sample-manifest.js';
import { dumpedBackup } from './dumped-backup.js';
import { fixtureDirectory, type FixtureDirectory } from './fixture-directory.js';

const HOUR_MS = 3_600_000;
const NO_SIGNAL = new AbortController().signal;

let root: string;
let store: DirectoryStore;
let log: MemoryLogger;
let archive: FixtureDirectory;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'phaselift-store-'));
  log = new MemoryLogger();
  store = createDirectoryStore({ path: root }, log);
  archive = await fixtureDirectory('pg17-none', 'gzip');
});
afterEach(async () => {
  await rm(root, { recursive: true });
  await archive.remove();
});

/** Begins a backup of `app`, as if pg_dump had written it. */
async function dumped(name: string, overwrite = false): Promise<PartialDirectory> {
  return dumpedBackup(store, store.backups.locate('app', name), archive.path, overwrite);
}

function manifestOf(name: string, takenAt = '2026-01-02T03:04:05.000Z'): Manifest {
  const sample = sampleManifest();
  return { ...sample, summary: { ...sample.summary, database: 'app', name, takenAt } };
}

async function backUp(name: string, takenAt?: string, overwrite = false): Promise<void> {
  const partial = await dumped(name, overwrite);
  await partial.sync(NO_SIGNAL);
  await partial.publish(manifestOf(name, takenAt));
}

const names = async (): Promise<string[]> => (await readdir(join(root, 'app'))).sort();

describe('a backup in a directory', () => {
  test('a backup in a directory is out of sight until it is published, and complete then', async () => {
    const partial = await dumped('one');
    expect((await stat(partial.path)).mode & 0o777).toBe(0o700);
    expect(await store.backups.listAll('app')).toEqual([]);
    expect(await store.objects.stat(store.backups.locate('app', 'one').archive)).toBeNull();
    expect(await store.backups.listUploads('app')).toEqual([
      expect.objectContaining({ uploadId: basename(partial.path), object: store.backups.locate('app', 'one').archive }),
    ]);
    await partial.publish(manifestOf('one'));
    await partial.discard();
    expect(await names()).toEqual(['one', 'one.manifest.json']);
    expect(await store.backups.listUploads('app')).toEqual([]);
    const [found] = await store.backups.listAll('app');
    expect(found).toMatchObject({ state: 'complete', ref: { name: 'one' }, sizeBytes: await partialBytes() });
    expect(await store.backups.listComplete('app')).toEqual([
      { ref: store.backups.locate('app', 'one'), takenAt: '2026-01-02T03:04:05.000Z' },
    ]);
  });

  async function partialBytes(): Promise<number> {
    const files = await readdir(archive.path);
    const sizes = await Promise.all(files.map(async (file) => (await stat(join(archive.path, file))).size));
    return sizes.reduce((sum, size) => sum + size, 0);
  }

  test('a backup leaves nothing when it is discarded, by this process or by another', async () => {
    await (await dumped('one')).discard();
    expect(await names()).toEqual([]);
    const partial = await dumped('one');
    await store.backups.abortUpload(store.backups.locate('app', 'one').archive, partial.id);
    await store.backups.abortUpload(store.backups.locate('app', 'one').archive, partial.id);
    expect(await names()).toEqual([]);
    await partial.discard();
    const strange = await failureOf(() =>
      store.backups.abortUpload(store.backups.locate('app', 'one').archive, '../app2'),
    );
    expect(strange.code).toBe('INTERNAL');
  });

  test('a backup replaces another by its will only, and leaves that when it fails', async () => {
    await backUp('one', '2026-01-01T00:00:00.000Z');
    const before = await readFile(join(root, 'app', 'one.manifest.json'), 'utf8');
    const refused = await dumped('one');
    expect((await failureOf(() => refused.publish(manifestOf('one')))).code).toBe('BACKUP_EXISTS');
    await refused.discard();

    const failing = await dumped('one', true);
    await rm(failing.path, { recursive: true });
    expect((await failureOf(() => failing.publish(manifestOf('one')))).code).toBe('STORE');
    await failing.discard();
    expect(await names()).toEqual(['one', 'one.manifest.json']);
    expect(await readFile(join(root, 'app', 'one.manifest.json'), 'utf8')).toBe(before);

    await backUp('one', '2026-01-03T00:00:00.000Z', true);
    expect(await names()).toEqual(['one', 'one.manifest.json']);
    expect((await store.backups.listComplete('app'))[0]?.takenAt).toBe('2026-01-03T00:00:00.000Z');
  });

  test('a list has the backups of its database, newest first, with what is not complete', async () => {
    await backUp('b-old', '2026-01-01T00:00:00.000Z');
    await backUp('a-new', '2026-02-01T00:00:00.000Z');
    await cp(join(root, 'app', 'a-new'), join(root, 'app', 'no manifest'), { recursive: true });
    await writeFile(
      join(root, 'app', 'no archive.manifest.json'),
      writeManifest(manifestOf('no archive', '2025-01-01T00:00:00.000Z')),
    );
    await backUp('bad', '2025-02-01T00:00:00.000Z');
    await writeFile(join(root, 'app', 'bad.manifest.json'), '{"format": 1');
    await cp(join(root, 'app', 'a-new'), join(root, 'app', 'half'), { recursive: true });
    await rm(join(root, 'app', 'half', 'toc.dat'));
    await mkdir(join(root, 'app', 'notes'));
    await cp(join(root, 'app'), join(root, 'app2'), { recursive: true });
    const all = await store.backups.listAll('app');
    expect(Object.fromEntries(all.map(({ ref, state }) => [ref.name, state]))).toEqual({
      'a-new': 'complete',
      'b-old': 'complete',
      bad: 'unreadable manifest',
      'no archive': 'no archive',
      'no manifest': 'no manifest',
    });
    expect((await store.backups.listComplete('app')).map(({ ref }) => ref.name)).toEqual(['a-new', 'b-old']);
    expect(await store.backups.listAll('ap')).toEqual([]);
  });

  test('a backup is removed with its manifest, and once more without an error', async () => {
    await backUp('one');
    await backUp('two');
    for (let times = 0; times < 2; times++) await store.backups.removeBackup(store.backups.locate('app', 'one'));
    expect(await names()).toEqual(['two', 'two.manifest.json']);
  });

  test('a backup is whole or gone at any moment of its removal', async () => {
    await backUp('one');
    const ref = store.backups.locate('app', 'one');
    for (let file = 0; file < 1000; file++) await writeFile(join(ref.archive.key, `${file}.dat`), '');
    const files = async () => (await readdir(ref.archive.key).catch(() => [])).length;
    const seen = new Set([0, await files()]);
    const removal = { ended: false };
    const removed = store.backups.removeBackup(ref).finally(() => (removal.ended = true));
    while (!removal.ended) expect(seen).toContain(await files());
    await removed;
    expect(await names()).toEqual([]);
  });
});

describe('what dead runs have left', () => {
  test('what a dead run has left goes with the next backup, after an hour of silence', async () => {
    const [dead, alive] = [await dumped('one'), await dumped('two')];
    await writeFile(join(root, 'app', '.0123456789ab.tmp'), 'half a manifest');
    const age = (path: string, hours: number) => utimes(path, new Date(), new Date(Date.now() - hours * HOUR_MS));
    await age(dead.path, 1.1);
    await age(alive.path, 0.9);
    await age(join(root, 'app', '.0123456789ab.tmp'), 2);
    const next = await dumped('three');
    expect([existsSync(dead.path), existsSync(alive.path)]).toEqual([false, true]);
    expect(await names()).toEqual([basename(alive.path), basename(next.path)].sort());
    for (const one of [dead, alive, next]) await one.discard();
  });
});

describe('a run at work', () => {
  afterEach(() => {
    jest.useRealTimers();
  });

  test('a run at work gives signs of life until it has published, also without a new file', async () => {
    jest.useFakeTimers({
      doNotFake: ['Date', 'setTimeout', 'setImmediate', 'nextTick', 'queueMicrotask', 'performance'],
    });
    const partial = await dumped('one');
    const longAgo = new Date(Date.now() - 2 * HOUR_MS);
    const silent = async (): Promise<boolean> => (await stat(partial.path)).mtimeMs === longAgo.getTime();
    await utimes(partial.path, longAgo, longAgo);
    expect(await silent()).toBe(true);
    jest.advanceTimersByTime(60_000);
    for (let tries = 0; (await silent()) && tries < 1000; tries++) await new Promise(setImmediate);
    expect(await silent()).toBe(false);
    await partial.publish(manifestOf('one'));
    expect(jest.getTimerCount()).toBe(0);
  });
});

describe('names', () => {
  test.each(['../other', 'a/b', '.hidden', 'latest', 'x.manifest.json', 'ü'.repeat(117)])(
    'names like %j are refused',
    async (name) => {
      expect((await failureOf(() => store.backups.locate('app', name))).code).toBe('INPUT');
    },
  );

  test.each(['..', 'a/b', '.x'])('names of databases like %j are refused', async (database) => {
    expect((await failureOf(() => store.backups.locate(database, 'one'))).code).toBe('INPUT');
  });

  test('names of the longest kind that is possible work to the end', async () => {
    const name = 'n'.repeat(232);
    await backUp(name);
    await backUp(name, undefined, true);
    expect((await store.backups.listComplete('app'))[0]?.ref.name).toBe(name);
  });
});

describe('a directory that is itself an archive', () => {
  test('a directory that is an archive stands for every name, is read, and takes no backups', async () => {
    const one = createDirectoryStore({ path: archive.path }, log);
    expect(one.backups.namesOneArchive).toBe(true);
    const ref = one.backups.locate('app', 'latest');
    expect(ref).toMatchObject({ name: basename(archive.path), archive: { key: archive.path } });
    const info = await one.objects.stat(ref.archive);
    if (info === null) throw new Error('it is not there');
    const { bytes, wholeBlocks } = await one.backups.readWhole(ref.archive, info, NO_SIGNAL);
    let length = 0;
    for await (const chunk of bytes) length += chunk.length;
    expect(length).toBeGreaterThan(info.sizeBytes);
    expect(wholeBlocks.size).toBe(8);
    expect((await failureOf(() => one.archives.checkWritable(ref))).message).toMatch(/is itself an archive of pg_dump/);
    expect(await one.backups.listUploads('app')).toEqual([]);
  });

  test('a directory that is a half-written archive is refused by whatever reads it', async () => {
    await rm(join(archive.path, 'toc.dat'));
    const half = createDirectoryStore({ path: archive.path }, log);
    for (const work of [
      () => half.backups.listAll('app'),
      () => half.objects.stat(half.backups.locate('app', 'one').archive),
      () => half.backups.checkReadable({ database: 'app' }),
    ]) {
      expect(await failureOf(work)).toMatchObject({ code: 'ARCHIVE_TRUNCATED' });
    }
  });

  test('a directory that is replaced while it is read is refused', async () => {
    const one = createDirectoryStore({ path: archive.path }, log);
    const { archive: object } = one.backups.locate('app', 'one');
    const etag = (await one.objects.stat(object))?.etag ?? '';
    const read = async () => {
      const range = { offset: 0, length: 10, etag };
      for await (const chunk of one.objects.read(object, range)) expect(chunk.length).toBe(10);
    };
    await read();
    await writeFile(join(archive.path, 'toc.dat'), Buffer.concat([archive.toc, Buffer.from(' ')]));
    expect((await failureOf(read)).message).toMatch(/was replaced while it was read/);
  });
});
