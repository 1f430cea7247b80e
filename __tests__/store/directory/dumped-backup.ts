import { cp } from 'node:fs/promises';
import type { BackupRef } from '../../../src/store/backup-catalogue.js';
import type { DirectoryStore } from '../../../src/store/directory/directory-store.js';
import type { PartialDirectory } from '../../../src/store/directory/partial-directory.js';
import { NO_LEFTOVERS } from '../no-leftovers.js';

/** Begins a backup, as if pg_dump had written it. Without `overwrite` nothing may give way to it. */
export async function dumpedBackup(
  { archives }: DirectoryStore,
  ref: BackupRef,
  files: string,
  overwrite = false,
): Promise<PartialDirectory> {
  const replaces = { state: overwrite ? 'complete' : 'nothing', archive: null, isLeftover: false } as const;
  const { signal } = new AbortController();
  const partial = await archives.begin({ ref, replaces, estimatedBytes: 0, leftovers: NO_LEFTOVERS, signal });
  await cp(files, partial.path, { recursive: true });
  return partial;
}
