/** Which backups stand in the folder of a database. */
import { lstat, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { TOC_FILE } from '../../archive/directory-head.js';
import { messageOf, PhaseliftError } from '../../foundation/errors.js';
import type { Logger } from '../../foundation/logger.js';
import type { BackupRef, ListedProof, PendingUpload, StoredBackup } from '../backup-catalogue.js';
import type { ManifestSummary } from '../manifest.js';
import { readSummary, SUMMARY_PREFIX_BYTES } from '../manifest-text.js';
import { backupNameFault, MANIFEST_SUFFIX, nameFault, PROOF_SUFFIX } from '../names.js';
import { proofRefOf } from '../proofs.js';
import { atPath } from './errors.js';
import { hiddenDirectory } from './hidden-names.js';
import { nameFaultInDirectory } from './layout.js';
import { readManifestStart } from './manifest-file.js';
import { bytesOfFiles, nullIfMissing } from './small-files.js';
import { atStanding, isWhole, type Standing } from './standing.js';

/** Names in a folder; none where there is no folder. */
export async function namesIn(folder: string): Promise<string[]> {
  return (await atPath('list', folder, () => readdir(folder).catch(nullIfMissing))) ?? [];
}

/** Names of the folders in a directory that may be those of databases. */
export async function foldersIn(directory: string): Promise<string[]> {
  const names = (await namesIn(directory)).filter((name) => nameFault(name) === null);
  const areFolders = await Promise.all(
    names.map((name) =>
      atPath(
        'read',
        join(directory, name),
        async () => (await stat(join(directory, name)).catch(nullIfMissing))?.isDirectory() === true,
      ),
    ),
  );
  return names.filter((_name, at) => areFolders[at]);
}

/** Backups by name in a folder: those with a manifest, and directories that pg_dump has finished, also when moved aside. */
export async function backupNamesIn(folder: string): Promise<string[]> {
  const found = new Set<string>();
  for (const name of await namesIn(folder)) {
    const hidden = hiddenDirectory(name);
    if (name.endsWith(MANIFEST_SUFFIX)) found.add(name.slice(0, -MANIFEST_SUFFIX.length));
    else if (name.endsWith(PROOF_SUFFIX) || (hidden !== null && hidden.kind !== 'replaced')) continue;
    else if (await isWhole(join(folder, name))) found.add(hidden?.backupName ?? name);
  }
  return [...found].filter((name) => backupNameFault(name) === null);
}

/** Proofs in a folder, newest written first. */
export async function proofsIn(folder: string, locate: (name: string) => BackupRef): Promise<ListedProof[]> {
  const found: ListedProof[] = [];
  for (const file of await namesIn(folder)) {
    const name = file.slice(0, -PROOF_SUFFIX.length);
    if (!file.endsWith(PROOF_SUFFIX) || nameFaultInDirectory(name) !== null) continue;
    const ref = locate(name);
    const object = proofRefOf(ref);
    const time = await timeOf(object.key);
    if (time !== null) found.push({ ref, object, lastModified: new Date(time) });
  }
  return found.sort((a, b) => b.lastModified.getTime() - a.lastModified.getTime());
}

/** What stands under a backup's name. null when nothing does (any more). */
export async function backupUnderName(ref: BackupRef, log: Logger, withSize: boolean): Promise<StoredBackup | null> {
  let found: StoredBackup | null = null;
  await atStanding(ref.archive.key, async (standing) => {
    found = await lookAt(standing, ref, log, withSize);
    // What is not complete may have been moved while it was looked at.
    return found?.state === 'complete' ? found : null;
  });
  return found;
}

async function lookAt(
  { directory, manifest }: Standing,
  ref: BackupRef,
  log: Logger,
  withSize: boolean,
): Promise<StoredBackup | null> {
  const [archiveTime, manifestTime] = [await timeOf(join(directory, TOC_FILE)), await timeOf(manifest)];
  const summary = manifestTime === null ? null : await summaryOf(manifest, log);
  const times = [archiveTime, manifestTime].filter((time) => time !== null);
  if (times.length === 0) return null;
  const readable = summary === null ? 'unreadable manifest' : 'complete';
  return {
    ref,
    state: archiveTime === null ? 'no archive' : manifestTime === null ? 'no manifest' : readable,
    summary,
    sizeBytes: archiveTime === null || !withSize ? null : await bytesOfFiles(directory),
    lastModified: new Date(Math.max(...times)),
  };
}

/**
 * The directories of backups that were begun and not published, by the last sign of life of who makes them, and what is to be
 * removed. What was moved aside and not replaced is a backup, and none of these.
 */
export async function partialsIn(folder: string, locate: (name: string) => BackupRef): Promise<PendingUpload[]> {
  const found: PendingUpload[] = [];
  for (const uploadId of await namesIn(folder)) {
    const hidden = hiddenDirectory(uploadId);
    if (hidden === null || backupNameFault(hidden.backupName) !== null) continue;
    const name = hidden.backupName;
    if (hidden.kind === 'replaced' && !(await isWhole(join(folder, name)))) continue;
    const time = await timeOf(join(folder, uploadId));
    if (time !== null) found.push({ object: locate(name).archive, uploadId, startedAt: new Date(time) });
  }
  return found.sort((a, b) => a.startedAt.getTime() - b.startedAt.getTime());
}

async function summaryOf(manifest: string, log: Logger): Promise<ManifestSummary | null> {
  try {
    const prefix = await readManifestStart(manifest, SUMMARY_PREFIX_BYTES);
    return prefix === null ? null : readSummary(prefix, manifest);
  } catch (error) {
    if (!(error instanceof PhaseliftError) || error.code !== 'MANIFEST') throw error;
    log.warning(`left out of the list: ${messageOf(error)}`);
    return null;
  }
}

/** Milliseconds; null when nothing is there. */
async function timeOf(path: string): Promise<number | null> {
  const follow = path.endsWith(TOC_FILE) ? lstat : stat;
  return atPath('read', path, async () => (await follow(path).catch(nullIfMissing))?.mtimeMs ?? null);
}
