import { PhaseliftError } from '../foundation/errors.js';
import { formatAge, formatBytes, formatExact, plural } from '../foundation/format.js';
import { isDue } from '../fleet/health.js';
import type { DatabasesSettings } from '../inputs/settings.js';
import { exitError } from '../postgres/exit-message.js';
import { readServerDatabases, type PassedOver, type ServerDatabase } from '../postgres/server-databases.js';
import { Sessions } from '../postgres/sessions.js';
import { MATRIX_JOBS, matrixOutput } from '../report/fleet-output.js';
import { truncate, visibleLine } from '../report/escape.js';
import type { DatabaseLine } from '../report/run-report.js';
import type { CommandContext } from './context.js';
import { membersOf, type FleetMember } from './fleet-members.js';
import { sortDatabases, someNames, unmatchedNotes } from './fleet.js';
import { newestFacts } from './known-backups.js';
import { logTable } from './log-table.js';
import { tellNotes } from './tell-notes.js';

/** Shows what a server has, which backups there are of it, and which databases are to be backed up now. Changes nothing. */
export async function databases(settings: DatabasesSettings, context: CommandContext): Promise<void> {
  const { log, recorder } = context;
  const { databases: found, passedOver } = await readServer(settings, context);
  const names = found.map(({ name }) => name);
  const sorted = sortDatabases(names, settings);
  refuseNothing(sorted.meant.length + sorted.withoutRule.length + sorted.unfit.length, found, settings);
  const serverOf = new Map(found.map((database) => [database.name, database]));
  const members = await membersOf(sorted.meant, settings, context, 'newest');
  refuseSilence(members);
  const now = context.now();
  const lines = mostUrgentFirst([
    ...members.map((member) => lineOf(member, serverOf.get(member.database), now)),
    ...sorted.withoutRule.map((name) =>
      lineWithout(name, serverOf.get(name), { state: 'no rule', reason: 'no rule matches it' }),
    ),
    ...sorted.unfit.map(({ database, reason }) =>
      lineWithout(database, serverOf.get(database), { state: 'unfit', reason }),
    ),
  ]);
  recorder.set({ databases: lines });

  log.group(`Databases of ${settings.source.host}:${settings.source.port}`);
  for (const line of logTable(COLUMNS, lines, cellsOf)) log.info(line);
  log.endGroup();
  log.info(`${plural(lines.length, 'database')}, ${formatExact(lines.filter(({ due }) => due).length)} due`);
  tellNotes([...notesOf(lines, passedOver), ...unmatchedNotes(names, settings)], context);
  for (const { database, reason } of lines.filter(({ state, reason: one }) => state !== 'no rule' && one !== ''))
    log.warning(`${database}: ${reason}`);
}

/** Names of a server's databases, without those that are passed over. */
export async function namesOnServer(settings: ServerSettings, context: CommandContext): Promise<string[]> {
  return (await readServer(settings, context)).databases.map(({ name }) => name);
}

type ServerSettings = Pick<DatabasesSettings, 'source' | 'pgOptions'>;

async function readServer(
  settings: ServerSettings,
  context: CommandContext,
): Promise<{ databases: ServerDatabase[]; passedOver: PassedOver[] }> {
  const toolbox = await context.toolboxes.atLeast(0, settings.source);
  const sessions = new Sessions(toolbox, {
    connection: settings.source,
    applicationName: 'phaselift databases',
    pgOptions: settings.pgOptions,
    purpose: 'read',
    errorFrom: (exit) => exitError({ tool: 'psql', ...exit, side: 'source' }),
  });
  return sessions.use(readServerDatabases);
}

/** A workflow that backs up nothing would look well. */
function refuseNothing(count: number, found: readonly ServerDatabase[], { patterns, source }: DatabasesSettings): void {
  if (count > 0) return;
  const all = visibleLine(someNames(found.map(({ name }) => name)));
  const what = patterns.match.length + patterns.exclude.length > 0 ? 'no database that is meant' : 'no database';
  throw new PhaseliftError(
    'CHECKS',
    `${source.host}:${source.port} has ${what}${all === '' ? '' : `; it has ${all}`}`,
    {
      object: 'databases',
    },
  );
}

