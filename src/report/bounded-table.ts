import { plural } from '../foundation/format.js';
import { markdownTable } from './markdown-table.js';

const ROWS_SHOWN = 500;

/** A table of the job summary with as many lines as it has room for; how many `rest` (`older`) ones there are more is said. */
export function boundedTable<T>(
  heads: readonly string[],
  alignment: string,
  lines: readonly T[],
  rest: string,
  cellsOf: (line: T) => string[],
): string {
  const body = markdownTable(heads, alignment, lines.slice(0, ROWS_SHOWN).map(cellsOf));
  const more = lines.length - ROWS_SHOWN;
  return more <= 0 ? body : `${body}\n\n${plural(more, `${rest} one`)} not shown.`;
}
