/** The store that is an S3 bucket. */
import type { Logger } from '../../foundation/logger.js';
import type { ArchiveDepot, ArchivePlace, ArchiveWriter } from '../archive-writer.js';
import type { BackupRef } from '../backup-catalogue.js';
import { ARCHIVE_SUFFIX, newArchiveId } from '../names.js';
import type { ObjectStore } from '../object-store.js';
import { OpenedObjects } from '../opened-objects.js';
import type { Store } from '../store.js';
import { objectLock } from './bucket-facts.js';
import { checkKeys } from '../archive-seal.js';
import { createClient, credentialsOf, type S3Access } from './client.js';
import { probeConditions } from './condition-probe.js';
import { Conditions } from './conditions.js';
import { ContentDigests } from './content-digests.js';
import { MultipartArchive } from './multipart-archive.js';
import { choosePartSize } from './part-size.js';
import { S3Catalogue } from './s3-catalogue.js';
import { S3Objects } from './s3-objects.js';
import type { S3Settings } from './settings.js';
import { tryUpload } from './upload-abort.js';

/** A store on the bucket of the settings. Nothing is sent before a first method is called. `stack` puts others before its objects. */
export function createS3Store(
  settings: S3Settings,
  logger: Logger,
  stack: (objects: ObjectStore) => ObjectStore = (objects) => objects,
): Store {
  const client = createClient(settings, settings.maxRetries + 1, credentialsOf(settings, logger));
  const digests = new ContentDigests(logger);
  digests.watch(client);
  const access = { settings, logger, client, conditions: new Conditions(logger), digests };
  const bottom = new S3Objects(access);
  const stacked = stack(bottom);
  const { identities } = settings.keys;
  const opened = identities.length === 0 ? null : new OpenedObjects(stacked, identities);
  const objects = opened ?? stacked;
  return {
    objects,
    backups: new S3Catalogue(access, objects, opened),
    archives: new S3Depot(access, objects),
    close: () => {
      client.destroy();
      bottom.close();
    },
  };
}

class S3Depot implements ArchiveDepot {
  readonly takes = 'bytes';

  constructor(
    private readonly access: S3Access,
    private readonly objects: ObjectStore,
  ) {}

  async checkWritable({ archive }: BackupRef): Promise<void> {
    await checkKeys(this.access.settings.keys);
    await this.learnOfLock();
    await tryUpload(this.access, archive.key);
    const id = newArchiveId();
    const stem = archive.key.slice(0, -ARCHIVE_SUFFIX.length);
    await probeConditions(this.access, `${stem}.${id}${ARCHIVE_SUFFIX}`, id);
  }

  private async learnOfLock(): Promise<void> {
    const lock = await objectLock(this.access);
    if (lock === null) return;
    const { digests, logger, settings } = this.access;
    digests.need();
    const until = lock.retention === null ? '' : `: nothing removes a backup for ${lock.retention}`;
    logger.info(`the bucket ${settings.bucket} has object lock${until}; a digest is sent with each part`);
  }

  checkPlace(): void {
    // A bucket takes archives everywhere.
  }

  makeFolder(): Promise<null> {
    return Promise.resolve(null);
  }

  compressionFault(): null {
    return null;
  }

  partBytesFor(estimatedBytes: number): number {
    return choosePartSize(estimatedBytes, this.access.settings.chunkSizeBytes);
  }

  begin(place: ArchivePlace): Promise<ArchiveWriter> {
    // A key that is too long is a rejection, as any other failure.
    return new Promise((resolve) => {
      resolve(new MultipartArchive(this.access, this.objects, place));
    });
  }
}
