import * as z from 'zod';
import { entryTitle } from '../archive/entry-title.js';
import { OWNED_KINDS } from '../archive/named-roles.js';
import type { TocEntry } from '../archive/types.js';
import { PhaseliftError } from '../foundation/errors.js';
import { formatExact } from '../foundation/format.js';
import { input, joined, phrase } from '../foundation/text.js';
import type { ServerFacts } from '../postgres/server-facts.js';
import type { PsqlSession } from '../postgres/session.js';
import { identifierLine, literal } from '../postgres/sql.js';
import { visibleLine } from '../report/escape.js';

/**
 * Unless a superuser says so, an object can be given only to a role that may create in its schema (`ALTER TABLE … OWNER TO` and its
 * sisters, "Notes" in PostgreSQL's reference). GRANTs are restored after the data, so it has to be allowed before.
 */

/** Objects of one owner in one schema of others. */
interface Holding {
  owner: string;
  schema: string;
  /** Who is to own the schema, where the backup makes it; null for one that is there. */
  host: string | null;
  entries: TocEntry[];
}

/** All owners that could not be given what is theirs, as one fault; null when there are none. */
export async function ownerFault(
  session: PsqlSession,
  facts: ServerFacts,
  entries: readonly TocEntry[],
): Promise<PhaseliftError | null> {
  if (facts.isSuperuser) return null;
  const holdings = holdingsOf(entries, new Set(facts.schemas.map(({ name }) => name)));
  if (holdings.length === 0) return null;
  const rows = holdings.map(
    ({ owner, schema, host }, index) =>
      `(${index}, ${literal(owner)}::pg_catalog.name, ${literal(schema)}::pg_catalog.name, ${host === null ? 'NULL' : literal(host)}::pg_catalog.name)`,
  );
  // Roles that are missing are another fault.
  const refused = await session.query(
    `SELECT w.index FROM (VALUES ${rows.join(', ')}) AS w (index, owner, schema, host)
      JOIN pg_catalog.pg_roles o ON o.rolname = w.owner LEFT JOIN pg_catalog.pg_roles h ON h.rolname = w.host
      LEFT JOIN pg_catalog.pg_namespace n ON n.nspname = w.schema AND w.host IS NULL
    WHERE CASE WHEN w.host IS NULL THEN pg_catalog.has_schema_privilege(o.oid, n.oid, 'CREATE') ELSE pg_catalog.pg_has_role(o.oid, h.oid, 'USAGE') END IS FALSE
    ORDER BY w.index`,
    z.object({ index: z.int() }),
  );
  const found = refused.flatMap(({ index }) => holdings[index] ?? []);
  return found.length === 0 ? null : faultOf(found);
}

function holdingsOf(entries: readonly TocEntry[], there: ReadonlySet<string>): Holding[] {
  const hosts = new Map(entries.filter(({ desc }) => desc === 'SCHEMA').map(({ tag, owner }) => [tag, owner]));
  const holdings = new Map<string, Holding>();
  for (const entry of entries) {
    const { owner, namespace: schema, desc } = entry;
    if (owner === '' || schema === '' || !OWNED_KINDS.has(desc)) continue;
    const host = hosts.get(schema) ?? null;
    if (host === owner || (host === null && !there.has(schema))) continue;
    const key = JSON.stringify([owner, schema]);
    const holding = holdings.get(key) ?? { owner, schema, host, entries: [] };
    holding.entries.push(entry);
    holdings.set(key, holding);
  }
  return [...holdings.values()];
}

function faultOf(found: readonly Holding[]): PhaseliftError {
  const lines = found.map(({ owner, schema, entries }) => {
    const more = entries.length === 1 ? '' : ` and ${formatExact(entries.length - 1)} more`;
    return `  ${visibleLine(owner)} may not create in the schema ${visibleLine(schema)}: owner of ${titleOf(entries)}${more}`;
  });
  const names = [...new Set(found.map(({ owner }) => visibleLine(owner)))].join(', ');
  const statements = found.map(({ owner, schema, host }) =>
    host === null
      ? `GRANT CREATE ON SCHEMA ${identifierLine(schema)} TO ${identifierLine(owner)};`
      : `GRANT ${identifierLine(host)} TO ${identifierLine(owner)};`,
  );
  const hint = joined(
    [
      phrase`As an administrator run this in the target, then run again; or ${input('keep-owner', false)} leaves all to the role that restores:`,
      ...statements,
    ],
    '\n',
  );
  return new PhaseliftError('CHECKS', [`objects cannot be given to their owners: ${names}`, ...lines].join('\n'), {
    object: titleOf(found[0]?.entries ?? []),
    hint,
  });
}

function titleOf([first]: readonly TocEntry[]): string {
  return first === undefined ? '' : visibleLine(entryTitle(first));
}
