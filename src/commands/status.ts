import pMap from 'p-map';
import { pickDrill, type DrillChoice } from '../fleet/drill.js';
import { healthOf, type Health, type HealthState, type ShrunkTable } from '../fleet/health.js';
import { PhaseliftError } from '../foundation/errors.js';
import { formatAge, formatBytes, formatCount, formatExact, formatTime, plural } from '../foundation/format.js';
import { input, phrase, type Text } from '../foundation/text.js';
import type { StatusSettings } from '../inputs/settings.js';
import { truncate, visibleLine } from '../report/escape.js';
import type { StatusLine } from '../report/run-report.js';
import { isNotOpened } from '../store/not-opened.js';
import type { CommandContext } from './context.js';
import { namesOnServer } from './databases.js';
import { membersOf, type FleetMember } from './fleet-members.js';
import {
  attempt,
  databasesInStores,
  namesInRules,
  someNames,
  sortDatabases,
  unmatchedNotes,
  type Refusal,
} from './fleet.js';
import { leftoversText, newestFacts } from './known-backups.js';
import { logTable } from './log-table.js';
import { findShrunkTables, shrunkText } from './shrunk-tables.js';
import { tellNotes } from './tell-notes.js';

/** Databases of which two manifests are read whole side by side: these may be large. */
const COMPARED_AT_ONCE = 2;
const TABLES_IN_OUTPUT = 20;

/**
 * Shows of every database whether its backups are well: of all that have backups, of those that rules name in full, and where a
 * server is given of all that it has. Throws VERIFICATION with a line for each that is not.
 */
export async function status(settings: StatusSettings, context: CommandContext): Promise<void> {
  const { log, recorder, signal } = context;
  const { source, config } = settings;
  const onServer = source === null ? null : await namesOnServer({ ...settings, source }, context);
  const { names: inStores, storesOf, refusals } = await databasesInStores(settings, context);
  const names = [...new Set([...(onServer ?? namesInRules(config)), ...inStores])].sort();
  const { meant, withoutRule, unfit } = sortDatabases(names, settings);
  const expected = new Set(onServer ?? namesInRules(config));
  const members = (await membersOf(meant, settings, context, 'all')).filter(
    // A folder of something else, as that of another rule's prefix.
    ({ database, isEmpty, store }) =>
      !isEmpty || expected.has(database) || [...(storesOf.get(database) ?? [])].some((other) => other !== store),
  );
  const lines = worstFirst([
    ...(await pMap(members, (member) => lineOf(member, isDropped(member, onServer), context), {
      concurrency: COMPARED_AT_ONCE,
      signal,
    })),
    ...unfit.map(({ database, reason }) => ({ ...UNKNOWN, database, state: 'missing' as const, reason })),
  ]);
  const { drill, isByInterval } = nextDrill(members, settings, context.now());
  recorder.set({ status: lines, drill });
  tell(lines, context);
  for (const line of drillLines(drill, isByInterval)) log.info(line);
  const alone = withoutRule.length === 0 ? [] : [`no rule matches ${someNames(withoutRule)}: not looked at`];
  tellNotes([...alone, ...unmatchedNotes(names, settings), ...leftoverNotes(members), ...trialNotes(members)], context);
  for (const line of lines.filter(({ state }) => state === 'shrunk')) log.warning(`${line.database}: ${line.reason}`);
  refuseUnwell(lines, refusals, context);
  log.info(`${plural(lines.length, 'database')}: all are well`);
}

const BAD_FIRST: readonly HealthState[] = ['broken', 'missing', 'late', 'shrunk', 'ok'];
/** Which database is to be restored on trial next: by what the rules say of drills, or where none does, any. */
function nextDrill(
  members: readonly FleetMember[],
  { config }: StatusSettings,
  now: Date,
): { drill: DrillChoice | null; isByInterval: boolean } {
  const isByInterval = config?.rules.some(({ drillEveryMs }) => drillEveryMs !== null) ?? false;
  const candidates = members.map(({ database, rule, findings, provenAt, unproven }) => ({
    database,
    newest: findings.backups[0] ?? null,
    provenAt,
    triedAt: unproven?.beganAt ?? null,
    drillEveryMs: rule?.drillEveryMs ?? null,
  }));
  return { drill: pickDrill(candidates, isByInterval, now), isByInterval };
}

function drillLines(drill: DrillChoice | null, isByInterval: boolean): string[] {
  if (drill === null) return isByInterval ? ['no database is to be restored on trial now'] : [];
  const { database, backupName, provenAt, triedAt } = drill;
  const proven = provenAt === null ? 'never proven' : `proven last ${formatTime(provenAt.getTime())}`;
  const tried = triedAt === null ? '' : `, tried last ${formatTime(triedAt.getTime())}`;
  return [`next to be restored on trial: ${backupName} of ${database} (${proven}${tried})`];
}

const UNWELL: readonly HealthState[] = ['broken', 'missing', 'late'];

/** One line for each database that is not well, whatever its name, and for each place that does not answer. Nothing at all is not well either. */
function refuseUnwell(lines: readonly StatusLine[], refusals: readonly Refusal[], { store }: CommandContext): void {
  const unwell = lines.filter(({ state }) => UNWELL.includes(state));
  const faults = [
    ...unwell.map(({ database, state, reason }) => visibleLine(`${database} is ${state}: ${reason}`)),
    ...refusals.map(({ uri, failure }) => visibleLine(`${uri} cannot be looked at: ${failure.message}`)),
  ];
  if (faults.length === 0 && lines.length > 0) return;
  if (faults.length === 0) {
    throw new PhaseliftError(
      'BACKUP_NOT_FOUND',
      `there are no backups of databases that are meant in ${store.backups.uri}`,
      {
        object: store.backups.uri,
        hint: phrase`Check where backups are (${input('s3-bucket')} and ${input('s3-prefix')}, or ${input('local-directory')}) and which databases are meant.`,
      },
    );
  }
  const verb = unwell.length === 1 ? 'is' : 'are';
  const heading = `${formatExact(unwell.length)} of ${plural(lines.length, 'database')} ${verb} not well:`;
  throw new PhaseliftError('VERIFICATION', [heading, ...faults].join('\n'), { object: unwell[0]?.database });
}

