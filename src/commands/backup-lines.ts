import { formatBytes, formatExact, formatMinute } from '../foundation/format.js';
import type { BackupLine } from '../report/run-report.js';
import type { StoredBackup } from '../store/backup-catalogue.js';
import { logTable } from './log-table.js';

/** A stored backup as log, summary and output show it. */
export function backupLine({ ref, state, summary, sizeBytes, lastModified, proof }: StoredBackup): BackupLine {
  return {
    name: ref.name,
    takenAt: summary?.takenAt ?? null,
    finishedAt: summary?.finishedAt ?? null,
    sizeBytes,
    rows: summary?.rows ?? null,
    tables: summary?.tables ?? null,
    serverVersion: summary?.serverVersion ?? null,
    dumpVersion: summary?.dumpVersion ?? null,
    phaseliftVersion: summary?.phaseliftVersion ?? null,
    state,
    lastModified: lastModified.toISOString(),
    provenAt: proof?.provenAt ?? null,
  };
}

const COLUMNS = [
  { head: 'NAME' },
  { head: 'TAKEN (UTC)' },
  { head: 'SIZE', right: true },
  { head: 'ROWS', right: true },
  { head: 'SERVER' },
  { head: 'STATE' },
];
/** Where anything was proven: there is no room for both. */
const SERVER_AT = COLUMNS.findIndex(({ head }) => head === 'SERVER');
const PROVEN = { head: 'PROVEN' };

/** Short enough for a line of 80 columns. */
const STATES: Readonly<Record<string, string>> = {
  'unreadable manifest': 'unreadable',
  'manifest of another archive': 'mismatched',
};

/** The list for the log: it fits 80 columns where names are those that backups get by themselves. Summary and output have more. */
export function backupTableLines(lines: readonly BackupLine[]): string[] {
  const anyProven = lines.some(({ provenAt }) => provenAt !== null);
  const cellsOf = (line: BackupLine): string[] => [
    line.name,
    line.takenAt === null ? '-' : formatMinute(Date.parse(line.takenAt)),
    line.sizeBytes === null ? '-' : formatBytes(line.sizeBytes),
    line.rows === null ? '-' : formatExact(line.rows),
    // Without the remarks of distributions: `17.2 (Debian 17.2-1)`.
    anyProven ? (line.provenAt?.slice(0, 10) ?? '-') : (line.serverVersion?.split(' ')[0] ?? '-'),
    STATES[line.state] ?? line.state,
  ];
  return logTable(anyProven ? COLUMNS.with(SERVER_AT, PROVEN) : COLUMNS, lines, cellsOf, 'older ones');
}
