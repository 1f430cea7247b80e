import type { OnlyPattern } from '../plan/only.js';
import { namePattern } from './name-pattern.js';
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
    const parts = kind === null ? namePattern(written) : namePattern(written.slice(kind.length).trim());
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
