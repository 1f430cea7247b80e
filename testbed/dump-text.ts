import { join } from 'node:path';
import type { DatabaseServer } from './database-server.js';
import { runProgram } from './run-program.js';

export interface DumpTextOptions {
  /** Path of the pg_dump to use; default: the server's own. */
  pgDump?: string;
  /** Further arguments, for example `--schema-only`. */
  args?: readonly string[];
  /** Order the rows of each table by their text, for when rows may have been loaded in another order. */
  sortRows?: boolean;
}

/** What differs between two dumps of the same thing: versions, and the random key of \restrict. */
const NOISE = /^(-- Dumped (from|by) |\\(un)?restrict )/;

/** A database as the text that pg_dump makes of it, such that equal databases give equal texts. */
export async function dumpText(
  server: DatabaseServer,
  database: string,
  options: DumpTextOptions = {},
): Promise<string> {
  const pgDump = options.pgDump ?? join(server.programs, 'pg_dump');
  const text = await runProgram(pgDump, [...(options.args ?? [])], { env: server.environment(database) });
  const lines = text.split('\n').filter((line) => !NOISE.test(line));
  return (options.sortRows ? withSortedRows(lines) : lines).join('\n');
}

function withSortedRows(lines: readonly string[]): string[] {
  const result: string[] = [];
  let rows: string[] | null = null;
  for (const line of lines) {
    if (rows === null) {
      result.push(line);
      if (/^COPY .* FROM stdin;$/.test(line)) rows = [];
    } else if (line === '\\.') {
      for (const row of rows.sort()) result.push(row);
      result.push(line);
      rows = null;
    } else {
      rows.push(line);
    }
  }
  return result;
}
