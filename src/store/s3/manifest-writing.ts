/** Writing the manifest beside an archive while other runs may do the same. docs/adr/0011-pairs-by-id.md */
import { PhaseliftError } from '../../foundation/errors.js';
import type { BackupRef } from '../backup-catalogue.js';
import type { ObjectInfo } from '../object-store.js';
import type { S3Access } from './client.js';
import { conditionOf, PUT } from './conditions.js';
import { isConditionFailure, isMissing } from './error-facts.js';
import { toStoreError } from './errors.js';
import { headObject, isSameArchive, sendText } from './objects.js';
import { overtaken } from './own-object.js';

/** How often another writer of the same manifest may come first. Each has lost its archive, or will see that it has. */
const ATTEMPTS = 10;

/**
 * Writes the manifest of this archive over whatever manifest is there, as long as the archive itself is in its place: that
 * decides who has won. A manifest written for an archive that has just gone does no harm, as its id names no other.
 * Throws BACKUP_EXISTS when the archive is another run's, else STORE.
 */
export async function writeManifestOf(
  access: S3Access,
  ref: BackupRef,
  archive: ObjectInfo,
  text: string,
): Promise<void> {
  const mustBeOurs = async (cause?: unknown): Promise<void> => {
    const there = await headObject(access, ref.archive.key);
    if (!isSameArchive(there, archive)) throw overtaken(ref.archive.uri, true, cause);
  };
  let conflict: unknown;
  for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
    await mustBeOurs(conflict);
    const condition = conditionOf(await headObject(access, ref.manifest.key));
    try {
      await access.conditions.send(
        PUT,
        condition,
        (given) => sendText(access, ref.manifest.key, text, given),
        mustBeOurs,
      );
    } catch (error) {
      const isOthers = isConditionFailure(error) || ('IfMatch' in condition && isMissing(error));
      if (!isOthers) throw toStoreError(error, access.settings, 'write', ref.manifest.key);
      conflict = error;
      continue;
    }
    await mustBeOurs();
    if ((await headObject(access, ref.manifest.key))?.sizeBytes === Buffer.byteLength(text)) return;
    conflict = new PhaseliftError('STORE', `${ref.manifest.uri} is not what was written just before`, {
      hint: 'Look for another run that writes to the same name.',
      object: ref.manifest.uri,
    });
  }
  throw toStoreError(conflict, access.settings, 'write', ref.manifest.key);
}
