import { formatExact } from '../foundation/format.js';
import { textTable, type Column } from '../report/text-table.js';

/** Rows of a table in the log; the summary and the output have further ones. */
export const LOG_ROWS = 1000;

/** The lines of a table for the log: those of the first items, and how many there are besides; `others` says what these are. */
export function logTable<Item>(
  columns: readonly Column[],
  items: readonly Item[],
  cellsOf: (item: Item) => string[],
  others = 'more',
): string[] {
  const more = items.length - LOG_ROWS;
  const lines = textTable(
    columns,
    items.slice(0, LOG_ROWS).map((item) => cellsOf(item)),
  );
  return more > 0 ? [...lines, `… and ${formatExact(more)} ${others}`] : lines;
}
