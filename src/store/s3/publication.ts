/** How an archive in a bucket gets its manifest, or goes again. docs/adr/0011-pairs-by-id.md */
import { messageOf } from '../../foundation/errors.js';
import type { BackupRef } from '../backup-catalogue.js';
import { SUMMARY_PREFIX_BYTES } from '../manifest-text.js';
import { aheadIn, canBeAhead, MANIFEST_SUFFIX } from '../names.js';
import type { ObjectInfo, ObjectStore } from '../object-store.js';
import type { S3Access } from './client.js';
import { PUT } from './conditions.js';
import { isConditionFailure } from './error-facts.js';
import { saidBy } from './found-manifest.js';
import { locateAhead } from './layout.js';
import { isNeeded } from './listing.js';
import { writeManifestOf } from './manifest-writing.js';
import { isSameArchive, sendText } from './objects.js';

/** Younger manifests without an archive may be of a run that is about to complete it. */
const STALE_AFTER_MS = 24 * 60 * 60 * 1000;

/** An archive that is in its place, and the manifest that makes a backup of it. */
export interface Publication {
  ref: BackupRef;
  archive: ObjectInfo;
  text: string;
  /** Milliseconds; now, unless told otherwise. */
  nowMs?: number;
}

/**
 * Writes the manifest that makes a backup of this archive. Throws BACKUP_EXISTS when another run has put its own archive in
 * the place; then that one is left whole. A manifest that was written ahead goes.
 */
export async function publishManifest(access: S3Access, objects: ObjectStore, publication: Publication): Promise<void> {
  const { ref, archive, text, nowMs = Date.now() } = publication;
  await writeManifestOf(access, ref, archive, text);
  // The backup is complete: whatever cannot be tidied up now is no failure of it.
  try {
    if (archive.id === null || !canBeAhead(ref.manifest.key)) return;
    if (await dropAhead(access, objects, ref, archive.id)) await dropOld(access, objects, ref, nowMs);
  } catch (error) {
    access.logger.debug(`a manifest that was written ahead stays for now: ${messageOf(error)}`);
  }
}

/** Removes this archive and its manifest, and nothing of anybody else. */
export async function discardPublished(objects: ObjectStore, ref: BackupRef, archive: ObjectInfo): Promise<void> {
  const text = await objects.readText(ref.manifest, { firstBytes: SUMMARY_PREFIX_BYTES });
  const said = saidBy(text, ref.manifest, null);
  const isOurs = typeof said !== 'string' && said.archiveId !== undefined && said.archiveId === archive.id;
  if (isOurs) await objects.remove(ref.manifest);
  const there = await objects.stat(ref.archive);
  if (there !== null && isSameArchive(there, archive)) await objects.remove(ref.archive);
}

/**
 * Removes the manifest that was written ahead; false when there is none. Where a store does not hold to conditions it stays,
 * until a prune: there the late manifest of a run that has lost may still arrive over the one that was just written.
 */
async function dropAhead(access: S3Access, objects: ObjectStore, ref: BackupRef, archiveId: string): Promise<boolean> {
  const ahead = locateAhead(ref, archiveId);
  const text = await objects.readText(ahead);
  if (text === null) return false;
  if (await holdsToConditions(access, ahead.key, text)) await objects.remove(ahead);
  return true;
}

/** Asks for what must be refused, and changes nothing where it is not: the same text in the same place. */
async function holdsToConditions(access: S3Access, key: string, text: string): Promise<boolean> {
  const refusedByLook = new Error('the store does not know the condition');
  const send = access.conditions.send(
    PUT,
    { IfNoneMatch: '*' },
    (condition) => sendText(access, key, text, condition),
    () => Promise.reject(refusedByLook),
  );
  return send.then(
    () => false,
    (error: unknown) => {
      if (isConditionFailure(error)) return true;
      if (error === refusedByLook) return false;
      throw error;
    },
  );
}

/** Those that earlier runs have left beside this backup. */
async function dropOld({ logger }: S3Access, objects: ObjectStore, ref: BackupRef, nowMs: number): Promise<void> {
  const stem = ref.manifest.key.slice(0, -MANIFEST_SUFFIX.length);
  const folderLength = stem.lastIndexOf('/') + 1;
  for await (const { object, lastModified } of objects.list(`${stem}.`)) {
    const isOfThis = aheadIn(object.key.slice(folderLength))?.name === stem.slice(folderLength);
    if (!isOfThis || nowMs - lastModified.getTime() < STALE_AFTER_MS) continue;
    if (!(await isNeeded({ objects, logger }, ref, object))) await objects.remove(object);
  }
}
