import * as z from 'zod';
import { HeadParser } from '../archive/head.js';
import type { ArchiveHead } from '../archive/types.js';
import { readingScope, roleRefused } from '../checks/source-checks.js';
import { PhaseliftError } from '../foundation/errors.js';
import { joined, phrase, plain, type Text } from '../foundation/text.js';
import type { BackupSettings } from '../inputs/settings.js';
import { connectionEnv } from '../postgres/connection.js';
import { connectionRoom } from '../postgres/connection-room.js';
import { JOURNAL_SCHEMA } from '../postgres/contents.js';
import { dumpDefect } from '../postgres/dump-defects.js';
import { dumpArgs, type DumpPlace } from '../postgres/dump.js';
import { exitError, exitMessage } from '../postgres/exit-message.js';
import { MAINTENANCE_DATABASES, readServerDatabases } from '../postgres/server-databases.js';
import type { PsqlSession } from '../postgres/session.js';
import { CONNECT_TIMEOUT_SECONDS, Sessions } from '../postgres/sessions.js';
import { identifier } from '../postgres/sql.js';
import type { RunningTool, Toolbox, ToolExit } from '../postgres/toolbox.js';
import { findUnreadable, type Unreadable } from '../postgres/unreadable.js';
import type { CommandContext } from './context.js';
import { namesInstead } from './names-instead.js';

/** The database to back up, with tools that are new enough for it. */
export interface SourceDatabase {
  toolbox: Toolbox;
  sessions: Sessions;
  /** So many more the role can open, as far as anybody knows: others may take them. */
  freeConnections: number;
  /** What the role may not read; null where nobody has looked, as `skip-checks` asks for. */
  unreadable: Unreadable | null;
}

/** As the server says it, which libpq repeats. */
const NO_DATABASE = /FATAL: +database ".*" does not exist/s;

/** Connects once, to learn the server's version, and chooses tools that suit it. */
export async function openSource(settings: BackupSettings, context: CommandContext): Promise<SourceDatabase> {
  const connect = (toolbox: Toolbox, database = settings.source.database): Sessions =>
    new Sessions(toolbox, {
      connection: { ...settings.source, database },
      applicationName: 'phaselift backup',
      pgOptions: settings.pgOptions,
      purpose: settings.dryRun ? 'read' : 'look',
      errorFrom: (exit) => exitError({ tool: 'psql', ...exit, side: 'source' }),
    });
  const anyToolbox = await context.toolboxes.atLeast(0, settings.source);
  const looking = connect(anyToolbox).use(async (session) => {
    const [row] = await session.query(
      "SELECT pg_catalog.current_setting('server_version') AS version, pg_catalog.current_setting('server_version_num')::pg_catalog.int4 / 10000 AS major, " +
        `EXISTS (SELECT FROM pg_catalog.pg_namespace WHERE nspname = '${JOURNAL_SCHEMA}') AS journal`,
      z.object({ version: z.string(), major: z.int(), journal: z.boolean() }),
    );
    const freeConnections = await connectionRoom(session);
    return {
      server: row,
      freeConnections,
      unreadable: settings.skipChecks ? null : await lookAtRights(session, settings),
    };
  });
  const { server, freeConnections, unreadable } = await looking.catch(async (error: unknown) => {
    throw await withNames(error, settings.source.database, (database) => connect(anyToolbox, database));
  });
  const major = server?.major ?? 0;
  const toolbox = await context.toolboxes.atLeast(major, settings.source);
  context.log.info(
    `source: ${settings.source.host}:${settings.source.port}/${settings.source.database}, PostgreSQL ${server?.version ?? 'of unknown version'}`,
  );
  const defect = dumpDefect(toolbox.versions.pg_dump);
  if (defect !== null) context.log.warning(defect);
  if (server?.journal === true) {
    context.log.warning(
      `a restore into ${settings.source.database} has begun and not ended: this backup holds what is there by now`,
    );
  }
  return { toolbox, sessions: connect(toolbox), freeConnections, unreadable };
}

/** The session is the other role's afterwards, where `--role` names one. */
async function lookAtRights(session: PsqlSession, { dumpOptions }: BackupSettings): Promise<Unreadable> {
  const { role, ...scope } = readingScope(dumpOptions);
  if (role === null) return findUnreadable(session, scope);
  await session.run(`SET ROLE ${identifier(role)};`).catch((error: unknown) => {
    throw error instanceof PhaseliftError && error.sqlState !== undefined ? roleRefused(role, error) : error;
  });
  return findUnreadable(session, scope);
}

