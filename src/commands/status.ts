import { formatBytes, formatDuration, formatExact, formatTime, plural } from '../foundation/format.js';
import { PhaseliftError } from '../foundation/errors.js';
import { pickDrill, type DrillChoice } from '../fleet/drill.js';
import { healthOf, type HealthState } from '../fleet/health.js';
import type { StatusSettings } from '../inputs/settings.js';
import type { StatusLine } from '../report/run-report.js';
import { textTable } from '../report/text-table.js';
import { LOG_ROWS } from './backup-lines.js';
import type { CommandContext } from './context.js';
import { namesOnServer } from './databases.js';
import { databasesInStores, lookUp, sortDatabases, type FleetMember } from './fleet.js';

/**
 * Shows of every database whether its backups are well: of all that have backups, and where a server is given of all that it has.
 * Throws VERIFICATION with a line for each that is not.
 */
export async function status(settings: StatusSettings, context: CommandContext): Promise<void> {
  const { log, recorder } = context;
  const { source } = settings;
  const onServer = source === null ? [] : await namesOnServer({ ...settings, source }, context);
  const inStores = await databasesInStores(settings, context);
  const dropped = new Set(source === null ? [] : inStores.filter((name) => !onServer.includes(name)));
  const names = [...new Set([...onServer, ...inStores])].sort();
  const { meant, withoutRule } = sortDatabases(names, settings);
  const now = context.now();
  const members = await lookUp(meant, settings, context);
  const lines = worstFirst(members.map((member) => lineOf(member, dropped.has(member.database), now)));
  const { drill, isByInterval } = nextDrill(members, settings, now);
  recorder.set({ status: lines, drill });
  if (lines.length === 0) log.info(`there are no backups in ${context.store.backups.uri}`);
  else {
    log.group('Databases and their backups');
    for (const line of tableLines(lines)) log.info(line);
    log.endGroup();
  }
  for (const name of withoutRule) {
    const note = `no rule matches ${name}: it is not looked at`;
    log.info(note);
    recorder.note(note);
  }
  for (const line of drillLines(drill, isByInterval)) log.info(line);
  const unwell = lines.filter(({ state }) => state !== 'ok' && state !== 'shrunk');
  for (const line of lines.filter(({ state }) => state === 'shrunk')) log.warning(`${line.database}: ${line.reason}`);
  if (unwell.length === 0) {
    log.info(`${plural(lines.length, 'database')}: all are well`);
    return;
  }
  const heading = `${formatExact(unwell.length)} of ${plural(lines.length, 'database')} ${unwell.length === 1 ? 'is' : 'are'} not well:`;
  throw new PhaseliftError(
    'VERIFICATION',
    [heading, ...unwell.map(({ database, state, reason }) => `${database} is ${state}: ${reason}`)].join('\n'),
    { object: unwell[0]?.database },
  );
}

/** Which database is to be restored on trial next: by what the rules say of drills, or where none does, any. */
function nextDrill(
  members: readonly FleetMember[],
  { config }: StatusSettings,
  now: Date,
): { drill: DrillChoice | null; isByInterval: boolean } {
  const isByInterval = config?.rules.some(({ drillEveryMs }) => drillEveryMs !== null) ?? false;
  const candidates = members.map(({ database, rule, findings, provenAt }) => {
    return { database, newest: findings.backups[0] ?? null, provenAt, drillEveryMs: rule?.drillEveryMs ?? null };
  });
  return { drill: pickDrill(candidates, isByInterval, now), isByInterval };
}

function drillLines(drill: DrillChoice | null, isByInterval: boolean): string[] {
  if (drill === null) return isByInterval ? ['no database is to be restored on trial now'] : [];
  const { database, backupName, provenAt } = drill;
  const proven = provenAt === null ? 'never proven' : `proven last ${formatTime(provenAt.getTime())}`;
  return [`next to be restored on trial: ${backupName} of ${database} (${proven})`];
}

const BAD_FIRST: readonly HealthState[] = ['broken', 'missing', 'late', 'shrunk', 'ok'];

function worstFirst(lines: StatusLine[]): StatusLine[] {
  const rank = ({ state }: StatusLine): number => BAD_FIRST.indexOf(state);
  return lines.sort((a, b) => rank(a) - rank(b));
}

function lineOf({ database, findings, limits, provenAt }: FleetMember, isDropped: boolean, now: Date): StatusLine {
  const [newest = null, before = null] = findings.backups;
  const known = healthOf(findings, limits, now);
  // Nobody backs up what is not there any more; its last backup is kept for whoever wants it back.
  const health =
    isDropped && known.state === 'late'
      ? { state: 'ok' as const, reason: 'the server does not have it any more' }
      : known;
  return {
    database,
    ...health,
    newestBackup: newest?.name ?? null,
    takenAt: newest?.takenAt.toISOString() ?? null,
    ageSeconds: newest === null ? null : Math.max(0, Math.round((now.getTime() - newest.takenAt.getTime()) / 1000)),
    sizeBytes: newest?.sizeBytes ?? null,
    sizeBefore: before?.sizeBytes ?? null,
    rows: newest?.rows ?? null,
    rowsBefore: before?.rows ?? null,
    provenAt: provenAt?.toISOString() ?? null,
  };
}

const COLUMNS = [
  { head: 'DATABASE' },
  { head: 'STATE' },
  { head: 'AGE', right: true },
  { head: 'SIZE', right: true },
  { head: 'ROWS', right: true },
  { head: 'CHANGE', right: true },
];
const PROVEN = { head: 'PROVEN' };

/** With the day of the last proof, where anything was proven. */
function tableLines(lines: readonly StatusLine[]): string[] {
  const anyProven = lines.some(({ provenAt }) => provenAt !== null);
  const rows = lines
    .slice(0, LOG_ROWS)
    .map((line) => [
      line.database,
      line.state,
      line.ageSeconds === null ? '-' : formatDuration(line.ageSeconds * 1000),
      line.sizeBytes === null ? '-' : formatBytes(line.sizeBytes),
      line.rows === null ? '-' : formatExact(line.rows),
      changeOf(line),
      ...(anyProven ? [line.provenAt?.slice(0, 10) ?? '-'] : []),
    ]);
  const more = lines.length - rows.length;
  return [
    ...textTable(anyProven ? [...COLUMNS, PROVEN] : COLUMNS, rows),
    ...(more > 0 ? [`… and ${formatExact(more)} more`] : []),
  ];
}

/** Of the rows, since the backup before: `+2.1%`. */
function changeOf({ rows, rowsBefore }: StatusLine): string {
  if (rows === null || rowsBefore === null || rowsBefore === 0) return '-';
  const percent = ((rows - rowsBefore) / rowsBefore) * 100;
  return `${percent < 0 ? '' : '+'}${percent.toFixed(1)}%`;
}
