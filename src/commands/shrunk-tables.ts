/** Which tables have fewer rows in a database's newest backup than in the one before: by the manifests of these two. */
import { shrunkTables, type ShrunkTable } from '../fleet/health.js';
import { formatExact } from '../foundation/format.js';
import { backupContents } from './backup-contents.js';
import { readBackup } from './chosen-backup.js';
import type { CommandContext } from './context.js';
import type { FleetMember } from './fleet-members.js';

const TABLES_NAMED = 5;

/** None where there is no limit, or only one backup. Throws what a read of a manifest or of an archive's head throws. */
export async function findShrunkTables(
  { database, store, limits: { maxShrink }, findings }: FleetMember,
  context: CommandContext,
): Promise<ShrunkTable[]> {
  const [newest, before] = findings.backups;
  if (maxShrink === null || newest === undefined || before === undefined) return [];
  const rowsOf = async (name: string): Promise<Map<string, number>> => {
    const backup = await readBackup(store.backups.locate(database, name), false, { ...context, store });
    const { tables } = backupContents(backup.head, backup.map, []);
    return new Map(
      tables.flatMap(({ schema, name: table, rows }) => (rows === null ? [] : [[`${schema}.${table}`, rows]])),
    );
  };
  return shrunkTables(await rowsOf(before.name), await rowsOf(newest.name), maxShrink);
}

/** `app.orders (10 rows of 1,000)`, some of them. */
export function shrunkText(tables: readonly ShrunkTable[]): string {
  const named = tables
    .slice(0, TABLES_NAMED)
    .map(({ table, rows, rowsBefore }) => `${table} (${formatExact(rows)} rows of ${formatExact(rowsBefore)})`);
  const more = tables.length - named.length;
  return `${named.join(', ')}${more > 0 ? ` and ${formatExact(more)} more tables` : ''}`;
}
