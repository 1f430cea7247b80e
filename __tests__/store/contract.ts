/**
 * What holds for every store, whatever keeps it, and for everything that stands before one. A store's own tests have only what
 * is particular to it.
 */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { ArchiveIdentity, ArchiveWriter } from '../../src/store/archive-writer.js';
import type { BackupRef, Occupant } from '../../src/store/backup-catalogue.js';
import type { Manifest } from '../../src/store/manifest.js';
import type { ListedObject, ObjectStore } from '../../src/store/object-store.js';
import { writeProof } from '../../src/store/proof.js';
import { newestProof, proofRefOf } from '../../src/store/proofs.js';
import type { Store } from '../../src/store/store.js';
import { readTrial, trialRefOf, writeTrial } from '../../src/store/trial.js';
import { MemoryLogger } from '../helpers/memory-logger.js';
import { failureOf } from './failure-of.js';
import { NO_LEFTOVERS } from './no-leftovers.js';
import { sampleManifest } from './sample-manifest.js';
import { sampleProof } from './sample-proof.js';
import { collect } from './test-bytes.js';

/** A store to be held to the contract. */
export interface StoreUnderTest {
  store: Store;
  /** Brings an archive to where a writer takes it, as pg_dump would, and makes its manifest. */
  fill(writer: ArchiveWriter, describe: (archive: ArchiveIdentity) => Manifest): Promise<Manifest>;
  /** It holds to conditions of requests: nearly every store does. */
  hasConditions: boolean;
  /** Keys of all that there is, hidden or not, unfinished or not. */
  everything(): Promise<string[]>;
  end(): Promise<void>;
}

const NOTHING: Occupant = { state: 'nothing', archive: null, isLeftover: false };

