import * as z from 'zod';
import { entryTitle } from '../archive/entry-title.js';
import type { TocEntry } from '../archive/types.js';
import { PhaseliftError } from '../foundation/errors.js';
import { input, phrase } from '../foundation/text.js';
import { PLATFORM_ROLES } from '../postgres/contents.js';
import type { ServerFacts } from '../postgres/server-facts.js';
import type { PsqlSession } from '../postgres/session.js';
import { identifierLine, literal } from '../postgres/sql.js';
import { visibleLine } from '../report/escape.js';

/**
 * Schemas of others that are in the target already, as `public` is and what platforms and extensions bring: where entries go into
 * one in which the role may not create, that is a fault, with the GRANT that helps where somebody can give it. Schemas that the
 * backup makes are the role's.
 */
export async function schemaFaults(
  session: PsqlSession,
  facts: ServerFacts,
  database: string,
  entries: readonly TocEntry[],
): Promise<PhaseliftError[]> {
  const used = new Set(entries.filter(({ section }) => section === 'pre-data').map(({ namespace }) => namespace));
  const others = facts.schemas.filter(({ name, isOwn }) => !isOwn && used.has(name)).map(({ name }) => name);
  if (others.length === 0) return [];
  const closed = await session.query(
    "SELECT n.nspname AS name, r.rolname AS owner, pg_catalog.has_schema_privilege(n.oid, 'USAGE') AS usage " +
      'FROM pg_catalog.pg_namespace n JOIN pg_catalog.pg_roles r ON r.oid = n.nspowner ' +
      `WHERE n.nspname IN (${others.map(literal).join(', ')}) AND NOT (pg_catalog.has_schema_privilege(n.oid, 'USAGE') ` +
      "AND pg_catalog.has_schema_privilege(n.oid, 'CREATE')) ORDER BY 1",
    closedSchema,
  );
  return closed.map((schema) => faultOf(schema, facts.role, database, entries));
}

interface ClosedSchema {
  name: string;
  owner: string;
  usage: boolean;
}

const closedSchema: z.ZodType<ClosedSchema> = z.object({ name: z.string(), owner: z.string(), usage: z.boolean() });

function faultOf(
  { name, owner, usage }: ClosedSchema,
  role: string,
  database: string,
  entries: readonly TocEntry[],
): PhaseliftError {
  const shown = visibleLine(name);
  // `public` is open to users wherever they have a database of their own; nobody can open the others.
  const isOfPlatform = name !== 'public' && PLATFORM_ROLES.includes(owner);
  const whose = isOfPlatform ? `, which is the platform's (${visibleLine(owner)})` : '';
  const fault = `the role ${visibleLine(role)} may not create in the schema ${shown} of ${visibleLine(database)}${whose}`;
  const object = `SCHEMA ${shown}`;
  if (!isOfPlatform) {
    const who = name === 'public' ? 'As the owner of the database' : 'As the owner of the schema';
    const rights = usage ? 'CREATE' : 'USAGE, CREATE';
    const hint = `${who} run: GRANT ${rights} ON SCHEMA ${statementName(name)} TO ${identifierLine(role)}.`;
    return new PhaseliftError('CHECKS', fault, { object, hint });
  }
  const inside = entries.filter(({ namespace, section }) => namespace === name && section === 'pre-data');
  const hint = phrase`Leave out what the backup has in it with ${input('skip-entries')}, one a line:\n${inside.map(entryTitle).join('\n')}`;
  return new PhaseliftError('CHECKS', fault, { object, hint });
}

/** `public` is a word that everybody reads without quotes. */
function statementName(schema: string): string {
  return schema === 'public' ? schema : identifierLine(schema);
}
