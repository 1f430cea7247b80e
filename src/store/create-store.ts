import type { Logger } from '../foundation/logger.js';
import { phrase, plain } from '../foundation/text.js';
import { createDirectoryStore, type DirectorySettings } from './directory/directory-store.js';
import { createS3Store } from './s3/s3-store.js';
import type { S3Settings } from './s3/settings.js';
import type { Store } from './store.js';

/** Where backups live. */
export type StoreSettings = ({ kind: 's3' } & S3Settings) | ({ kind: 'directory' } & DirectorySettings);

/** Opens nothing yet: the first request does. */
export function createStore(settings: StoreSettings, log: Logger): Store {
  if (settings.kind === 'directory') return createDirectoryStore(settings, log);
  if (!settings.verifySsl) {
    log.warning(
      phrase`${plain('s3-verify-ssl')} is false: whoever stands between here and the S3 server can read and change backups`,
    );
  }
  return createS3Store(settings, log);
}
