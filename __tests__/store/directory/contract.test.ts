import { cp, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createDirectoryStore } from '../../../src/store/directory/directory-store.js';
import type { ObjectStore } from '../../../src/store/object-store.js';
import { MemoryLogger } from '../../helpers/memory-logger.js';
import { holdsToTheContract, type StoreUnderTest } from '../contract.js';
import { CountingObjects } from '../counting-objects.js';
import { fixtureDirectory } from './fixture-directory.js';

async function inDirectory(stack?: (objects: ObjectStore) => ObjectStore): Promise<StoreUnderTest> {
  const root = await mkdtemp(join(tmpdir(), 'phaselift-contract-'));
  const archive = await fixtureDirectory('pg17-none', 'none');
  const store = createDirectoryStore({ path: root }, new MemoryLogger(), stack);
  return {
    store,
    hasConditions: true,
    fill: async ({ entrance }, describe) => {
      if (entrance.kind !== 'directory') throw new Error('a directory takes files');
      await cp(archive.path, entrance.path, { recursive: true });
      await entrance.sync(new AbortController().signal);
      return describe(await entrance.info());
    },
    // The folders of databases stay.
    everything: async () => (await readdir(root, { recursive: true })).filter((path) => path.includes('/')).sort(),
    end: async () => {
      store.close();
      await archive.remove();
      await rm(root, { recursive: true });
    },
  };
}

holdsToTheContract('a directory', () => inDirectory());
holdsToTheContract('a directory behind one that counts', () => inDirectory((objects) => new CountingObjects(objects)));
