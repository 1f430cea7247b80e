import { existsSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readdir, readFile, rename, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { BackupRef } from '../../../src/store/backup-catalogue.js';
import { createDirectoryStore, type DirectoryStore } from '../../../src/store/directory/directory-store.js';
import type { PartialDirectory } from '../../../src/store/directory/partial-directory.js';
import type { Manifest } from '../../../src/store/manifest.js';
import { writeManifest } from '../../../src/store/manifest-text.js';
import { failureOf } from '../../archive/fixtures.js';
import { MemoryLogger } from '../../helpers/memory-logger.js';
import { sampleManifest } from '../sample-manifest.js';
import { dumpedBackup } from './dumped-backup.js';
import { fixtureDirectory, type FixtureDirectory } from './fixture-directory.js';

const INSIDE = 'phaselift.manifest.json';

let root: string;
let store: DirectoryStore;
let log: MemoryLogger;
let archive: FixtureDirectory;
let ref: BackupRef;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'phaselift-replacement-'));
  log = new MemoryLogger();
  store = createDirectoryStore({ path: root }, log);
  archive = await fixtureDirectory('pg17-none', 'none');
  ref = store.backups.locate('app', 'one');
});
afterEach(async () => {
  await rm(root, { recursive: true });
  await archive.remove();
});

const at = (...names: string[]): string => join(root, 'app', ...names);
const names = async (): Promise<string[]> => (await readdir(at())).sort();
const aside = (digit: string): string => at(`.one.${digit.repeat(12)}.replaced`);

/** Begins a backup, as if pg_dump had written it; `mark` tells its `toc.dat` from others. */
async function dumped(mark: string, { name = 'one', overwrite = true } = {}): Promise<PartialDirectory> {
  const partial = await dumpedBackup(store, store.backups.locate('app', name), archive.path, overwrite);
  await writeFile(join(partial.path, 'toc.dat'), Buffer.concat([archive.toc, Buffer.from(mark)]));
  return partial;
}

async function backUp(mark: string): Promise<void> {
  const partial = await dumped(mark);
  await partial.publish(await manifestOf(partial, mark));
}

/** Its `phaseliftVersion` is the mark. */
async function manifestOf(partial: PartialDirectory, mark: string): Promise<Manifest> {
  const { etag } = await partial.info();
  const sample = sampleManifest({ database: 'app', name: 'one', phaseliftVersion: mark });
  return { ...sample, archive: { ...sample.archive, etag } };
}

/** The marks of the archive and of the manifest that count. */
async function standing(): Promise<{ archive: string; manifest: string; state: string }> {
  const [found] = (await store.backups.listAll('app')).filter((backup) => backup.ref.name === 'one');
  const etag = (await store.objects.stat(ref.archive))?.etag;
  const manifest = JSON.parse((await store.objects.readText(ref.manifest)) ?? '{}') as ReturnType<
    typeof sampleManifest
  >;
  return {
    archive: etag === manifest.archive.etag ? manifest.summary.phaseliftVersion : 'another',
    manifest: manifest.summary.phaseliftVersion,
    state: found?.state ?? 'none',
  };
}
const whole = (mark: string) => ({ archive: mark, manifest: mark, state: 'complete' });

/** As if its run had been silent for so long. */
async function age(path: string, hours = 1.1): Promise<void> {
  await utimes(path, new Date(), new Date(Date.now() - hours * 3_600_000));
}

describe('a backup that was moved aside and not replaced', () => {
  beforeEach(async () => {
    await backUp('A');
    await rename(at('one'), aside('1'));
  });

  test('a backup that was moved aside and not replaced is the backup, and no leftover', async () => {
    expect(await standing()).toEqual(whole('A'));
    expect(await store.backups.listUploads('app')).toEqual([]);
    expect((await store.backups.inspect(ref)).state).not.toBe('nothing');
    const info = await store.objects.stat(ref.archive);
    if (info === null) throw new Error('it is not there');
    let bytes = 0;
    for await (const chunk of (await store.backups.readWhole(ref.archive, info, new AbortController().signal)).bytes) {
      bytes += chunk.length;
    }
    expect(bytes).toBe(info.sizeBytes);
  });

  test('a backup that was moved aside is put back by the next one, after an hour of silence', async () => {
    await age(aside('1'), 0.9);
    await (await dumped('-', { name: 'two' })).discard();
    expect(await names()).toEqual([expect.stringMatching(/replaced$/), 'one.manifest.json']);
    await age(aside('1'));
    await (await dumped('-', { name: 'two' })).discard();
    expect(await names()).toEqual(['one', 'one.manifest.json']);
    expect(await standing()).toEqual(whole('A'));
    expect(log.texts('info')).toEqual([
      expect.stringMatching(/^put .*one back, which a run that was killed had moved/),
    ]);
  });

  test('a backup that was moved aside is not taken for one that others have left aside', async () => {
    await backUp('B');
    await rename(at('one'), aside('2'));
    await backUp('C');
    await rename(at('one'), aside('3'));
    for (const [digit, mark] of [
      ['0', 'A'],
      ['9', 'B'],
    ] as const) {
      await cp(aside('3'), aside(digit), { recursive: true });
      await writeFile(join(aside(digit), 'toc.dat'), Buffer.concat([archive.toc, Buffer.from(mark)]));
    }
    expect(await standing()).toEqual(whole('C'));
    for (const one of (await names()).filter((name) => name.startsWith('.'))) await age(at(one));
    await (await dumped('-', { name: 'two' })).discard();
    expect(await standing()).toEqual(whole('C'));
    await (await dumped('-', { name: 'two' })).discard();
    expect(await names()).toEqual(['one', 'one.manifest.json']);
  });

  test('a backup moved aside with its manifest inside comes before the older one', async () => {
    const newer = await dumped('B');
    await writeFile(join(newer.path, INSIDE), writeManifest(await manifestOf(newer, 'B')));
    await rename(newer.path, aside('0'));
    expect(await standing()).toEqual(whole('B'));
    await newer.discard();
  });

  test('a backup that was moved aside is removed like any other', async () => {
    for (let times = 0; times < 2; times++) await store.backups.removeBackup(ref);
    expect(await names()).toEqual([]);
  });

  test('a backup that was moved aside gives way only to who may replace it', async () => {
    const refused = await dumped('B', { overwrite: false });
    expect((await failureOf(async () => refused.publish(await manifestOf(refused, 'B')))).code).toBe('BACKUP_EXISTS');
    await refused.discard();
    expect(await standing()).toEqual(whole('A'));
    await backUp('B');
    expect(await names()).toEqual(['one', 'one.manifest.json']);
    expect(await standing()).toEqual(whole('B'));
  });
});

