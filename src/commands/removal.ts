/** Removals that look again first: since the listing, another run may have written under the same name. */
import type { ObjectInfo, Store, StoredBackup } from '../store/store.js';

/** Some answers of a store tell times in whole seconds, others with their fractions. */
const CLOCK_GRAIN_MS = 1000;

/** Removes a complete backup. Why it stays, when another one has taken its place since it was listed; else null. */
export async function removeOldBackup(store: Store, backup: StoredBackup): Promise<string | null> {
  const { ref, isAhead } = backup;
  const manifest = await store.stat(isAhead === true ? ref.archive : ref.manifest);
  if (manifest === null) return 'it is being replaced, or removed, by another run';
  if (isNewer(manifest, backup)) return 'it was replaced just now';
  // A run that replaces it puts the archive there first.
  if (store.uploads !== null && isNewer(await store.stat(ref.archive), backup)) return 'it was replaced just now';
  await store.removeBackup(ref);
  return null;
}

/** Removes an archive without its manifest, or a manifest without an archive. Why it stays, when it has become whole; else null. */
export async function removeLeftover(store: Store, backup: StoredBackup): Promise<string | null> {
  const { ref, state } = backup;
  const [left, missing] = state === 'no archive' ? [ref.manifest, ref.archive] : [ref.archive, ref.manifest];
  const isWhole =
    store.uploads === null
      ? (await store.stat(missing)) !== null
      : (await store.uploads.inspect(ref)).state === 'complete';
  if (isWhole) return 'it has become a complete backup';
  if (isNewer(await store.stat(left), backup)) return 'it was written again just now';
  await store.removeBackup(ref);
  return null;
}

function isNewer(now: ObjectInfo | null, { lastModified }: StoredBackup): boolean {
  return now !== null && now.lastModified.getTime() > lastModified.getTime() + CLOCK_GRAIN_MS;
}