/** Where the database is not there, the error says which are. */
async function withNames(error: unknown, asked: string, connect: (database: string) => Sessions): Promise<unknown> {
  if (!(error instanceof PhaseliftError) || !NO_DATABASE.test(error.reason)) return error;
  for (const database of MAINTENANCE_DATABASES) {
    try {
      const { databases } = await connect(database).use(readServerDatabases);
      const names = namesInstead(
        asked,
        databases.map(({ name }) => name),
      );
      const { code, messageText, object, cause, reason } = error;
      const there = names === '' ? 'The server has none that is yours.' : `The server has ${names}.`;
      return new PhaseliftError(code, messageText, {
        object,
        cause,
        reason,
        hint: joined([...(error.hintText === undefined ? [] : [error.hintText]), there], ' '),
      });
    } catch {
      // The first error says more.
    }
  }
  return error;
}

/** For a pg_dump that reads in the snapshot of another: that has waited for one that is safe, and nobody may ask for it again. */
export function importing(settings: BackupSettings): BackupSettings {
  return { ...settings, dumpOptions: settings.dumpOptions.filter((option) => option !== '--serializable-deferrable') };
}

/** Starts pg_dump on the source. */
export function startDump(
  settings: BackupSettings,
  toolbox: Toolbox,
  place: DumpPlace = 'stdout',
  more: readonly string[] = [],
): RunningTool {
  const session = {
    tool: 'pg_dump' as const,
    applicationName: 'phaselift backup',
    pgOptions: settings.pgOptions,
    connectTimeoutSeconds: CONNECT_TIMEOUT_SECONDS,
  };
  return toolbox.start('pg_dump', {
    args: [...dumpArgs(settings, place), ...more],
    env: connectionEnv(settings.source, session),
    input: 'none',
    ...(place === 'stdout' ? {} : { writesTo: place.directory }),
  });
}

/** What to do about failures of pg_dump that its own words leave open. */
const ADVICE: readonly (readonly [RegExp, Text])[] = [
  [/terminated by user$/, 'Somebody or the system ended it: run it again.'],
  [
    /^pg_dump failed .*unrecognized option/s,
    phrase`This pg_dump is too old for it: take it out of ${plain('dump-options')}, or use newer tools (${plain('pg-image')}).`,
  ],
  [
    /^pg_dump failed .*(?:relation "[^"]*" does not exist|cache lookup failed for|could not open relation with OID)/s,
    'Something was dropped or changed while pg_dump read the database: run it again.',
  ],
  [/^pg_dump failed .*no matching \w+ were found/s, phrase`Check the names and patterns in ${plain('dump-options')}.`],
  [
    /permission denied for (?:table|sequence|view|materialized view|foreign table|schema|large object) /s,
    phrase`Grant SELECT (and USAGE on schemas) to ${plain('source-user')} (the role pg_read_all_data has both), or leave the object out by ${plain('dump-options')}, as in \`--exclude-table=…\`.`,
  ],
  [
    /^pg_dump failed .*out of shared memory/s,
    'pg_dump locks each table for as long as it runs, and the server has no room for so many locks: raise max_locks_per_transaction there (on managed servers: a parameter of the instance), then run again.',
  ],
  [
    /affected by row-level security policy/s,
    phrase`Use a ${plain('source-user')} that owns the table, where that is not under FORCE ROW LEVEL SECURITY, or one with BYPASSRLS; \`--enable-row-security\` among ${plain('dump-options')} backs up the visible rows only.`,
  ],
];

/** What to do about a failure to read the source that its own words leave open. */
export function adviceOn(message: string): Text | undefined {
  return ADVICE.find(([pattern]) => pattern.test(message))?.[1];
}

/** Why pg_dump ended without an archive. */
export function dumpError(exit: ToolExit): PhaseliftError {
  const { code, message, hint, ...details } = exitMessage({ tool: 'pg_dump', ...exit, side: 'source' });
  const advice = hint ?? adviceOn(message);
  return new PhaseliftError(code, message, { ...details, hint: advice });
}

/** The head that a backup would have now, by a dump without rows. */
export async function readSchemaHead(settings: BackupSettings, toolbox: Toolbox): Promise<ArchiveHead> {
  const dump = startDump(settings, toolbox, 'stdout', ['--schema-only']);
  const parser = new HeadParser();
  for await (const chunk of dump.stdout as AsyncIterable<Buffer>) parser.push(chunk);
  const exit = await dump.exited;
  if (exit.code !== 0 || parser.head === null) throw dumpError(exit);
  return parser.head;
}
