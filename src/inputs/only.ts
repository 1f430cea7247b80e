import type { OnlyPattern } from '../plan/only.js';
import { bad, good, quoted, type Parsed } from './parser.js';

/** Kinds that can be asked for, longest first: one may begin with another. */
const KINDS = [
  'MATERIALIZED VIEW',
  'FOREIGN TABLE',
  'PROCEDURE',
  'AGGREGATE',
  'FUNCTION',
  'SEQUENCE',
  'SCHEMA',
  'DOMAIN',
  'TABLE',
  'VIEW',
  'TYPE',
] as const;

/** One object a line: a kind and a pattern, or a pattern alone. Blank lines are passed over. */
export function onlyPatterns(text: string): Parsed<readonly OnlyPattern[]> {
  const patterns: OnlyPattern[] = [];
  const faults: string[] = [];
  for (const written of text.split(/\r?\n/).map((one) => one.trim())) {
    if (written === '') continue;
    const kind = KINDS.find((known) => written === known || written.startsWith(`${known} `)) ?? null;
    const parts = kind === null ? partsOf(written) : partsOf(written.slice(kind.length).trim());
    if (parts === null) {
      faults.push(
        `${quoted(written)} is no pattern: write \`name\`, \`schema.name\` or a kind before it, as \`TABLE app.orders\`, with \`*\` and \`?\` for what is open; names with capitals, dots or spaces in double quotes`,
      );
      continue;
    }
    const [first = '', second] = parts;
    if (kind === 'SCHEMA' && second !== undefined) faults.push(`${quoted(written)}: a schema has one name`);
    else if (second === undefined) patterns.push({ kind, schema: null, name: first, text: written });
    else patterns.push({ kind, schema: first, name: second, text: written });
  }
  return faults.length > 0 ? bad(...faults) : good(patterns);
}

/**
 * The one or two names of a pattern as regular expressions. Source: "Patterns" of psql's documentation, without the
 * regular expressions that it lets through.
 */
function partsOf(pattern: string): string[] | null {
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
