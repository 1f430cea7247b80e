import { plural } from '../foundation/format.js';
import { fittingParts } from './backups-output.js';
import { boundedTable } from './bounded-table.js';
import { markdownCell, markdownCode } from './escape.js';
import type { RoleLine, RunReport } from './run-report.js';

/** What `roles` tells, as output and for the job summary. */

/** The output `roles`: the first ones that fit, and how many did not. */
export function rolesOutput(lines: readonly RoleLine[]): { json: string; leftOut: number } {
  const parts = fittingParts(lines, '[]'.length);
  return { json: `[${parts.join(',')}]`, leftOut: lines.length - parts.length };
}

/** `Found 12 roles`. */
export function rolesResult({ roles }: RunReport): string {
  return `Found ${plural(roles?.length ?? 0, 'role')}`;
}

/** The roles of a server, by their names. */
export function rolesTable({ roles }: RunReport): string {
  if (roles === null) return '';
  return boundedTable(['Role', 'Attributes', 'Member of'], '', roles, 'other', ({ name, attributes, memberOf }) => [
    markdownCode(name),
    markdownCell(attributes.join(', ')),
    markdownCell(memberOf.join(', ')),
  ]);
}
