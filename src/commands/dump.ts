import type { ArchiveContents } from '../archive/types.js';
import type { BackupSettings } from '../inputs/settings.js';
import type { Sessions } from '../postgres/sessions.js';
import type { CatalogRelation } from '../postgres/source-catalog.js';
import type { Toolbox } from '../postgres/toolbox.js';
import type { ArchiveIdentity } from '../store/archive-writer.js';
import type { Manifest } from '../store/manifest.js';
import type { ObjectInfo } from '../store/object-store.js';

/** What is to be dumped. */
export interface Dump {
  settings: BackupSettings;
  toolbox: Toolbox;
  /** Opens sessions on the source. */
  sessions: Sessions;
  /** So many sessions read, at least 1. */
  readers: number;
  /** Tables and indexes of the source, as they were before the dump began. */
  relations: readonly CatalogRelation[];
  /** Of the archive, before compression. */
  estimatedBytes: number;
  /** The manifest of the archive, by what was seen of it while it went by. */
  describe(contents: ArchiveContents, identity: ArchiveIdentity): Manifest;
}

/** An archive that is complete, and that is no backup before it is published. */
export interface DumpedArchive extends ArchiveContents {
  info: ObjectInfo;
}

/** Bytes that the archive is going to have; null when nobody knows how far it can be compressed. */
export function expectedBytes({ settings, estimatedBytes }: Dump): number | null {
  return settings.compress === '0' || settings.compress === 'none' ? estimatedBytes : null;
}
