import { IDENTIFIER, unquoteIdentifier } from '../archive/entry-sql.js';
import type { TocEntry } from '../archive/types.js';
import { identifierLine } from '../postgres/sql.js';

/** Statements by which an administrator lets a role restore what it may not create itself. All of this is pure. */

const SCHEMA_OF_EXTENSION = new RegExp(String.raw` WITH SCHEMA (${IDENTIFIER})`);
const WRAPPER_OF_SERVER = new RegExp(String.raw` FOREIGN DATA WRAPPER (${IDENTIFIER})`);

/** The wrapper that a SERVER entry is of; null for other entries. */
export function wrapperOf({ desc, definition }: TocEntry): string | null {
  const name = desc === 'SERVER' ? WRAPPER_OF_SERVER.exec(definition)?.[1] : undefined;
  return name === undefined ? null : unquoteIdentifier(name);
}

/** The extension made in the target by somebody who may: what is there already is not made again. */
export function creationOf({ tag, definition }: TocEntry): string {
  const name = SCHEMA_OF_EXTENSION.exec(definition)?.[1];
  const schema = name === undefined ? 'public' : unquoteIdentifier(name);
  if (schema === 'public' || schema === 'pg_catalog') return `CREATE EXTENSION ${identifierLine(tag)};`;
  const quoted = identifierLine(schema);
  return `CREATE SCHEMA IF NOT EXISTS ${quoted}; CREATE EXTENSION ${identifierLine(tag)} SCHEMA ${quoted};`;
}

export function grantOfUsage(kind: 'FOREIGN DATA WRAPPER' | 'LANGUAGE', name: string, role: string): string {
  return `GRANT USAGE ON ${kind} ${identifierLine(name)} TO ${identifierLine(role)};`;
}
