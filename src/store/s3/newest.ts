/** Which backup of a folder is the newest, without reading the manifests of all. */
import type { StoredBackup } from '../backup-catalogue.js';
import { CLOCK_MARGIN_MS, newestFirst, newestOf } from '../stored-backups.js';
import type { ManifestReading } from './found-manifest.js';
import { backupsAmong, type NamedObjects } from './listing.js';

/** A name whose objects may be a backup. */
interface Candidate {
  named: NamedObjects;
  /** In milliseconds: it was not taken later than that. */
  latestMs: number;
}

/**
 * The newest complete backup by takenAt that is not in the future; null without one. A backup is taken before its manifest is written, also
 * where objects are copied from elsewhere later on, so the time of a manifest in the listing bounds what it says, up to what clocks may differ: once
 * one is known, only those are read that were written after it was taken, or a day before.
 */
export async function newestAmong(
  reading: ManifestReading,
  names: readonly NamedObjects[],
  now: Date,
): Promise<StoredBackup | null> {
  const candidates = names.flatMap(candidateOf).sort((a, b) => b.latestMs - a.latestMs);
  for (const [at, { named }] of candidates.entries()) {
    const known = newestOf(await backupsAmong(reading, [named], { pairsOnly: true }), now);
    if (known === null) continue;
    const knownMs = Date.parse(known.summary?.takenAt ?? '');
    const others = candidates.slice(at + 1).filter(({ latestMs }) => latestMs >= knownMs);
    const found = await backupsAmong(
      reading,
      others.map((other) => other.named),
      { pairsOnly: true },
    );
    return newestOf(newestFirst([known, ...found]), now);
  }
  return null;
}

function candidateOf(named: NamedObjects): Candidate[] {
  const { archive, manifest, ahead } = named;
  const manifests = manifest === null ? ahead : [manifest, ...ahead];
  if (archive === null || manifests.length === 0) return [];
  const writtenMs = Math.max(...manifests.map(({ lastModified }) => lastModified.getTime()));
  return [{ named, latestMs: writtenMs + CLOCK_MARGIN_MS }];
}
