import { PhaseliftError } from '../foundation/errors.js';
import { formatExact } from '../foundation/format.js';
import { nearTitles } from '../plan/name-patterns.js';
import type { BackupCatalogue, BackupRef } from '../store/backup-catalogue.js';

/** What there is in place of what was asked for and is not there: for the hints of errors. */

const NAMED = 10;

/** `shop, app and 3 more`: those that are like the name come first. Empty where there are none. */
export function namesInstead(asked: string, names: readonly string[]): string {
  const others = names.filter((name) => name !== asked);
  const near = nearTitles(
    asked,
    others.map((name) => ({ name, title: name })),
  );
  const shown = [...new Set([...near, ...others])].slice(0, NAMED);
  const more = others.length - shown.length;
  return `${shown.join(', ')}${more > 0 ? ` and ${formatExact(more)} more` : ''}`;
}

/** `There are backups of shop, app.` Empty where there are none. It never throws: what is told beside it matters more. */
export async function databasesInstead(asked: string, backups: BackupCatalogue): Promise<string> {
  const names = await quietly(async () => (await backups.listDatabases()).sort());
  const others = namesInstead(asked, names);
  return others === '' ? '' : `There are backups of ${others}.`;
}

/** `Of shop there are 20260714-031700, 20260713-031700.`, the newest first, or else the databases that have backups. */
export async function backupsInstead({ database, name }: BackupRef, backups: BackupCatalogue): Promise<string> {
  const names = await quietly(async () => (await backups.listComplete(database)).map(({ ref }) => ref.name));
  const others = namesInstead(name, names);
  return others === '' ? databasesInstead(database, backups) : `Of ${database} there are ${others}.`;
}

async function quietly(look: () => Promise<string[]>): Promise<string[]> {
  try {
    return await look();
  } catch (error) {
    if (error instanceof PhaseliftError) return [];
    throw error;
  }
}
