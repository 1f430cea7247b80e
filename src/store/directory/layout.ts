/** Where in a directory things are: `DIR/DATABASE/NAME/`, and beside it `NAME.manifest.json` and `NAME.proof.json`. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { TOC_FILE } from '../../archive/directory-head.js';
import type { BackupRef } from '../backup-catalogue.js';
import { backupNameFault, databaseFolder, MANIFEST_SUFFIX, PROOF_SUFFIX } from '../names.js';
import { HIDDEN_NAME_BYTES } from './hidden-names.js';

/** What the directory itself is: a place for backups, one archive of pg_dump, or one that pg_dump has not finished. */
export type Nature = 'place' | 'archive' | 'half an archive';

/** By its names; what cannot be listed is taken for a place. */
export function natureOf(path: string): Nature {
  let names: string[];
  try {
    names = readdirSync(path);
  } catch {
    // The first method that needs it says why it cannot be read.
    return 'place';
  }
  if (names.includes(TOC_FILE)) return 'archive';
  return names.some((name) => /^\d+\.dat(?:\.(?:gz|lz4|zst))?$/.test(name)) ? 'half an archive' : 'place';
}

/** The manifest of a directory that has just taken its name. No file of pg_dump is called so, and its tools do not look at it. */
export const INSIDE_MANIFEST = 'phaselift.manifest.json';

/** Where the backups of a database are, below the directory. Throws INPUT for a name that would leave it. */
export function folderOf(path: string, database: string): string {
  return join(path, databaseFolder('', database).replace(/\/$/, ''));
}

/** The backup whose archive is at that path. */
export function refAt(database: string, name: string, path: string): BackupRef {
  const manifest = `${path}${MANIFEST_SUFFIX}`;
  return { database, name, archive: { key: path, uri: path }, manifest: { key: manifest, uri: manifest } };
}

/** Why this cannot be the name of a backup in a directory, or null when it can. */
export function nameFaultInDirectory(name: string): string | null {
  return backupNameFault(name) ?? lengthFault(name);
}

/** File systems have room for 255 bytes, and what is beside the backup needs some of them. */
function lengthFault(name: string): string | null {
  const most = 255 - HIDDEN_NAME_BYTES;
  const bytes = Buffer.byteLength(name);
  if (bytes > most) return `it is ${bytes} bytes long, in a directory at most ${most} are possible`;
  if (name.endsWith(MANIFEST_SUFFIX)) return `it ends like a manifest (${MANIFEST_SUFFIX})`;
  return name.endsWith(PROOF_SUFFIX) ? `it ends like a proof (${PROOF_SUFFIX})` : null;
}
