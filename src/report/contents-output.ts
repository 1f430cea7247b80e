import { fittingParts } from './backups-output.js';
import type { BackupContents } from './run-report.js';

/** However many roles a backup names: tables are to have room as well. */
const MOST_ROLES = 500;

/** The output `contents`: all but the tables that do not fit, as JSON, and how many these are. */
export function contentsOutput(contents: BackupContents, limit?: number): { json: string; leftOut: number } {
  const { tables, roles, ...others } = contents;
  const rest = { ...others, roles: roles.slice(0, MOST_ROLES) };
  const frame = JSON.stringify({ ...rest, leftOut: tables.length, tables: [] });
  const parts = fittingParts(tables, frame.length, limit);
  const leftOut = tables.length - parts.length;
  const begun = JSON.stringify({ ...rest, leftOut }).slice(0, -1);
  return { json: `${begun},"tables":[${parts.join(',')}]}`, leftOut };
}
