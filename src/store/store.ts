import type { ArchiveDepot } from './archive-writer.js';
import type { BackupCatalogue } from './backup-catalogue.js';
import type { ObjectStore } from './object-store.js';

/** Where backups live: its objects, which of them are backups, and the way in for new ones. */
export interface Store {
  readonly objects: ObjectStore;
  readonly backups: BackupCatalogue;
  readonly archives: ArchiveDepot;
  close(): void;
}
