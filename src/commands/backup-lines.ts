import { formatBytes, formatExact, formatTime } from '../foundation/format.js';
import type { BackupLine } from '../report/run-report.js';
import { textTable } from '../report/text-table.js';
import type { StoredBackup } from '../store/backup-catalogue.js';

/** Rows of a table in the log; the summary and the output have further ones. */
export const LOG_ROWS = 1000;

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
  { head: 'TAKEN' },
  { head: 'SIZE', right: true },
  { head: 'ROWS', right: true },
  { head: 'TABLES', right: true },
  { head: 'SERVER' },
  { head: 'PG_DUMP' },
  { head: 'STATE' },
];
const PROVEN = { head: 'PROVEN' };

/** The list for the log; when they were proven, where any of them was. */
export function backupTableLines(lines: readonly BackupLine[]): string[] {
  const anyProven = lines.some(({ provenAt }) => provenAt !== null);
  const rows = lines
    .slice(0, LOG_ROWS)
    .map((line) => [
      line.name,
      line.takenAt === null ? '-' : formatTime(Date.parse(line.takenAt)),
      line.sizeBytes === null ? '-' : formatBytes(line.sizeBytes),
      line.rows === null ? '-' : formatExact(line.rows),
      line.tables === null ? '-' : formatExact(line.tables),
      line.serverVersion ?? '-',
      line.dumpVersion ?? '-',
      line.state,
      ...(anyProven ? [line.provenAt?.slice(0, 10) ?? '-'] : []),
    ]);
  const more = lines.length - rows.length;
  return [
    ...textTable(anyProven ? [...COLUMNS, PROVEN] : COLUMNS, rows),
    ...(more > 0 ? [`… and ${formatExact(more)} older ones`] : []),
  ];
}
