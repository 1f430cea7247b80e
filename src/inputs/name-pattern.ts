/**
 * The one or two names of a pattern (`name`, `schema.name`) as regular expressions; null when it is none. Source: "Patterns" of psql's documentation, without the
 * regular expressions that it lets through.
 */
export function namePattern(pattern: string): string[] | null {
  const parts: string[] = [];
  let part = '';
  const rest = /"((?:[^"]|"")*)"|([*?.])|([^"*?.\s]+)/gsy;
  let end = 0;
  for (const match of pattern.matchAll(rest)) {
    end = match.index + match[0].length;
    const [, inQuotes, special, plain] = match;
    if (special === '.') {
      parts.push(part);
      part = '';
    } else if (special !== undefined) part += special === '*' ? '.*' : '.';
    else part += escaped(inQuotes === undefined ? (plain ?? '').toLowerCase() : inQuotes.replaceAll('""', '"'));
  }
  parts.push(part);
  const isWhole = end === pattern.length && parts.every((one) => one !== '') && parts.length <= 2;
  return isWhole ? parts : null;
}

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
