import { createHash } from 'node:crypto';
import { PhaseliftError } from '../foundation/errors.js';
import { formatDuration } from '../foundation/format.js';
import { input, phrase } from '../foundation/text.js';
import type { Settings } from '../inputs/settings.js';
import type { Connection } from '../postgres/connection.js';
import type { BackupRef } from '../store/backup-catalogue.js';
import type { Manifest } from '../store/manifest.js';
import { parseManifest } from '../store/manifest-text.js';
import type { CommandContext } from './context.js';

type AllSettings = Extract<Settings, { mode: 'all' }>;

const HOUR_MS = 3_600_000;
/** Within one run of a workflow, which may be run again for a month. */
const SAME_RUN_MS = 48 * HOUR_MS;
/** Where nobody tells runs apart: less than from one night to the next. */
const UNKNOWN_RUN_MS = 12 * HOUR_MS;

/**
 * What a backup by `mode: all` was made for: the target, and the run of the workflow (null: there is none). A digest, as a
 * manifest need not tell who has which servers.
 */
export function restoreKey({ host, port, database }: Connection, workflowRun: string | null): string {
  return createHash('sha256')
    .update(JSON.stringify([host, port, database, workflowRun]))
    .digest('hex');
}

/**
 * The backup that an earlier try of this same run has made and not restored, or not to the end: complete, under the name that
 * this run is to use, made for this very target in the same run of the workflow, and not old. Any other of that name is somebody's, and
 * null. With `isFilled` the target holds something: it is for the restore to say whether that is this backup. Then the newest
 * backup is looked at where none is named and a workflow's run tells whose it is. A store that cannot be read is told by the checks
 * of the backup.
 */
export async function ownBackup(
  settings: AllSettings,
  isFilled: boolean,
  context: CommandContext,
): Promise<BackupRef | null> {
  // Who overwrites wants a new one, as long as it can be restored.
  if (settings.force && !isFilled) return null;
  try {
    const ref = await candidate(settings, isFilled, context);
    const manifest = ref === null ? null : await manifestOf(ref, context);
    if (ref === null || manifest === null) return null;
    if (manifest.forRestore?.key !== restoreKey(settings.target, context.workflowRun)) return null;
    const ageMs = context.now().getTime() - Date.parse(manifest.summary.finishedAt);
    if (ageMs > (context.workflowRun === null ? UNKNOWN_RUN_MS : SAME_RUN_MS)) return null;
    tellOwn(manifest, ageMs, settings, context);
    return ref;
  } catch (error) {
    if (error instanceof PhaseliftError && error.code !== 'CANCELLED') return null;
    throw error;
  }
}

async function candidate(
  { database, backupName }: AllSettings,
  isFilled: boolean,
  { store, workflowRun }: CommandContext,
): Promise<BackupRef | null> {
  if (backupName !== null) return store.backups.locate(database, backupName);
  if (!isFilled || workflowRun === null) return null;
  const [newest] = await store.backups.listComplete(database);
  return newest?.ref ?? null;
}

/** null where the backup is not complete. */
async function manifestOf(ref: BackupRef, { store }: CommandContext): Promise<Manifest | null> {
  const { archive, manifest, belongs } = await store.backups.readManifest(ref);
  return archive === null || manifest === null || !belongs ? null : parseManifest(manifest.text, manifest.uri);
}

function tellOwn(
  { summary: { name, takenAt } }: Manifest,
  ageMs: number,
  settings: AllSettings,
  { log, recorder }: CommandContext,
): void {
  const age = formatDuration(Math.max(0, ageMs));
  const text = `going on with the backup ${name}, taken at ${takenAt} and complete for ${age}: an earlier try of this run has made it for ${settings.target.database}; there is no new backup`;
  recorder.note(text);
  log.warning(text);
  log.info(phrase`for a new one set ${input('force', true)}, or another ${input('backup-name')}`);
}
