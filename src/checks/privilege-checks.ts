import * as z from 'zod';
import type { TocEntry } from '../archive/types.js';
import type { ServerFacts } from '../postgres/server-facts.js';
import type { PsqlSession } from '../postgres/session.js';
import { identifier, literal } from '../postgres/sql.js';
import type { Objection } from './objection.js';
import { creationOf, grantOfUsage, wrapperOf } from './remedies.js';

/**
 * Finds what the target's role could not create, before anything is created. Where a platform may have given the right to
 * others than superusers, the statement itself is tried and rolled back; the rest is by PostgreSQL's rules.
 */

/** Kinds that only superusers create (CREATE OPERATOR CLASS and others, "Notes" in PostgreSQL's reference). */
const SUPERUSER_KINDS = new Set([
  'FOREIGN DATA WRAPPER',
  'OPERATOR CLASS',
  'OPERATOR FAMILY',
  'ACCESS METHOD',
  'TEXT SEARCH PARSER',
  'TEXT SEARCH TEMPLATE',
  'SHELL TYPE',
  'PROCEDURAL LANGUAGE',
]);

/** A base type, or a shell type that never became one: `CREATE TYPE app.t;`. */
const BASE_TYPE = /\n\s+INPUT = |^\s*CREATE TYPE [^\n]+;\s*$/;

const PROBE_FUNCTION = 'pg_temp.phaselift_probe()';
const EVENT_TRIGGER_PROBE =
  `CREATE FUNCTION ${PROBE_FUNCTION} RETURNS pg_catalog.event_trigger LANGUAGE plpgsql AS 'BEGIN END'; ` +
  `CREATE EVENT TRIGGER phaselift_probe ON ddl_command_end EXECUTE FUNCTION ${PROBE_FUNCTION}`;
const LEAKPROOF_PROBE = `CREATE FUNCTION ${PROBE_FUNCTION} RETURNS pg_catalog.int4 LANGUAGE sql LEAKPROOF AS 'SELECT 1'`;

/** What may be used by the role, by the names of all that are there. */
interface Usable {
  /** Also whether by a GRANT it could be. */
  languages: ReadonlyMap<string, { usable: boolean; isTrusted: boolean }>;
  wrappers: ReadonlyMap<string, boolean>;
}

/**
 * What of `entries` the role may not, or the server cannot, create. Changes nothing. Where nothing may be tried out either
 * (`onlyReads`), it finds what the catalog tells; `probedEntries` are those of which it does not tell all.
 */
export async function findObjections(
  session: PsqlSession,
  entries: readonly TocEntry[],
  facts: ServerFacts,
  { onlyReads = false }: { onlyReads?: boolean } = {},
): Promise<Objection[]> {
  const objections: Objection[] = [];
  const probed = new Map<string, string | null>();
  const usable = await readUsable(session, facts);
  // What is tried is tried by PL/pgSQL.
  const tries = !onlyReads && usable.languages.get('plpgsql')?.usable === true;
  const available = tries ? null : await availableExtensions(session);
  for (const entry of entries) {
    const statement = tries ? probeOf(entry, facts) : null;
    if (statement !== null && !probed.has(statement)) probed.set(statement, await probe(session, statement, entry));
    const tried = statement === null ? notAvailable(entry, available) : probed.get(statement);
    const reason = tried ?? byRule(entry, facts, usable);
    if (reason !== null) objections.push({ entry, reason, remedy: remedyFor(entry, reason, facts, usable) });
  }
  return objections;
}

async function readUsable(session: PsqlSession, facts: ServerFacts): Promise<Usable> {
  const languages = await session.query(
    "SELECT lanname AS name, pg_catalog.has_language_privilege(oid, 'USAGE') AND (lanpltrusted OR " +
      `${facts.isSuperuser}) AS usable, lanpltrusted AS "isTrusted" FROM pg_catalog.pg_language`,
    z.object({ name: z.string(), usable: z.boolean(), isTrusted: z.boolean() }),
  );
  const wrappers = await session.query(
    "SELECT fdwname AS name, pg_catalog.has_foreign_data_wrapper_privilege(oid, 'USAGE') AS usable FROM pg_catalog.pg_foreign_data_wrapper",
    z.object({ name: z.string(), usable: z.boolean() }),
  );
  return {
    languages: new Map(languages.map((language) => [language.name, language])),
    wrappers: new Map(wrappers.map(({ name, usable }) => [name, usable])),
  };
}

function remedyFor(entry: TocEntry, reason: string, { role }: ServerFacts, usable: Usable): string | null {
  if (entry.desc === 'EXTENSION') return reason.startsWith('permission denied to create ') ? creationOf(entry) : null;
  const wrapper = wrapperOf(entry);
  if (wrapper !== null) return grantOfUsage('FOREIGN DATA WRAPPER', wrapper, role);
  const language = languageOf(entry);
  const isGrantable = language !== null && usable.languages.get(language)?.isTrusted === true;
  return isGrantable && reason === languageReason(language) ? grantOfUsage('LANGUAGE', language, role) : null;
}

/** Those of them of which only a statement that is tried tells whether the role may create them. */
export function probedEntries(entries: readonly TocEntry[], facts: ServerFacts): TocEntry[] {
  return entries.filter((entry) => probeOf(entry, facts) !== null);
}

async function availableExtensions(session: PsqlSession): Promise<ReadonlySet<string>> {
  const rows = await session.query(
    'SELECT name::pg_catalog.text AS name FROM pg_catalog.pg_available_extensions()',
    z.object({ name: z.string() }),
  );
  return new Set(rows.map(({ name }) => name));
}