/** Where no place answers nobody knows what is due: all of it would be backed up each hour. Throws what the first one failed with. */
function refuseSilence(members: readonly FleetMember[]): void {
  const [first] = members;
  if (first?.failure != null && members.every(({ failure }) => failure !== null)) throw first.failure;
}

function lineOf(
  { database, rule, limits, findings, failure }: FleetMember,
  server: ServerDatabase | undefined,
  now: Date,
): DatabaseLine {
  const [newest = null] = findings.backups;
  const canConnect = server?.canConnect === true;
  // Where its place does not answer its backup fails there, for all to see, and not those of others.
  const due = canConnect && isDue(limits.schedule, newest, now);
  const unknown = failure === null ? '' : `its backups cannot be looked up: ${failure.message}`;
  return {
    database,
    state: canConnect ? (due ? 'due' : 'not due') : 'no access',
    reason: canConnect ? unknown : 'the role may not connect to it: GRANT CONNECT, or exclude it',
    due,
    rule: rule === null ? null : rule.match.join(', '),
    sizeBytes: server?.sizeBytes ?? null,
    estimatedBytes: newest?.sizeBytes ?? server?.sizeBytes ?? null,
    ...newestFacts(findings, now),
  };
}

/** Of what is not backed up. */
function lineWithout(
  database: string,
  server: ServerDatabase | undefined,
  why: Pick<DatabaseLine, 'state' | 'reason'>,
): DatabaseLine {
  const unknown = { rule: null, estimatedBytes: null, newestBackup: null, takenAt: null, ageSeconds: null };
  return {
    database,
    ...why,
    due: false,
    sizeBytes: server?.sizeBytes ?? null,
    ...unknown,
  };
}

/** Those without a backup first, then the oldest: what does not fit a matrix is next then. */
function mostUrgentFirst(lines: DatabaseLine[]): DatabaseLine[] {
  const age = ({ ageSeconds }: DatabaseLine): number => ageSeconds ?? Infinity;
  return lines.sort(
    (a, b) => Number(b.due) - Number(a.due) || compare(age(b), age(a)) || compare(a.database, b.database),
  );
}

function compare<T extends number | string>(a: T, b: T): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

const COLUMNS = [
  { head: 'DATABASE' },
  { head: 'SIZE', right: true },
  { head: 'ARCHIVE', right: true },
  { head: 'NEWEST BACKUP' },
  { head: 'AGE', right: true },
  { head: 'RULE' },
  { head: 'STATE' },
];
const NAME_WIDTH = 40;

function cellsOf(line: DatabaseLine): string[] {
  const { database, sizeBytes, estimatedBytes, newestBackup, ageSeconds, rule, state } = line;
  return [
    truncate(visibleLine(database), NAME_WIDTH),
    sizeBytes === null ? '-' : formatBytes(sizeBytes),
    estimatedBytes === null ? '-' : formatBytes(estimatedBytes),
    truncate(newestBackup ?? '-', NAME_WIDTH),
    ageSeconds === null ? '-' : formatAge(ageSeconds * 1000),
    truncate(visibleLine(rule ?? '-'), NAME_WIDTH),
    state,
  ];
}

function notesOf(lines: readonly DatabaseLine[], passedOver: readonly PassedOver[]): string[] {
  const notes = passedOver.map(({ name, reason }) => `${name} was passed over: ${reason}`);
  const withoutRule = lines.filter(({ state }) => state === 'no rule').map(({ database }) => database);
  if (withoutRule.length > 0) notes.push(`no rule matches ${someNames(withoutRule)}: not backed up`);
  const { leftOut } = matrixOutput(lines);
  if (leftOut > 0)
    notes.push(
      `the output \`matrix\` has ${formatExact(MATRIX_JOBS)} databases, as many as a matrix may have; ${formatExact(leftOut)} more are due and are the next`,
    );
  return notes;
}
