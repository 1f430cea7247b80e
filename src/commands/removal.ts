/** Removals that look again first: since the listing, another run may have written under the same name. */
import type { Store, StoredBackup } from '../store/store.js';

/** Some answers of a store tell times in whole seconds, others with their fractions. */
const CLOCK_GRAIN_MS = 1000;

/** Removes a complete backup. Why it stays, when another one has taken its place since it was listed; else null. */
export async function removeOldBackup(store: Store, { ref, lastModified }: StoredBackup): Promise<string | null> {
  const manifest = await store.stat(ref.manifest);
  if (manifest === null) return 'it is being replaced, or removed, by another run';
  if (manifest.lastModified.getTime() > lastModified.getTime() + CLOCK_GRAIN_MS) return 'it was replaced just now';
  await store.removeBackup(ref);
  return null;
}

/** Removes an archive without a manifest, or a manifest without an archive. Why it stays, when it has become whole; else null. */
export async function removeLeftover(store: Store, { ref, state, lastModified }: StoredBackup): Promise<string | null> {
  const [left, missing] = state === 'no archive' ? [ref.manifest, ref.archive] : [ref.archive, ref.manifest];
  if ((await store.stat(missing)) !== null) return 'it has become a complete backup';
  const now = await store.stat(left);
  if (now !== null && now.lastModified.getTime() > lastModified.getTime() + CLOCK_GRAIN_MS) {
    return 'it was written again just now';
  }
  await store.removeBackup(ref);
  return null;
}
