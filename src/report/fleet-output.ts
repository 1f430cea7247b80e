import { fittingParts } from './backups-output.js';
import type { DatabaseLine, StatusLine } from './run-report.js';

/** GitHub's limit for the jobs of a matrix. Source: its workflow syntax, `jobs.<job_id>.strategy.matrix`. */
export const MATRIX_JOBS = 256;

/** The output `matrix`: the databases that are due, for `fromJSON` of a strategy, and how many did not fit. */
export function matrixOutput(lines: readonly DatabaseLine[]): { json: string; leftOut: number } {
  const due = lines.filter((line) => line.due);
  const include = due.slice(0, MATRIX_JOBS).map(({ database, sizeBytes, newestBackup, ageSeconds }) => {
    return { database, due: true, sizeBytes, newestBackup, ageSeconds };
  });
  return { json: JSON.stringify({ include }), leftOut: due.length - include.length };
}

/** The output `status`: the first lines that fit, and how many did not. */
export function statusOutput(lines: readonly StatusLine[]): { json: string; leftOut: number } {
  const parts = fittingParts(lines, '[]'.length);
  return { json: `[${parts.join(',')}]`, leftOut: lines.length - parts.length };
}
