/** What stands in a database's folder: backups, complete or not, manifests that were written ahead, and proofs. */
import pMap from 'p-map';
import type { BackupRef, ListedProof, StaleObject, StoredBackup } from '../backup-catalogue.js';
import { SUMMARY_PREFIX_BYTES } from '../manifest-text.js';
import { aheadIn, ARCHIVE_SUFFIX, backupNameFault, MANIFEST_SUFFIX, PROOF_SUFFIX } from '../names.js';
import type { ListedObject, ObjectRef, ObjectStore } from '../object-store.js';
import { withProof } from '../proofs.js';
import { newestFirst } from '../stored-backups.js';
import { findManifest, isCertain, saidBy, stateOf, type ManifestReading } from './found-manifest.js';

const SUMMARIES_AT_ONCE = 16;

/** The objects that stand under one name. */
export interface NamedObjects {
  ref: BackupRef;
  archive: ListedObject | null;
  manifest: ListedObject | null;
  /** Manifests that were written ahead. */
  ahead: readonly ListedObject[];
  /** Of this backup, or of one that it has replaced. */
  proof: ListedObject | null;
}

/** What stands under names of backups in a folder. `locate` places a name. */
export async function namesInFolder(
  objects: ObjectStore,
  folder: string,
  locate: (name: string) => BackupRef,
): Promise<NamedObjects[]> {
  const byName = new Map<string, NamedObjects>();
  for await (const listed of objects.list(folder)) {
    const file = fileIn(listed.object.key.slice(folder.length));
    if (file === null) continue;
    const { name, kind } = file;
    const named = byName.get(name) ?? { ref: locate(name), archive: null, manifest: null, ahead: [], proof: null };
    byName.set(name, kind === 'ahead' ? { ...named, ahead: [...named.ahead, listed] } : { ...named, [kind]: listed });
  }
  return [...byName.values()];
}

/**
 * The backups among them, newest first. With `pairsOnly` what has no manifest, or no archive, is passed over, and no request
 * spent on it.
 */
export async function backupsAmong(
  reading: ManifestReading,
  names: readonly NamedObjects[],
  { pairsOnly = false }: { pairsOnly?: boolean } = {},
): Promise<StoredBackup[]> {
  const wanted = names.filter(({ archive, manifest, ahead }) =>
    pairsOnly ? archive !== null && (manifest !== null || ahead.length > 0) : archive !== null || manifest !== null,
  );
  const found = await pMap(
    wanted,
    async (named) => {
      const backup = (await plainBackup(reading, named)) ?? (await backupByLooking(reading, named.ref));
      return backup === null || pairsOnly || named.proof === null ? backup : withProof(backup, reading);
    },
    { concurrency: SUMMARIES_AT_ONCE },
  );
  return newestFirst(found.filter((backup) => backup !== null));
}

/** What among them no backup needs: manifests that were written ahead, and proofs without a backup. */
export async function staleAmong(reading: ManifestReading, names: readonly NamedObjects[]): Promise<StaleObject[]> {
  const stale: StaleObject[] = [];
  for (const { ref, ahead, archive, manifest, proof } of names) {
    for (const { object, lastModified } of ahead) {
      if (!(await isNeeded(reading, ref, object))) stale.push({ kind: 'manifest', object, lastModified });
    }
    const isAlone = archive === null && manifest === null && ahead.length === 0;
    if (proof !== null && isAlone)
      stale.push({ kind: 'proof', object: proof.object, lastModified: proof.lastModified });
  }
  return stale;
}

/** The proofs among them, newest written first. */
export function proofsAmong(names: readonly NamedObjects[]): ListedProof[] {
  return names
    .flatMap(({ ref, proof }) =>
      proof === null ? [] : [{ ref, object: proof.object, lastModified: proof.lastModified }],
    )
    .sort((a, b) => b.lastModified.getTime() - a.lastModified.getTime());
}

/** The archive that a manifest was written ahead of is there, and there is no other manifest of it. */
export async function isNeeded(reading: ManifestReading, ref: BackupRef, ahead: ObjectRef): Promise<boolean> {
  const { isAhead, manifest } = await findManifest(reading, ref, SUMMARY_PREFIX_BYTES);
  return isAhead && manifest.key === ahead.key;
}

/** Kinds of objects by the ends of their names. */
const SUFFIXES = [
  ['archive', ARCHIVE_SUFFIX],
  ['manifest', MANIFEST_SUFFIX],
  ['proof', PROOF_SUFFIX],
] as const;

/** The backup and the kind of object that a file is of; null for anything else. */
function fileIn(file: string): { name: string; kind: 'archive' | 'manifest' | 'proof' | 'ahead' } | null {
  const ahead = aheadIn(file);
  const [kind, suffix] = SUFFIXES.find(([, end]) => file.endsWith(end)) ?? [];
  if (ahead === null && kind === undefined) return null;
  const name = ahead?.name ?? file.slice(0, -(suffix?.length ?? 0));
  return backupNameFault(name) === null ? { name, kind: ahead === null && kind !== undefined ? kind : 'ahead' } : null;
}

/** What the listing and the first line of the manifest settle: nearly all. null when the archive itself has to be asked. */
async function plainBackup(
  reading: ManifestReading,
  { ref, archive, manifest, ahead }: NamedObjects,
): Promise<StoredBackup | null> {
  if (archive === null || manifest === null) return null;
  const hasAhead = ahead.length > 0;
  const text = await reading.objects.readText(ref.manifest, { firstBytes: SUMMARY_PREFIX_BYTES });
  const said = saidBy(text, ref.manifest, hasAhead ? null : reading);
  const summary = typeof said === 'string' ? null : said;
  const lastModified = new Date(Math.max(archive.lastModified.getTime(), manifest.lastModified.getTime()));
  const backup = { ref, summary, sizeBytes: archive.sizeBytes, lastModified };
  if (summary !== null && isCertain(summary, archive)) return { ...backup, state: 'complete' };
  // With an id it wants to be asked for it; without one, as older versions wrote it, there is nothing to ask.
  if (hasAhead || said === 'missing' || summary?.archiveId !== undefined) return null;
  const state = stateOf(said, { id: null, sizeBytes: archive.sizeBytes });
  return state === 'manifest of another archive' ? null : { ...backup, state };
}

/** What stands in the place of a backup, by looking at each of its objects; null when nothing does (any more). */
export async function backupByLooking(reading: ManifestReading, ref: BackupRef): Promise<StoredBackup | null> {
  const { state, archive, summary, isAhead, manifest } = await findManifest(reading, ref, SUMMARY_PREFIX_BYTES);
  if (state === 'nothing') return null;
  const manifestTime = state === 'no manifest' ? undefined : (await reading.objects.stat(manifest))?.lastModified;
  return {
    ref,
    state,
    summary,
    sizeBytes: archive?.sizeBytes ?? null,
    lastModified: new Date(Math.max(archive?.lastModified.getTime() ?? 0, manifestTime?.getTime() ?? 0)),
    ...(isAhead ? { isAhead } : {}),
    ...(state === 'no manifest' || state === 'manifest of another archive' ? { isOurs: archive?.isOurs === true } : {}),
  };
}
