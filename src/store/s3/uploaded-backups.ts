/** How a backup in a bucket comes to be one, and how what a killed run left is ended. docs/adr/0011-pairs-by-id.md */
import { messageOf } from '../../foundation/errors.js';
import { parseManifest, SUMMARY_PREFIX_BYTES, writeManifest } from '../manifest-text.js';
import { withEtag } from '../manifest.js';
import { aheadIn, aheadKeyOf, backupNameFault, canBeAhead, MANIFEST_SUFFIX } from '../names.js';
import type { BackupRef, ObjectInfo, ObjectRef, StaleManifest, Standing, UploadedBackups } from '../store.js';
import { uriOf, type S3Access } from './client.js';
import { PUT } from './conditions.js';
import { isConditionFailure } from './error-facts.js';
import { findManifest, saidBy } from './found-manifest.js';
import { objectsIn } from './listing.js';
import { writeManifestOf } from './manifest-writing.js';
import { getText, headObject, isSameArchive, removeObject, sendText } from './objects.js';

/** Younger manifests without an archive may be of a run that is about to complete it. */
const STALE_AFTER_MS = 24 * 60 * 60 * 1000;

/** See UploadedBackups. `folderOf` is where a database's backups are, `locate` where one of them is. */
export class S3UploadedBackups implements UploadedBackups {
  constructor(
    private readonly access: S3Access,
    private readonly folderOf: (database: string) => string | null,
    private readonly locate: (database: string, name: string) => BackupRef,
    private readonly now: () => number = () => Date.now(),
  ) {}

  async inspect(ref: BackupRef): Promise<Standing> {
    return findManifest(this.access, ref, SUMMARY_PREFIX_BYTES);
  }

  locateAhead(ref: BackupRef, archiveId: string): ObjectRef {
    const key = aheadKeyOf(ref.manifest.key, archiveId);
    return { key, uri: uriOf(this.access.settings, key) };
  }

  async publish(ref: BackupRef, archive: ObjectInfo, manifest: string): Promise<void> {
    await writeManifestOf(this.access, ref, archive, manifest);
    // The backup is complete: whatever cannot be tidied up now is no failure of it.
    try {
      if (archive.id !== null && canBeAhead(ref.manifest.key)) await this.dropAhead(ref, archive.id);
    } catch (error) {
      this.access.logger.debug(`a manifest that was written ahead stays for now: ${messageOf(error)}`);
    }
  }

  async discard(ref: BackupRef, archive: ObjectInfo): Promise<void> {
    const said = saidBy(
      await getText(this.access, ref.manifest.key, { firstBytes: SUMMARY_PREFIX_BYTES }),
      ref.manifest,
      null,
    );
    const isOurs = typeof said !== 'string' && said.archiveId !== undefined && said.archiveId === archive.id;
    if (isOurs) await removeObject(this.access, ref.manifest.key);
    const there = await headObject(this.access, ref.archive.key);
    if (there !== null && isSameArchive(there, archive)) await removeObject(this.access, ref.archive.key);
  }

  async settle(ref: BackupRef, archiveId: string): Promise<'published' | 'removed' | 'nothing'> {
    const ahead = this.locateAhead(ref, archiveId);
    const text = await getText(this.access, ahead.key);
    if (text === null) return 'nothing';
    const archive = await headObject(this.access, ref.archive.key);
    if (archive?.id !== archiveId) {
      await removeObject(this.access, ahead.key);
      return 'removed';
    }
    await this.publish(ref, archive, writeManifest(withEtag(parseManifest(text, ahead.uri), archive)));
    return 'published';
  }

  async listStale(database: string): Promise<StaleManifest[]> {
    const folder = this.folderOf(database);
    if (folder === null) return [];
    const found: StaleManifest[] = [];
    for await (const { key, lastModified } of objectsIn(this.access, folder)) {
      const ahead = aheadIn(key.slice(folder.length));
      if (ahead === null || backupNameFault(ahead.name) !== null) continue;
      const isNeeded = await this.isNeeded(this.locate(database, ahead.name), key);
      if (!isNeeded) found.push({ object: { key, uri: uriOf(this.access.settings, key) }, lastModified });
    }
    return found;
  }

  /** The archive that it was written for is there, and there is no other manifest of it. */
  private async isNeeded(ref: BackupRef, aheadKey: string): Promise<boolean> {
    const { isAhead, manifest } = await findManifest(this.access, ref, SUMMARY_PREFIX_BYTES);
    return isAhead && manifest.key === aheadKey;
  }

  /**
   * Removes the manifest that was written ahead. Where a store does not hold to conditions it stays, until a prune: there the
   * late manifest of a run that has lost may still arrive over the one that was just written.
   */
  private async dropAhead(ref: BackupRef, archiveId: string): Promise<void> {
    const { key } = this.locateAhead(ref, archiveId);
    const text = await getText(this.access, key);
    if (text === null) return;
    if (await this.holdsToConditions(key, text)) await removeObject(this.access, key);
    await this.dropOld(ref);
  }

  /** Asks for what must be refused, and changes nothing where it is not: the same text in the same place. */
  private async holdsToConditions(key: string, text: string): Promise<boolean> {
    const refusedByLook = new Error('the store does not know the condition');
    const send = this.access.conditions.send(
      PUT,
      { IfNoneMatch: '*' },
      (condition) => sendText(this.access, key, text, condition),
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
  private async dropOld(ref: BackupRef): Promise<void> {
    const stem = ref.manifest.key.slice(0, -MANIFEST_SUFFIX.length);
    const folderLength = stem.lastIndexOf('/') + 1;
    for await (const { key, lastModified } of objectsIn(this.access, `${stem}.`)) {
      const isOfThis = aheadIn(key.slice(folderLength))?.name === stem.slice(folderLength);
      if (!isOfThis || this.now() - lastModified.getTime() < STALE_AFTER_MS) continue;
      if (!(await this.isNeeded(ref, key))) await removeObject(this.access, key);
    }
  }
}
