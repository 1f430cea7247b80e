import type { ArchiveMap } from './types.js';

/** What there is in an archive, in two numbers. */
export interface MapTotals {
  /** Tables whose data is in it. */
  tables: number;
  /** Their rows; null when those of any table could not be counted. */
  rows: number | null;
}

/** Counts the tables and the rows of a map. */
export function mapTotals({ blocks }: Pick<ArchiveMap, 'blocks'>): MapTotals {
  const tables = blocks.filter((block) => block.kind === 'table');
  return { tables: tables.length, rows: sumOfRows(tables) };
}

/** The sum of the rows of blocks or of segments: null as soon as one of them has rows that nobody could count. */
export function sumOfRows(parts: readonly { rows: number | null }[]): number | null {
  return parts.reduce<number | null>((sum, { rows }) => (sum === null || rows === null ? null : sum + rows), 0);
}