/** As the server would say it. */
function notAvailable({ desc, tag }: TocEntry, available: ReadonlySet<string> | null): string | null {
  if (desc !== 'EXTENSION' || available === null || available.has(tag)) return null;
  return `extension "${tag}" is not available`;
}

/** The untrusted languages of every database. */
const UNTRUSTED: Usable = {
  languages: new Map(['c', 'internal'].map((name) => [name, { usable: false, isTrusted: false }])),
  wrappers: new Map(),
};

/** Those of them that are known without a look at the database: where it is still to be made. */
export function objectionsByRule(entries: readonly TocEntry[], facts: ServerFacts): Objection[] {
  return entries.flatMap((entry) => {
    const reason = byRule(entry, facts, UNTRUSTED);
    return reason === null ? [] : [{ entry, reason, remedy: null }];
  });
}

function probeOf(entry: TocEntry, facts: ServerFacts): string | null {
  if (entry.desc === 'EXTENSION') {
    const isThere = facts.extensions.some((extension) => extension.name === entry.tag);
    // Into a schema that nobody can have prepared.
    const create = `CREATE SCHEMA phaselift_probe; CREATE EXTENSION ${identifier(entry.tag)} SCHEMA phaselift_probe CASCADE`;
    return isThere ? null : create;
  }
  if (facts.isSuperuser) return null;
  if (entry.desc === 'EVENT TRIGGER') return EVENT_TRIGGER_PROBE;
  if (entry.desc === 'PUBLICATION' && / FOR ALL TABLES/.test(entry.definition)) {
    return 'CREATE PUBLICATION phaselift_probe FOR ALL TABLES';
  }
  // Any schema that exists does: the right is looked at before whether the schema may be published.
  if (entry.desc === 'PUBLICATION TABLES IN SCHEMA')
    return 'CREATE PUBLICATION phaselift_probe FOR TABLES IN SCHEMA pg_catalog';
  if (entry.desc === 'FUNCTION' && /^[^$']*\bLEAKPROOF\b/m.test(headOfFunction(entry))) return LEAKPROOF_PROBE;
  return null;
}

/** The control session reads no views, but scripts of extensions may; a statement that is rolled back takes the setting along. */
const FOR_SCRIPTS =
  "PERFORM pg_catalog.set_config(s.name, '', true) FROM pg_catalog.pg_settings s WHERE s.name = 'restrict_nonsystem_relation_kind'";

/** The reason why the statement fails, null when it would succeed. It is rolled back either way. */
async function probe(session: PsqlSession, statement: string, entry: TocEntry): Promise<string | null> {
  await session.run(
    `DO ${literal(
      `BEGIN BEGIN ${FOR_SCRIPTS}; EXECUTE ${literal(statement)}; RAISE EXCEPTION USING ERRCODE = 'PLOK0'; ` +
        "EXCEPTION WHEN SQLSTATE 'PLOK0' THEN PERFORM pg_catalog.set_config('phaselift.probe', '', false); " +
        "WHEN OTHERS THEN PERFORM pg_catalog.set_config('phaselift.probe', SQLSTATE || ' ' || SQLERRM, false); END; END",
    )};`,
  );
  const answer = await session.query(
    "SELECT pg_catalog.current_setting('phaselift.probe') AS said",
    z.object({ said: z.string() }),
  );
  const [message = ''] = answer[0]?.said.split('\n') ?? [];
  if (message === '') return null;
  const isPrivilege = message.startsWith('42501');
  return isPrivilege || entry.desc === 'EXTENSION' ? message.slice(6) : null;
}

function byRule(entry: TocEntry, facts: ServerFacts, { languages, wrappers }: Usable): string | null {
  if (facts.isSuperuser) return null;
  if (SUPERUSER_KINDS.has(entry.desc)) return 'only superusers create these';
  if (entry.desc === 'TYPE' && BASE_TYPE.test(entry.definition)) return 'only superusers create base types';
  if (entry.desc === 'AGGREGATE' && /\n\s+M?STYPE = internal\b/.test(entry.definition))
    return 'only superusers create aggregates whose state is internal';
  if (entry.desc === 'TRANSFORM' && / FOR [^.(]+ LANGUAGE /.test(entry.definition))
    return 'only superusers create transforms for a type of PostgreSQL';
  if (entry.desc === 'ACL' && /^SET SESSION AUTHORIZATION /m.test(entry.definition))
    return 'only superusers grant in the name of other roles';
  if (entry.desc === 'CAST' && entry.definition.includes(' WITHOUT FUNCTION'))
    return 'only superusers create binary casts';
  const wrapper = wrapperOf(entry);
  if (wrapper !== null && wrappers.get(wrapper) === false)
    return `the role may not use the foreign-data wrapper ${wrapper}`;
  if (entry.desc === 'FUNCTION' || entry.desc === 'PROCEDURE') {
    const language = languageOf(entry);
    if (language !== null && languages.get(language)?.usable === false) return languageReason(language);
    if (/\bSUPPORT /.test(headOfFunction(entry))) return 'only superusers give functions a support function';
  }
  return null;
}

function languageReason(language: string): string {
  return `the role may not use the language ${language}`;
}

/** Of a function; null for other entries. */
function languageOf(entry: TocEntry): string | null {
  if (entry.desc !== 'FUNCTION' && entry.desc !== 'PROCEDURE') return null;
  return /^\s+LANGUAGE (\S+)/m.exec(headOfFunction(entry))?.[1]?.replaceAll('"', '') ?? null;
}

/** The part of a function before its body: a body may hold any text. */
function headOfFunction(entry: TocEntry): string {
  return entry.definition.split(/\n\s+AS |\n\s*BEGIN ATOMIC|\n\s+RETURN /, 1)[0] ?? '';
}
