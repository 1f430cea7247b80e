/** Where in a bucket things are: `PREFIX/DATABASE/NAME.dump` and what is beside it, or the one object that `s3-uri` names. */
import type { BackupRef } from '../backup-catalogue.js';
import { aheadKeyOf, canBeAhead, databaseFolder, keysOf, keysOfExact, trimPrefix } from '../names.js';
import type { ObjectRef } from '../object-store.js';
import { uriOf } from './client.js';
import type { S3Settings } from './settings.js';

export class S3Layout {
  constructor(private readonly settings: S3Settings) {}

  /** For logs. */
  get uri(): string {
    const { bucket, exactKey, prefix } = this.settings;
    const place = exactKey ?? trimPrefix(prefix);
    return place === '' ? `s3://${bucket}` : uriOf(this.settings, place);
  }

  /** Throws INPUT for names that would leave the prefix or make too long a key. */
  locate(database: string, name: string): BackupRef {
    const { exactKey, prefix } = this.settings;
    const keys = exactKey === null ? keysOf(prefix, database, name) : keysOfExact(exactKey);
    const object = (key: string): ObjectRef => ({ key, uri: uriOf(this.settings, key) });
    return { database, name, archive: object(keys.archive), manifest: object(keys.manifest) };
  }

  /** Where the folders of databases are; null as in `folderOf`. */
  get root(): string | null {
    const { exactKey, prefix } = this.settings;
    const trimmed = trimPrefix(prefix);
    return exactKey !== null ? null : trimmed === '' ? '' : `${trimmed}/`;
  }

  /** null: whoever asked for one exact object did not ask for what else is in its folder. */
  folderOf(database: string): string | null {
    const { exactKey, prefix } = this.settings;
    return exactKey === null ? databaseFolder(prefix, database) : null;
  }
}

/** The place of a manifest that is written ahead of the archive with this id. Throws INPUT for too long a key. */
export function locateAhead({ manifest }: BackupRef, archiveId: string): ObjectRef {
  const key = aheadKeyOf(manifest.key, archiveId);
  return { key, uri: manifest.uri.slice(0, -manifest.key.length) + key };
}

/** The same; null where there can be none. */
export function aheadRefOf(ref: BackupRef, archiveId: string | null): ObjectRef | null {
  return archiveId === null || !canBeAhead(ref.manifest.key) ? null : locateAhead(ref, archiveId);
}