/** Tells jest all of it, under the name of the store. */
export function holdsToTheContract(name: string, open: () => Promise<StoreUnderTest>): void {
  describe(`${name} holds to the contract of stores:`, () => {
    let under: StoreUnderTest;
    let store: Store;
    let objects: ObjectStore;
    let app: string;
    let ref: BackupRef;
    let tests = 0;

    beforeAll(async () => {
      under = await open();
      ({ store } = under);
      ({ objects } = store);
    });
    beforeEach(() => {
      app = `app${(tests += 1)}`;
      ref = store.backups.locate(app, 'one');
    });
    afterAll(() => under.end());

    async function begin(place: BackupRef, replaces: Occupant = NOTHING): Promise<ArchiveWriter> {
      await store.archives.makeFolder(place.database);
      const { signal } = new AbortController();
      return store.archives.begin({ ref: place, replaces, estimatedBytes: 1, leftovers: NO_LEFTOVERS, signal });
    }

    /** A manifest by what the store says of the archive. */
    const describing = (place: BackupRef, takenAt: string) => (identity: ArchiveIdentity) => {
      const { id, etag, versionId } = identity;
      const sample = sampleManifest({ database: place.database, name: place.name, takenAt });
      return {
        ...sample,
        summary: { ...sample.summary, ...(id === null ? {} : { archiveId: id, etag }) },
        archive: { ...sample.archive, ...(id === null ? {} : { id }), etag, versionId },
      };
    };

    async function backUp(place: BackupRef, takenAt = '2026-01-02T03:04:05.000Z', replaces = NOTHING): Promise<void> {
      const writer = await begin(place, replaces);
      await writer.publish(await under.fill(writer, describing(place, takenAt)));
    }

    const listed = async (): Promise<ListedObject[]> => {
      const folder = ref.archive.key.slice(0, ref.archive.key.lastIndexOf('/') + 1);
      const found: ListedObject[] = [];
      for await (const one of objects.list(folder)) found.push(one);
      return found;
    };

    test('a text that was written is found, read within its bounds, and removed', async () => {
      await backUp(ref);
      const text = 'öne line\nand another';
      const bytes = Buffer.from(text);
      const info = await objects.writeText(ref.manifest, text);
      expect(info.sizeBytes).toBe(bytes.length);
      expect((await objects.stat(ref.manifest))?.etag).toBe(info.etag);
      expect(await objects.readText(ref.manifest)).toBe(text);
      expect(await objects.readText(ref.manifest, { maxBytes: bytes.length })).toBe(text);
      expect(await objects.readText(ref.manifest, { firstBytes: 9 })).toBe('öne line');
      expect(await objects.readText(ref.manifest, { firstBytes: 1000 })).toBe(text);
      const tooLarge = await failureOf(objects.readText(ref.manifest, { maxBytes: bytes.length - 1 }));
      expect(tooLarge).toMatchObject({ code: 'MANIFEST', object: ref.manifest.uri });
      for (let times = 0; times < 2; times += 1) await objects.remove(ref.manifest);
      expect(await objects.stat(ref.manifest)).toBeNull();
      expect(await objects.readText(ref.manifest)).toBeNull();
    });

    test('an archive is found, listed with its manifest, and read in ranges', async () => {
      await backUp(ref);
      const info = await objects.stat(ref.archive);
      if (info === null) throw new Error('it is not there');
      const keys = (await listed()).map(({ object }) => object.key);
      expect(keys.sort()).toEqual([ref.archive.key, ref.manifest.key].sort());
      const whole = await store.backups.readWhole(ref.archive, info, new AbortController().signal);
      const bytes = await collect(whole.bytes);
      expect(bytes).toHaveLength(info.sizeBytes);
      for (const [offset, length] of [
        [0, 1],
        [1, 100],
        [bytes.length - 10, 10],
        [0, bytes.length],
      ] as const) {
        const range = { offset, length, etag: info.etag };
        expect((await collect(objects.read(ref.archive, range))).equals(bytes.subarray(offset, offset + length))).toBe(
          true,
        );
      }
      const beyond = { offset: bytes.length - 5, length: 10, etag: info.etag };
      expect((await failureOf(collect(objects.read(ref.archive, beyond)))).code).toBe('ARCHIVE_TRUNCATED');
      if (!under.hasConditions) return;
      const other = { offset: 0, length: 10, etag: '"0"' };
      expect((await failureOf(collect(objects.read(ref.archive, other)))).code).toBe('ARCHIVE_DAMAGED');
    });

    test('backups are listed newest first, of their own database only', async () => {
      await backUp(store.backups.locate(app, 'b-old'), '2026-01-01T00:00:00.000Z');
      await backUp(store.backups.locate(app, 'a-new'), '2026-02-01T00:00:00.000Z');
      await backUp(store.backups.locate(`${app}x`, 'other'));
      const { backups } = await store.backups.takeInventory(app);
      expect(backups.map(({ ref: { name }, state }) => [name, state])).toEqual([
        ['a-new', 'complete'],
        ['b-old', 'complete'],
      ]);
      expect(await store.backups.listAll(app)).toEqual(backups);
      expect((await store.backups.listComplete(app)).map(({ takenAt }) => takenAt)).toEqual([
        '2026-02-01T00:00:00.000Z',
        '2026-01-01T00:00:00.000Z',
      ]);
    });

    test('every database with backups is found by its name', async () => {
      const names = [app, `${app} 2`, `${app}-база`];
      for (const database of names) await backUp(store.backups.locate(database, 'one'));
      expect(await store.backups.listDatabases()).toEqual(expect.arrayContaining(names));
      await store.backups.removeBackup(store.backups.locate(`${app} 2`, 'one'));
      expect(await store.backups.listDatabases()).toContain(app);
    });

    test('a backup is none before it is published, and then its own manifest is found', async () => {
      const writer = await begin(ref);
      const manifest = await under.fill(writer, describing(ref, '2026-01-02T03:04:05.000Z'));
      expect(await store.backups.listComplete(app)).toEqual([]);
      await writer.publish(manifest);
      await writer.discard();
      expect((await store.backups.inspect(ref)).state).toBe('complete');
      const found = await store.backups.readManifest(ref);
      expect(found.belongs).toBe(true);
      expect(JSON.parse(found.manifest?.text ?? '')).toEqual(manifest);
    });

    test('what is discarded leaves nothing, whether its archive had come or not', async () => {
      const before = await under.everything();
      const empty = await begin(ref);
      await empty.discard();
      expect(await under.everything()).toEqual(before);
      const full = await begin(ref);
      await under.fill(full, describing(ref, '2026-01-02T03:04:05.000Z'));
      await full.discard();
      await full.discard();
      expect(await under.everything()).toEqual(before);
      expect((await store.backups.inspect(ref)).state).toBe('nothing');
    });

    test('a backup gives way to another only where that was known from the beginning', async () => {
      await backUp(ref, '2026-01-01T00:00:00.000Z');
      const refused = await begin(ref);
      const attempt = async (): Promise<void> => {
        await refused.publish(await under.fill(refused, describing(ref, '2026-02-01T00:00:00.000Z')));
      };
      expect((await failureOf(attempt())).code).toBe('BACKUP_EXISTS');
      await refused.discard();
      expect((await store.backups.listComplete(app)).map(({ takenAt }) => takenAt)).toEqual([
        '2026-01-01T00:00:00.000Z',
      ]);
      await backUp(ref, '2026-03-01T00:00:00.000Z', await store.backups.inspect(ref));
      expect((await store.backups.listComplete(app)).map(({ takenAt }) => takenAt)).toEqual([
        '2026-03-01T00:00:00.000Z',
      ]);
    });

    test('a proof counts for the backup that it proves alone, and goes with it', async () => {
      await backUp(ref);
      const proofRef = proofRefOf(ref);
      const proofOf = async () => (await store.backups.listAll(app))[0]?.proof?.provenAt;
      expect(await proofOf()).toBeUndefined();
      expect(await store.backups.listProofs(app)).toEqual([]);
      const [unproven] = await store.backups.listAll(app);
      const proof = sampleProof(unproven?.summary ?? null);
      await objects.writeText(proofRef, writeProof(proof));
      expect(await proofOf()).toBe(proof.provenAt);
      expect((await store.backups.takeInventory(app)).stale).toEqual([]);
      expect((await listed()).map(({ object }) => object.key)).toContain(proofRef.key);
      expect((await store.backups.listProofs(app)).map(({ object, ref: { name } }) => [object.key, name])).toEqual([
        [proofRef.key, 'one'],
      ]);

      for (const broken of ['{', '', writeProof(proof).replace('"format": 1', '"format": 2'), ' '.repeat(70_000)]) {
        await objects.writeText(proofRef, broken);
        expect(await proofOf()).toBeUndefined();
      }
      await objects.writeText(proofRef, writeProof(proof));
      await backUp(ref, '2026-03-01T00:00:00.000Z', await store.backups.inspect(ref));
      expect((await store.backups.listAll(app)).map(({ state }) => state)).toEqual(['complete']);
      expect(await proofOf()).toBeUndefined();
      expect(await newestProof(store, app, new MemoryLogger())).toEqual(proof);

      await store.backups.removeBackup(ref);
      expect(await listed()).toEqual([]);
      expect(await store.backups.listProofs(app)).toEqual([]);
      await objects.writeText(proofRef, writeProof(proof));
      const { backups, stale } = await store.backups.takeInventory(app);
      expect([backups, stale.map(({ kind, object }) => [kind, object.key])]).toEqual([[], [['proof', proofRef.key]]]);
      await objects.remove(proofRef);
      expect((await store.backups.takeInventory(app)).stale).toEqual([]);
    });

    test('the newest backup is that of the newest time, whatever its name, and not in the future', async () => {
      const now = new Date('2026-06-01T00:00:00.000Z');
      const newest = async () => (await store.backups.findNewest(app, now))?.ref.name ?? null;
      expect(await newest()).toBeNull();
      for (const [name, takenAt] of [
        ['z', '2026-01-01T00:00:00.000Z'],
        ['a', '2026-03-01T00:00:00.000Z'],
        ['m', '2026-02-01T00:00:00.000Z'],
        ['later', '2027-01-01T00:00:00.000Z'],
      ] as const)
        await backUp(store.backups.locate(app, name), takenAt);
      expect(await newest()).toBe('a');
      const [, listedOne] = await store.backups.listAll(app);
      expect(await store.backups.findNewest(app, now)).toEqual(listedOne);
      await store.backups.removeBackup(store.backups.locate(app, 'a'));
      expect(await newest()).toBe('m');
    });

    test("a trial is the last one of its database, is nobody's leftover, and counts where it can be read", async () => {
      const log = new MemoryLogger();
      expect(await readTrial(store, app, log)).toBeNull();
      await backUp(ref);
      const trial = { backupName: 'one', beganAt: '2026-07-15T05:00:00.000Z', provenAt: null };
      for (const provenAt of [null, '2026-07-15T06:00:00.000Z']) {
        await writeTrial(store, app, { ...trial, provenAt });
        expect(await readTrial(store, app, log)).toEqual({ format: 1, ...trial, provenAt });
      }
      const { backups, uploads, stale } = await store.backups.takeInventory(app);
      expect([backups.map(({ ref: { name } }) => name), uploads, stale]).toEqual([['one'], [], []]);
      await store.backups.removeBackup(ref);
      expect(await readTrial(store, app, log)).not.toBeNull();
      expect(log.texts('warning')).toEqual([]);
      const object = trialRefOf(store, app);
      if (object === null) throw new Error('it has no place');
      for (const broken of ['', 'hello', '{"format":2}', ' '.repeat(70_000)]) {
        await objects.writeText(object, broken);
        expect(await readTrial(store, app, log)).toBeNull();
      }
      expect(log.texts('warning')).toHaveLength(4);
      await objects.remove(object);
    });

    test('a removed backup leaves nothing, and one that changed since it was listed stays', async () => {
      await backUp(ref);
      const [backup] = await store.backups.listAll(app);
      if (backup === undefined) throw new Error('it is not listed');
      const older = { ...backup, lastModified: new Date(backup.lastModified.getTime() - 10_000) };
      expect(await store.backups.removeListed(older)).toBe('it was replaced just now');
      expect(await store.backups.removeListed(backup)).toBeNull();
      expect(await listed()).toEqual([]);
      await store.backups.removeBackup(ref);
      expect(await store.backups.listAll(app)).toEqual([]);
    });
  });
}
