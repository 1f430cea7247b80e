import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';

/** A folder in which packages keep one folder per major version of PostgreSQL, each with a `bin`. */
export interface VersionedRoot {
  folder: string;
  /** Matches the names of the versions' folders; the first group is the major version. */
  name: RegExp;
}

/** Debian and Ubuntu, Fedora and RHEL (PGDG), Homebrew on ARM and Intel, EDB's installer on macOS. */
export const VERSIONED_ROOTS: readonly VersionedRoot[] = [
  { folder: '/usr/lib/postgresql', name: /^(\d+)$/ },
  { folder: '/usr', name: /^pgsql-(\d+)$/ },
  { folder: '/opt/homebrew/opt', name: /^postgresql@(\d+)$/ },
  { folder: '/usr/local/opt', name: /^postgresql@(\d+)$/ },
  { folder: '/Library/PostgreSQL', name: /^(\d+)$/ },
];

/** The `bin` directories that exist, newest major version first. */
export async function versionedDirectories(roots: readonly VersionedRoot[]): Promise<string[]> {
  const found: { major: number; bin: string }[] = [];
  for (const { folder, name } of roots) {
    // A folder that is not there is the usual case.
    for (const entry of await readdir(folder).catch(() => [])) {
      const major = name.exec(entry)?.[1];
      const bin = join(folder, entry, 'bin');
      if (major !== undefined && existsSync(bin)) found.push({ major: Number(major), bin });
    }
  }
  return found.sort((a, b) => b.major - a.major).map(({ bin }) => bin);
}
