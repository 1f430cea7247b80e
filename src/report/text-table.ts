import stringWidth from 'string-width';

/** A column of a table in the log. */
export interface Column {
  head: string;
  /** Numbers stand at the right. */
  right?: boolean;
}

/** Names may have 255 bytes; beyond this a column of them only pushes the others out of sight. */
const WIDEST = 60;

/** Lines of a table for a log: the heads, then the rows, in columns as wide as their widest cell: names may have characters that take two. */
export function textTable(columns: readonly Column[], rows: readonly (readonly string[])[]): string[] {
  const lines = [columns.map(({ head }) => head), ...rows];
  const widths = columns.map((_, at) =>
    Math.min(WIDEST, Math.max(...lines.map((cells) => stringWidth(cells[at] ?? '')))),
  );
  return lines.map((cells) =>
    columns
      .map(({ right }, at) => {
        const cell = cells[at] ?? '';
        const fill = ' '.repeat(Math.max(0, (widths[at] ?? 0) - stringWidth(cell)));
        return right === true ? fill + cell : cell + fill;
      })
      .join('  ')
      .trimEnd(),
  );
}
