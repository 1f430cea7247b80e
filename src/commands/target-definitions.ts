import * as z from 'zod';
import { unquoteIdentifier } from '../archive/entry-sql.js';
import { HeadParser } from '../archive/head.js';
import { encodingName } from '../archive/text-encoding.js';
import type { ArchiveHead, TocEntry } from '../archive/types.js';
import { PhaseliftError } from '../foundation/errors.js';
import { connectionEnv, type Connection } from '../postgres/connection.js';
import { JOURNAL_SCHEMA } from '../postgres/contents.js';
import { definitionArgs } from '../postgres/dump.js';
import { exitError } from '../postgres/exit-message.js';
import type { PsqlSession } from '../postgres/session.js';
import { CONNECT_TIMEOUT_SECONDS } from '../postgres/sessions.js';
import type { Toolbox } from '../postgres/toolbox.js';
import { forEachChunk } from '../process/bulk-reader.js';
import { definitionsLine, unreadDefinitions } from '../verify/definitions.js';
import type { VerificationLine } from '../verify/verification-line.js';

/** What a target's definitions are read with, and compared with. */
export interface DefinitionsSite {
  toolbox: Toolbox;
  target: Connection;
  applicationName: string;
  pgOptions: string;
  /** The head that was restored. */
  archive: ArchiveHead;
  /** Those of the backup. */
  dumpOptions: readonly string[];
  restored: ReadonlySet<number>;
  signal: AbortSignal;
}

/** So many more arguments are no trouble anywhere. */
const MOST_EXCLUDED = 500;
/** How tags of comments and the like begin that are about one. */
const SCHEMA = 'SCHEMA ';
/** pg_dump takes a lock for each table, and the server may have room for fewer. */
const OUT_OF_LOCKS = '53200';

/**
 * Compares the definitions that pg_dump writes of the target with those of the archive. `session` looks at the target. Where pg_dump cannot
 * read it, as it may not read what others have there, the line says so; a failure that may pass is thrown.
 */
export async function compareDefinitions(session: PsqlSession, site: DefinitionsSite): Promise<VerificationLine> {
  try {
    return definitionsLine({ ...site, target: await targetHead(session, site) });
  } catch (error) {
    site.signal.throwIfAborted();
    if (!(error instanceof PhaseliftError) || error.code === 'CONNECTION') throw error;
    if (error.passes && error.sqlState !== OUT_OF_LOCKS) throw error;
    return unreadDefinitions(site, error.message);
  }
}

/** Header and TOC of the target, as an archive of it would begin. Nothing is kept of what follows. */
async function targetHead(session: PsqlSession, site: DefinitionsSite): Promise<ArchiveHead> {
  const { toolbox, target, applicationName, pgOptions, archive, dumpOptions, signal } = site;
  const tool = 'pg_dump';
  const archiveEncoding = encodingName(archive.entries.find(({ desc }) => desc === 'ENCODING')?.definition ?? '');
  const args = definitionArgs({
    database: target,
    dumpOptions,
    // Names in SQL_ASCII are bytes; all others can be told in UTF-8.
    encoding: archiveEncoding === 'SQL_ASCII' ? archiveEncoding : 'UTF8',
    excludedSchemas: [JOURNAL_SCHEMA, ...(await otherSchemas(session, archive))],
  });
  const identity = { tool, applicationName, pgOptions, connectTimeoutSeconds: CONNECT_TIMEOUT_SECONDS } as const;
  const running = toolbox.start(tool, { args, env: connectionEnv(target, identity), input: 'none' });
  const stop = (): void => void running.stop();
  signal.addEventListener('abort', stop);
  try {
    if (signal.aborted) stop();
    const parser = new HeadParser();
    await forEachChunk(running.stdout, (chunk) => {
      if (parser.head === null) parser.push(Buffer.from(chunk));
      return null;
    });
    const exit = await running.exited;
    signal.throwIfAborted();
    if (exit.code !== 0) throw exitError({ tool, ...exit, side: 'target' });
    if (parser.head === null) throw parser.cutError();
    return parser.head;
  } finally {
    signal.removeEventListener('abort', stop);
    await running.stop();
  }
}

/** Schemas of the target of which the backup has nothing: they may be others', and unreadable. */
async function otherSchemas(session: PsqlSession, { entries }: ArchiveHead): Promise<string[]> {
  // A comment on a schema that each database has may be all that the backup has of it.
  const named = ({ desc, tag, namespace }: TocEntry): string =>
    desc === 'SCHEMA' ? tag : tag.startsWith(SCHEMA) ? unquoteIdentifier(tag.slice(SCHEMA.length)) : namespace;
  const known = new Set(entries.map(named));
  const schemas = await session.query(
    "SELECT n.nspname AS name FROM pg_catalog.pg_namespace n WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'",
    z.object({ name: z.string() }),
  );
  const others = schemas.map(({ name }) => name).filter((name) => !known.has(name) && name !== JOURNAL_SCHEMA);
  return others.length > MOST_EXCLUDED ? [] : others;
}
