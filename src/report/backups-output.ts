import type { BackupLine } from './run-report.js';

/**
 * The outputs of a job may have 1 MB together, which GitHub estimates by UTF-16: two bytes a character. This leaves some of
 * it to the other outputs. Source: GitHub's workflow syntax, `jobs.<job_id>.outputs`.
 */
export const OUTPUT_CHARACTERS = 450_000;

/** The output `backups`: the first lines that fit, as JSON, and how many did not. */
export function backupsOutput(lines: readonly BackupLine[], limit?: number): { json: string; leftOut: number } {
  const parts = fittingParts(lines, '[]'.length, limit);
  return { json: `[${parts.join(',')}]`, leftOut: lines.length - parts.length };
}

/** The first lines, as JSON, that fit an output which has so many characters already. */
export function fittingParts(lines: readonly (object | string)[], used: number, limit = OUTPUT_CHARACTERS): string[] {
  const parts: string[] = [];
  let length = used;
  for (const line of lines) {
    const part = JSON.stringify(line);
    length += part.length + 1;
    if (length > limit) break;
    parts.push(part);
  }
  return parts;
}
