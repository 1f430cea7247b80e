import { describe, expect, test } from '@jest/globals';
import { ReplacedBackup } from '../../src/commands/replaced-backup.js';
import { MemoryLogger } from '../../src/report/memory-logger.js';
import type { ObjectInfo, ObjectRef } from '../../src/store/store.js';

const ref = {
  database: 'app',
  name: 'one',
  archive: { key: 'app/one.dump', uri: 's3://b/app/one.dump' },
  manifest: { key: 'app/one.manifest.json', uri: 's3://b/app/one.manifest.json' },
};

/** A store in memory that takes as long as told to remove something. */
class Shelf {
  readonly texts = new Map([
    [ref.archive.key, 'the old archive'],
    [ref.manifest.key, 'the old manifest'],
  ]);
  beforeRemoval: Promise<void> = Promise.resolve();

  readText = ({ key }: ObjectRef): Promise<string | null> => Promise.resolve(this.texts.get(key) ?? null);

  stat = ({ key }: ObjectRef): Promise<ObjectInfo | null> => {
    const text = this.texts.get(key);
    if (text === undefined) return Promise.resolve(null);
    return Promise.resolve(infoOf(text));
  };

  writeText = ({ key }: ObjectRef, text: string): Promise<ObjectInfo> => {
    this.texts.set(key, text);
    return Promise.resolve(infoOf(text));
  };

  remove = async ({ key }: ObjectRef): Promise<void> => {
    await this.beforeRemoval;
    this.texts.delete(key);
  };
}

function infoOf(text: string): ObjectInfo {
  return { sizeBytes: text.length, etag: text, versionId: null, lastModified: new Date(0), isOurs: true };
}

function shelved(): { shelf: Shelf; log: MemoryLogger; replaced: ReplacedBackup } {
  const [shelf, log] = [new Shelf(), new MemoryLogger()];
  return { shelf, log, replaced: new ReplacedBackup(ref, { store: shelf, log }) };
}

describe('a backup that is to be replaced', () => {
  test('is no backup any more once it is withdrawn', async () => {
    const { shelf, replaced } = shelved();
    await replaced.withdraw();
    expect([...shelf.texts.keys()]).toEqual([ref.archive.key]);
  });

  test('is whole again when the new one fails, even while it is on its way out', async () => {
    const { shelf, replaced } = shelved();
    let remove: () => void = () => undefined;
    shelf.beforeRemoval = new Promise((resolve) => (remove = resolve));
    const withdrawn = replaced.withdraw();
    const kept = replaced.keep();
    remove();
    await Promise.allSettled([withdrawn, kept]);
    expect(shelf.texts.get(ref.manifest.key)).toBe('the old manifest');
  });

  test('is not withdrawn any more after the new one has failed', async () => {
    const { shelf, replaced } = shelved();
    await replaced.keep();
    await expect(replaced.withdraw()).rejects.toThrow('came after its upload had failed');
    expect(shelf.texts.has(ref.manifest.key)).toBe(true);
  });

  test('is not described again when its archive is another by then', async () => {
    const { shelf, replaced } = shelved();
    await replaced.withdraw();
    shelf.texts.set(ref.archive.key, 'a new archive');
    await replaced.keep();
    expect(shelf.texts.has(ref.manifest.key)).toBe(false);
  });

  test('that cannot be made whole is a warning, which does not hide the failure', async () => {
    const { shelf, log, replaced } = shelved();
    await replaced.withdraw();
    shelf.writeText = () => Promise.reject(new Error('the store is gone'));
    await replaced.keep();
    expect(JSON.stringify(log)).toContain('could not be put back: the store is gone');
  });
});
