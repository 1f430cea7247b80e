import { formatExact, plural } from '../foundation/format.js';
import type { FleetSettings } from '../inputs/settings.js';
import type { BackupLine, FleetLine } from '../report/run-report.js';
import type { Inventory, StoredBackup } from '../store/backup-catalogue.js';
import { backupLine } from './backup-lines.js';
import type { CommandContext } from './context.js';
import { FleetOutcome } from './fleet-outcome.js';
import { lookUp } from './fleet.js';
import { findingsOf, isEmpty, leftoversIn, leftoversText } from './known-backups.js';
import { outputNotes } from './list.js';
import { tellNotes } from './tell-notes.js';

/** Shows what there is of each database: a line for each, and all backups in the output. */
export async function listFleet(fleet: FleetSettings, context: CommandContext): Promise<void> {
  const { log, recorder, store } = context;
  const outcome = new FleetOutcome();
  const meant = await outcome.find(fleet, context);
  const lines: BackupLine[] = [];
  const all = await lookUp(meant, fleet, context, (one) => one.store.backups.takeInventory(one.database));
  for (const { database, done, failure } of all) {
    if (failure !== null) outcome.failed(database, failure);
    else if (!isEmpty(done)) {
      lines.push(...linesOf(database, done.backups));
      const facts = factsOf(done.backups, context.now());
      const { unreadable } = findingsOf(done.backups, context.now());
      if (unreadable !== null) outcome.unreadable(database, unreadable, facts);
      else outcome.done(database, textOf(done), facts);
    }
  }
  const sorted = newestFirst(lines);
  recorder.set({ backups: sorted });
  outcome.tell('Databases and their backups', context);
  if (outcome.lines.length === 0) log.info(`there are no backups in ${store.backups.uri}`);
  else {
    const complete = sorted.filter(({ state }) => state === 'complete').length;
    log.info(`${plural(complete, 'complete backup')} of ${plural(outcome.lines.length, 'database')}`);
  }
  tellNotes(outputNotes(sorted), context);
  outcome.throwIfFailed();
}

/** Backups of a database among those of others. */
export function linesOf(database: string, backups: readonly StoredBackup[]): BackupLine[] {
  return backups.map((backup) => ({ database, ...backupLine(backup) }));
}

/** By the time they were taken, or written where that is not known. */
export function newestFirst(lines: readonly BackupLine[]): BackupLine[] {
  const time = ({ takenAt, lastModified }: BackupLine): number => Date.parse(takenAt ?? lastModified);
  return lines.toSorted((a, b) => time(b) - time(a));
}

/** What a line of a table has of a database's backups. */
export function factsOf(
  backups: readonly StoredBackup[],
  now: Date,
): Pick<FleetLine, 'backups' | 'sizeBytes' | 'newestBackup' | 'takenAt'> {
  const [newest] = findingsOf(backups, now).backups;
  return {
    backups: backups.filter(({ state }) => state === 'complete').length,
    sizeBytes: backups.reduce((sum, { sizeBytes }) => sum + (sizeBytes ?? 0), 0),
    newestBackup: newest?.name ?? null,
    takenAt: newest?.takenAt.toISOString() ?? null,
  };
}

function textOf(inventory: Inventory): string {
  const foreign = inventory.backups.filter(({ ref, summary }) => summary !== null && summary.database !== ref.database);
  const strangers = foreign.length === 0 ? '' : `${formatExact(foreign.length)} of another database`;
  return [leftoversText(leftoversIn(inventory)), strangers].filter((text) => text !== '').join('; ');
}
