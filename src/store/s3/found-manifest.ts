/**
 * Which manifest belongs to an archive: the one beside it, or one that was written ahead of it. docs/adr/0011-pairs-by-id.md
 * The only place that decides it: listings, restores and removals all ask here.
 */
import { messageOf, PhaseliftError } from '../../foundation/errors.js';
import type { Logger } from '../../foundation/logger.js';
import type { BackupRef, StoredBackup } from '../backup-catalogue.js';
import type { ManifestSummary } from '../manifest.js';
import { maxManifestBytes } from '../manifest-bound.js';
import { readSummary } from '../manifest-text.js';
import type { ObjectInfo, ObjectRef, ObjectStore, TextBound } from '../object-store.js';
import { aheadRefOf } from './layout.js';
import { isSameArchive, sameEtag } from './objects.js';

/** How often it is looked again while other runs replace what was found. */
const LOOKS = 3;

/** What a manifest says, as far as its first line goes. */
export type Said = ManifestSummary | 'missing' | 'unreadable';

/** What there is in the place of a backup. */
export interface Found {
  state: StoredBackup['state'] | 'nothing';
  archive: ObjectInfo | null;
  summary: ManifestSummary | null;
  /** Of the manifest, as far as it was read. */
  text: string | null;
  /** Where that is. */
  manifest: ObjectRef;
  isAhead: boolean;
}

/** What is read from, and who is told of what cannot be. */
export interface ManifestReading {
  readonly objects: ObjectStore;
  readonly logger: Logger;
}

/** Reads the manifest of what stands there; only its first `limitBytes` where a summary is all that is wanted. Throws STORE. */
export async function findManifest(reading: ManifestReading, ref: BackupRef, limitBytes?: number): Promise<Found> {
  let archive = await reading.objects.stat(ref.archive);
  for (let look = 1; ; look += 1) {
    const found = await lookOnce(reading, ref, archive, limitBytes);
    if (found.state === 'complete' || look === LOOKS) return found;
    // Between the two requests another run may have replaced both objects, or have brought the manifest.
    const now = await reading.objects.stat(ref.archive);
    if (isSameArchive(now, archive)) return found;
    archive = now;
  }
}

async function lookOnce(
  reading: ManifestReading,
  ref: BackupRef,
  archive: ObjectInfo | null,
  limitBytes: number | undefined,
): Promise<Found> {
  const text = await reading.objects.readText(ref.manifest, asked(limitBytes, archive));
  const said = saidBy(text, ref.manifest, limitBytes === undefined ? null : reading);
  const summary = typeof said === 'string' ? null : said;
  const beside = { archive, summary, text, manifest: ref.manifest, isAhead: false };
  if (archive === null) return { ...beside, state: said === 'missing' ? 'nothing' : 'no archive' };
  if (summary !== null && isCertain(summary, archive)) return { ...beside, state: 'complete' };
  const ahead = await lookAhead(reading, ref, archive, limitBytes);
  if (ahead !== null) return ahead;
  const state = stateOf(said, archive);
  return { ...beside, state, summary: state === 'complete' ? summary : null };
}

/** The first bytes only, or no more than a manifest of this archive can have. */
function asked(firstBytes: number | undefined, archive: ObjectInfo | null): TextBound {
  return firstBytes === undefined ? { maxBytes: maxManifestBytes(archive?.sizeBytes ?? 0) } : { firstBytes };
}

/** A manifest that was written ahead of this very archive. */
async function lookAhead(
  reading: ManifestReading,
  ref: BackupRef,
  archive: ObjectInfo,
  limitBytes: number | undefined,
): Promise<Found | null> {
  const manifest = aheadRefOf(ref, archive.id);
  if (manifest === null) return null;
  const text = await reading.objects.readText(manifest, asked(limitBytes, archive));
  const summary = saidBy(text, manifest, reading);
  if (typeof summary === 'string' || summary.sizeBytes !== archive.sizeBytes) return null;
  return { state: 'complete', archive, summary, text, manifest, isAhead: true };
}

/** By ids, or by ETags: equal ones mean equal bytes, which a listing sees without asking for the archive. */
export function isCertain({ archiveId, etag, sizeBytes }: ManifestSummary, archive: Archive): boolean {
  if (sizeBytes !== archive.sizeBytes) return false;
  if (archiveId !== undefined && archiveId === archive.id) return true;
  return typeof etag === 'string' && archive.etag !== '' && sameEtag(etag, archive.etag);
}

type Archive = Pick<ObjectInfo, 'sizeBytes' | 'etag'> & { id?: string | null };

/** Where nothing is certain: copies lose ids and change ETags, and older versions wrote neither; the digests will tell. */
export function stateOf(said: Said, { id, sizeBytes }: Pick<ObjectInfo, 'id' | 'sizeBytes'>): StoredBackup['state'] {
  if (said === 'missing') return 'no manifest';
  if (said === 'unreadable') return 'unreadable manifest';
  const isOther = said.sizeBytes !== sizeBytes || (said.archiveId !== undefined && id !== null);
  return isOther ? 'manifest of another archive' : 'complete';
}

/** `unreadable`, with a warning where there is somebody to warn, when it is something else than a manifest. */
export function saidBy(text: string | null, { uri }: ObjectRef, warned: Pick<ManifestReading, 'logger'> | null): Said {
  if (text === null) return 'missing';
  try {
    return readSummary(text, uri);
  } catch (error) {
    if (!(error instanceof PhaseliftError) || error.code !== 'MANIFEST') throw error;
    warned?.logger.warning(`not counted as a backup: ${messageOf(error)}`);
    return 'unreadable';
  }
}
