/** Removals that look again first: since the listing, another run may have written under the same name. */
import type { BackupRef, StoredBackup } from './backup-catalogue.js';
import type { ObjectInfo, ObjectStore } from './object-store.js';

/** Clocks of stores differ in their grain: some answers tell times in whole seconds, others with their fractions. */
const CLOCK_GRAIN_MS = 1000;

/** What differs between stores. */
export interface RemovalRules {
  readonly objects: Pick<ObjectStore, 'stat'>;
  /** A run that replaces a backup puts the archive there first, by itself, and then the manifest. */
  readonly archiveComesFirst: boolean;
  /** Whether what was listed without an archive, or without its manifest, has both by now. */
  hasBecomeWhole(backup: StoredBackup): Promise<boolean>;
  removeBackup(ref: BackupRef): Promise<void>;
}

/** See BackupCatalogue.removeListed. */
export async function removeListed(rules: RemovalRules, backup: StoredBackup): Promise<string | null> {
  const why = backup.state === 'complete' ? await whyOldStays(rules, backup) : await whyLeftoverStays(rules, backup);
  if (why === null) await rules.removeBackup(backup.ref);
  return why;
}

async function whyOldStays({ objects, archiveComesFirst }: RemovalRules, backup: StoredBackup): Promise<string | null> {
  const { ref, isAhead } = backup;
  const decisive = await objects.stat(isAhead === true ? ref.archive : ref.manifest);
  if (decisive === null) return 'it is being replaced, or removed, by another run';
  if (isNewer(decisive, backup)) return 'it was replaced just now';
  if (archiveComesFirst && isNewer(await objects.stat(ref.archive), backup)) return 'it was replaced just now';
  return null;
}

async function whyLeftoverStays(rules: RemovalRules, backup: StoredBackup): Promise<string | null> {
  const { ref, state } = backup;
  if (await rules.hasBecomeWhole(backup)) return 'it has become a complete backup';
  const left = state === 'no archive' ? ref.manifest : ref.archive;
  if (isNewer(await rules.objects.stat(left), backup)) return 'it was written again just now';
  return null;
}

function isNewer(now: ObjectInfo | null, { lastModified }: StoredBackup): boolean {
  return now !== null && now.lastModified.getTime() > lastModified.getTime() + CLOCK_GRAIN_MS;
}