function worstFirst(lines: StatusLine[]): StatusLine[] {
  const rank = ({ state }: StatusLine): number => BAD_FIRST.indexOf(state);
  return lines.sort((a, b) => rank(a) - rank(b));
}

/** Nobody backs up what is not there any more; its last backup is kept for whoever wants it back. */
function isDropped({ database }: FleetMember, onServer: readonly string[] | null): boolean {
  return onServer !== null && !onServer.includes(database);
}

const UNKNOWN: Omit<StatusLine, 'database' | 'state' | 'reason'> = {
  newestBackup: null,
  takenAt: null,
  ageSeconds: null,
  sizeBytes: null,
  sizeBefore: null,
  rows: null,
  rowsBefore: null,
  shrunkTables: [],
  leftovers: 0,
  provenAt: null,
  triedAt: null,
};

async function lineOf(member: FleetMember, dropped: boolean, context: CommandContext): Promise<StatusLine> {
  const { database, findings, leftovers, provenAt, unproven, failure } = member;
  if (failure !== null) return { ...UNKNOWN, database, state: 'broken', reason: failure.message };
  const now = context.now();
  const [newest = null, before = null] = findings.backups;
  const known = knownHealth(member, dropped, now);
  const { health, tables } = await withTables(known, member, context);
  return {
    database,
    ...health,
    ...newestFacts(findings, now),
    sizeBytes: newest?.sizeBytes ?? null,
    sizeBefore: before?.sizeBytes ?? null,
    rows: newest?.rows ?? null,
    rowsBefore: before?.rows ?? null,
    shrunkTables: tables.slice(0, TABLES_IN_OUTPUT),
    leftovers: leftovers.length,
    provenAt: provenAt?.toISOString() ?? null,
    triedAt: unproven?.beganAt.toISOString() ?? null,
  };
}

function knownHealth({ findings, limits }: FleetMember, dropped: boolean, now: Date): Health {
  const health = healthOf(findings, limits, now);
  return dropped && (health.state === 'late' || health.state === 'missing')
    ? { state: 'ok', reason: 'the server does not have it any more, or it takes no connections' }
    : health;
}

/** With what the tables of the two newest backups say, where the rest is well. */
async function withTables(
  known: Health,
  member: FleetMember,
  context: CommandContext,
): Promise<{ health: Health; tables: ShrunkTable[] }> {
  if (UNWELL.includes(known.state)) return { health: known, tables: [] };
  const { done: tables, failure } = await attempt(() => findShrunkTables(member, context), context.signal);
  if (failure !== null && isNotOpened(failure)) {
    tellNotes([unseen(member.database)], context);
    return { health: known, tables: [] };
  }
  if (failure !== null) return { health: { state: 'broken', reason: failure.message }, tables: [] };
  if (tables.length === 0) return { health: known, tables };
  const [newest] = member.findings.backups;
  const all =
    known.state === 'shrunk' ? `${known.reason}: ` : `${newest?.name ?? ''} has fewer rows than the backup before it: `;
  return { health: { state: 'shrunk', reason: `${all}${shrunkText(tables)}` }, tables };
}

function unseen(database: string): Text {
  return phrase`the backups of ${database} are encrypted: ${input('max-shrink')} sees their rows in all, and those of each table only with ${input('decrypt-with')}`;
}

function leftoverNotes(members: readonly FleetMember[]): string[] {
  return members.flatMap(({ database, leftovers }) =>
    leftovers.length === 0 ? [] : [`${database} has ${leftoversText(leftovers)}`],
  );
}

function trialNotes(members: readonly FleetMember[]): string[] {
  return members.flatMap(({ database, unproven }) =>
    unproven === null
      ? []
      : [
          `${database}: the restore of ${unproven.backupName} on trial of ${formatTime(unproven.beganAt.getTime())} has left no proof: it failed, or is still at work`,
        ],
  );
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
/** With it the table fits 80 columns, and one of proofs. */
const NAME_WIDTH = 20;

function tell(lines: readonly StatusLine[], { log }: CommandContext): void {
  if (lines.length === 0) return;
  const anyProven = lines.some(({ provenAt }) => provenAt !== null);
  const cellsOf = (line: StatusLine): string[] => [
    truncate(visibleLine(line.database), NAME_WIDTH),
    line.state,
    line.ageSeconds === null ? '-' : formatAge(line.ageSeconds * 1000),
    line.sizeBytes === null ? '-' : formatBytes(line.sizeBytes),
    line.rows === null ? '-' : formatCount(line.rows),
    changeOf(line),
    ...(anyProven ? [line.provenAt?.slice(0, 10) ?? '-'] : []),
  ];
  log.group('Databases and their backups');
  for (const line of logTable(anyProven ? [...COLUMNS, PROVEN] : COLUMNS, lines, cellsOf)) log.info(line);
  log.endGroup();
}

/** Of the rows, since the backup before: `+2.1%`. */
function changeOf({ rows, rowsBefore }: StatusLine): string {
  if (rows === null || rowsBefore === null || rowsBefore === 0) return '-';
  const percent = ((rows - rowsBefore) / rowsBefore) * 100;
  return percent > 999 ? '>999%' : `${percent < 0 ? '' : '+'}${percent.toFixed(1)}%`;
}
