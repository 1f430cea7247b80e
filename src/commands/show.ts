import { mapTotals } from '../archive/map-totals.js';
import { formatBytes, formatExact, plural } from '../foundation/format.js';
import type { ShowSettings } from '../inputs/settings.js';
import { contentsOutput } from '../report/contents-output.js';
import { visibleLine } from '../report/escape.js';
import type { BackupContents, RoleContents, TableContents } from '../report/run-report.js';
import { backupContents } from './backup-contents.js';
import { findBackup, readBackup } from './chosen-backup.js';
import type { CommandContext } from './context.js';
import { logTable } from './log-table.js';
import { tellNotes } from './tell-notes.js';

/** Shows what one backup holds. Needs the store only, and reads no more of the archive than its TOC. */
export async function show(settings: ShowSettings, context: CommandContext): Promise<void> {
  const { store, log, recorder } = context;
  const ref = await findBackup(settings.database, settings.backupName, context);
  recorder.set({ backupName: ref.name, backupUri: ref.archive.uri, manifestUri: ref.manifest.uri });
  const { head, map, relations } = await readBackup(ref, store.backups.namesOneArchive, context);
  const { tables: tableCount, rows: rowCount } = mapTotals(map);
  const contents = backupContents(head, map, relations);
  recorder.set({ contents, sizeBytes: map.sizeBytes, tableCount, rowCount });

  log.group(`Contents of ${ref.archive.uri}`);
  for (const line of tableLines(contents.tables)) log.info(line);
  log.endGroup();
  log.info(`${plural(contents.schemas.length, 'schema')}: ${contents.schemas.join(', ')}`);
  const others = othersText(contents);
  if (others !== '') log.info(`besides: ${others}`);
  for (const line of roleLines(contents.roles)) log.info(line);
  const { leftOut } = contentsOutput(contents);
  if (leftOut === 0) return;
  const shown = contents.tables.length - leftOut;
  const note = `the output \`contents\` has the largest ${formatExact(shown)} of ${formatExact(contents.tables.length)} tables: more do not fit`;
  tellNotes([note], context);
}

const COLUMNS = [
  { head: 'TABLE' },
  { head: 'ROWS', right: true },
  { head: 'SIZE', right: true },
  { head: 'AT SOURCE', right: true },
  { head: 'INDEXES', right: true },
  { head: 'AT SOURCE', right: true },
];

function tableLines(tables: readonly TableContents[]): string[] {
  const size = (bytes: number | null): string => (bytes === null ? '-' : formatBytes(bytes));
  const cellsOf = ({ schema, name, rows, sizeBytes, sourceBytes, indexes }: TableContents): string[] => [
    `${schema}.${name}`,
    rows === null ? '-' : formatExact(rows),
    size(sizeBytes),
    size(sourceBytes),
    formatExact(indexes.length),
    size(bytesOf(indexes)),
  ];
  return logTable(COLUMNS, tables, cellsOf, 'smaller ones');
}

/** Null when there are none, or where nobody knows. */
function bytesOf(indexes: TableContents['indexes']): number | null {
  const known = indexes.flatMap(({ sourceBytes }) => (sourceBytes === null ? [] : [sourceBytes]));
  return known.length === 0 ? null : known.reduce((sum, bytes) => sum + bytes, 0);
}

/** `FUNCTION 3, VIEW 12`. */
function othersText({ others }: BackupContents): string {
  return Object.entries(others)
    .map(([kind, count]) => `${kind} ${formatExact(count)}`)
    .join(', ');
}

const ROLE_COLUMNS = [
  { head: 'ROLE' },
  { head: 'OWNS', right: true },
  { head: 'GRANTS', right: true },
  { head: 'DEFAULTS', right: true },
  { head: 'POLICIES', right: true },
  { head: 'MAPPINGS', right: true },
];

/** What has to be on the server of a restore that keeps owners or privileges. */
function roleLines(roles: readonly RoleContents[]): string[] {
  if (roles.length === 0) return [];
  const cellsOf = (role: RoleContents): string[] => [
    visibleLine(role.name),
    ...[role.owns, role.privileges, role.defaultPrivileges, role.policies, role.userMappings].map(formatExact),
  ];
  return [
    `it names ${plural(roles.length, 'role')}, which are no part of it:`,
    ...logTable(ROLE_COLUMNS, roles, cellsOf),
  ];
}
