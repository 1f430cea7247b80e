import type { Tool } from '../toolbox.js';
import { parseVersion, type Version } from '../version.js';

export const TOOLS = ['pg_dump', 'pg_restore', 'psql'] as const satisfies readonly Tool[];

export type ToolVersions = Readonly<Record<Tool, Version>>;

/** Why a place cannot serve, to be read after the place's name. */
export interface Unusable {
  reason: string;
}

export function isUnusable(value: object): value is Unusable {
  return 'reason' in value;
}

/** What `pg_dump --version` and its sisters printed, in any order, line by line. */
export function readToolVersions(printed: string): ToolVersions | Unusable {
  const found = new Map<Tool, Version>();
  for (const line of printed.split('\n')) {
    const tool = TOOLS.find((name) => line.startsWith(`${name} (PostgreSQL) `));
    const version = tool === undefined ? null : parseVersion(line);
    if (tool !== undefined && version !== null) found.set(tool, version);
  }
  const [pgDump, pgRestore, psql] = TOOLS.map((tool) => found.get(tool));
  if (pgDump === undefined || pgRestore === undefined || psql === undefined) {
    return { reason: `no usable ${TOOLS.filter((tool) => !found.has(tool)).join(', ')}` };
  }
  return { pg_dump: pgDump, pg_restore: pgRestore, psql };
}

/**
 * A pg_dump older than its server refuses, and a pg_restore older than the pg_dump cannot read its archive: every tool must
 * be of the newest server's major version or newer. null when that is so.
 */
export function tooOld(versions: ToolVersions, serverMajors: readonly number[]): Unusable | null {
  const needed = Math.max(0, ...serverMajors);
  const old = TOOLS.find((tool) => versions[tool].major < needed);
  return old === undefined ? null : { reason: `${old} ${versions[old].text} is older than PostgreSQL ${needed}` };
}

/** `15.18`, or each tool's version where they differ. */
export function versionsText(versions: ToolVersions): string {
  const texts = new Set(TOOLS.map((tool) => versions[tool].text));
  return texts.size === 1 ? versions.psql.text : TOOLS.map((tool) => `${tool} ${versions[tool].text}`).join(', ');
}
