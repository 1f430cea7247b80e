import { messageOf } from '../foundation/errors.js';
import { formatBytes, formatDuration } from '../foundation/format.js';
import type { BackupSettings } from '../inputs/settings.js';
import type { TimeEstimate } from '../report/run-plan.js';
import type { Manifest } from '../store/manifest.js';
import { parseManifest } from '../store/manifest-text.js';
import type { Sizes } from './backup-preparation.js';
import type { CommandContext } from './context.js';

/** What a backup is likely to come to. */
export interface BackupEstimate {
  /** Of the archive as it is stored; null where nobody knows how far it can be compressed. */
  storedBytes: number | null;
  time: TimeEstimate;
}

/** By the newest backup of the database, where it was made as this one would be. */
export async function estimateBackup(
  settings: BackupSettings,
  measured: Sizes,
  context: CommandContext,
): Promise<BackupEstimate> {
  const last = await newestManifest(settings.database, context);
  return estimateBy(last, settings, measured);
}

/** Pure: the bytes and seconds of the last one, times what the source has grown by since. */
export function estimateBy(
  last: Manifest | null,
  { compress, dumpOptions }: Pick<BackupSettings, 'compress' | 'dumpOptions'>,
  { relations, estimatedBytes }: Sizes,
): BackupEstimate {
  const isPlain = compress === '0' || compress === 'none';
  const unknown = (basis: string): BackupEstimate => ({
    storedBytes: isPlain ? estimatedBytes : null,
    time: { seconds: null, basis },
  });
  if (last === null) return unknown('no earlier backup to estimate by');
  const { summary, source } = last;
  const { options } = source;
  const isSame = options.compress === compress && options.dumpOptions.join('\n') === dumpOptions.join('\n');
  if (!isSame) return unknown(`the last backup, ${summary.name}, was made with other options of pg_dump`);
  const tables = source.relations.filter(({ kind }) => kind === 'table');
  const known = new Set(tables.map(keyOf));
  // What pg_dump's options leave out is in no manifest: a table that is missing there may be new, or one of those.
  const now = relations.filter(
    (relation) => relation.kind === 'table' && (dumpOptions.length === 0 || known.has(keyOf(relation))),
  );
  const [before, after] = [bytesOf(tables), bytesOf(now)];
  const seconds = (Date.parse(summary.finishedAt) - Date.parse(summary.takenAt)) / 1000;
  if (before === 0 || seconds <= 0) return unknown(`the last backup, ${summary.name}, is too small to estimate by`);
  const growth = after / before;
  return {
    storedBytes: isPlain ? estimatedBytes : Math.round(summary.sizeBytes * growth),
    time: {
      seconds: round(seconds * growth),
      basis: `by the last backup, ${summary.name}: ${formatBytes(summary.sizeBytes)} in ${formatDuration(seconds * 1000)}`,
    },
  };
}

/** To a tenth. */
function round(seconds: number): number {
  return Math.round(seconds * 10) / 10;
}

function bytesOf(relations: readonly { sizeBytes: number }[]): number {
  return relations.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
}

function keyOf({ schema, name }: { schema: string; name: string }): string {
  return JSON.stringify([schema, name]);
}

/** null where there is none that can be read: that is no reason to have no plan. */
async function newestManifest(database: string, { store, log, signal }: CommandContext): Promise<Manifest | null> {
  try {
    const [newest] = await store.backups.listComplete(database);
    if (newest === undefined) return null;
    const { manifest } = await store.backups.readManifest(newest.ref);
    return manifest === null ? null : parseManifest(manifest.text, manifest.uri);
  } catch (error) {
    signal.throwIfAborted();
    log.debug(`no estimate by the last backup: ${messageOf(error)}`);
    return null;
  }
}