describe('a removal that broke off', () => {
  test('a removal that broke off leaves no backup, and the rest goes with the next one', async () => {
    await backUp('A');
    const removed = at('.one.111111111111.removed');
    await rename(at('one'), removed);
    expect(await store.backups.listAll('app')).toEqual([expect.objectContaining({ state: 'no archive' })]);
    expect(await store.objects.stat(ref.archive)).toBeNull();
    await age(removed);
    await (await dumped('-', { name: 'two' })).discard();
    expect(existsSync(removed)).toBe(false);
  });

  test('a removal that broke off does not bring back what the removed one had replaced', async () => {
    await backUp('A');
    await cp(at('one'), aside('1'), { recursive: true });
    const steps: string[][] = [];
    const removal = { ended: false };
    const removed = store.backups.removeBackup(ref).finally(() => (removal.ended = true));
    while (!removal.ended) {
      const state = (await standing().catch(() => ({ state: 'none' }))).state;
      if (!(await names()).includes('one')) steps.push([state]);
    }
    await removed;
    expect(steps.flat()).not.toContain('complete');
    expect(await names()).toEqual([]);
  });
});

describe('a publication that fails', () => {
  test.each([
    [
      'because a directory stands where its manifest goes',
      'app/one.manifest.json/in the way',
      /cannot write .*one\.manifest\.json/,
    ],
    ['because the directory is gone', null, /cannot write .*partial.*phaselift\.manifest\.json/],
  ])('a publication that fails %s leaves the old one', async (_, obstacle, message) => {
    await backUp('A');
    const manifest = await readFile(at('one.manifest.json'), 'utf8');
    const partial = await dumped('B');
    const manifestOfNew = await manifestOf(partial, 'B');
    if (obstacle === null) {
      await rm(partial.path, { recursive: true });
    } else {
      await rm(at('one.manifest.json'));
      await mkdir(join(root, obstacle), { recursive: true });
    }
    expect((await failureOf(() => partial.publish(manifestOfNew))).message).toMatch(message);
    await partial.discard();
    if (obstacle !== null) {
      expect(log.texts('info')).toContain('the backup one that was to be replaced is still there');
      await rm(at('one.manifest.json'), { recursive: true });
      await writeFile(at('one.manifest.json'), manifest);
    }
    expect(await names()).toEqual(['one', 'one.manifest.json']);
    expect(await standing()).toEqual(whole('A'));
  });

  test('a publication fails when another run has replaced the same one, and leaves that', async () => {
    await backUp('A');
    const late = await dumped('B');
    await backUp('C');
    const error = await failureOf(async () => late.publish(await manifestOf(late, 'B')));
    expect(error).toMatchObject({ code: 'BACKUP_EXISTS', hint: expect.stringContaining('Another run') });
    expect(error.hint).not.toMatch(/force/);
    await late.discard();
    expect(await names()).toEqual(['one', 'one.manifest.json']);
    expect(await standing()).toEqual(whole('C'));
  });

  test('a publication does not push aside what somebody has put in place of the old one', async () => {
    await backUp('A');
    const late = await dumped('B');
    await rm(at('one'), { recursive: true });
    await mkdir(at('one'));
    await writeFile(at('one', 'a file'), 'of somebody else');
    expect((await failureOf(async () => late.publish(await manifestOf(late, 'B')))).code).toBe('BACKUP_EXISTS');
    await late.discard();
    expect(await readdir(at('one'))).toEqual(['a file']);
  });
});

test('a manifest inside counts for nothing in the size of an archive, nor in its ETag', async () => {
  await backUp('A');
  const look = async () => {
    const fresh = createDirectoryStore({ path: root }, log);
    return [(await fresh.backups.listAll('app'))[0]?.sizeBytes, await fresh.objects.stat(ref.archive)];
  };
  const before = await look();
  await cp(at('one.manifest.json'), at('one', INSIDE));
  expect(await look()).toEqual(before);
  const exact = createDirectoryStore({ path: at('one') }, log);
  expect(exact.backups.namesOneArchive).toBe(true);
  expect(await exact.objects.readText(exact.backups.locate('app', 'latest').manifest)).toContain(
    '"phaseliftVersion":"A"',
  );
});
