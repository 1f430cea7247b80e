/**
 * A table in Markdown; empty without rows. Cells are Markdown already. `alignment`: `:` or `r` (right, for numbers, which are
 * kept in one line) for each column.
 */
export function markdownTable(
  heads: readonly string[],
  alignment: string,
  rows: readonly (readonly string[])[],
): string {
  if (rows.length === 0) return '';
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  const sides = Array.from(alignment, (side) => (side === 'r' ? '---:' : ':---'));
  const body = rows.map((cells) =>
    line(cells.map((cell, column) => (alignment[column] === 'r' ? cell.replaceAll(' ', '&nbsp;') : cell))),
  );
  return [line(heads), line(sides), ...body].join('\n');
}
