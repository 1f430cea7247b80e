import { textTable } from '../src/report/text-table.js';

/** A job summary as a terminal can show it: tables in columns, no HTML, no entities, no charts. */
export function plainSummary(markdown: string): string {
  const lines: string[] = [];
  let table: string[] = [];
  for (const line of [
    ...markdown
      .trim()
      .replace(/```mermaid\n[^]*?```\n*/g, '')
      .split('\n'),
    '',
  ]) {
    if (line.startsWith('|')) {
      table.push(line);
      continue;
    }
    if (table.length > 0) lines.push(...columnsOf(table));
    table = [];
    lines.push(plainText(line));
  }
  return lines.join('\n').trimEnd();
}

function columnsOf([heads = '', rule = '', ...rows]: readonly string[]): string[] {
  const sides = cellsOf(rule);
  const columns = cellsOf(heads).map((head, at) => ({ head, right: sides[at]?.endsWith('-:') === true }));
  return textTable(columns, rows.map(cellsOf));
}

/** `|` in a cell is an entity. */
function cellsOf(row: string): string[] {
  return row
    .replace(/^\||\|$/g, '')
    .split('|')
    .map((cell) => plainText(cell.trim()));
}

function plainText(text: string): string {
  return text
    .replace(/<summary>(.*?)<\/summary>/g, '$1:')
    .replace(/<\/?(?:span|details|code)>/g, '')
    .replaceAll('**', '')
    .replaceAll('&nbsp;', ' ')
    .replace(/&#(\d+);/g, (_entity, code: string) => String.fromCodePoint(Number(code)));
}
