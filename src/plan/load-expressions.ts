import type { TocEntry } from '../archive/types.js';

/**
 * What of a definition is evaluated while rows load, and what is not. COPY lists all columns, so that their defaults stay
 * unused, but pg_dump makes a table depend on the functions of its defaults as well: the dependency alone does not tell.
 */
export interface LoadExpressions {
  /** Generated columns, checks, partition keys, the functions behind a type; empty when there is nothing of the kind. */
  atLoad: string;
  /** Columns with their types and defaults. */
  defaults: string;
}

/** Quoted names and strings, what nests, and the rest. pg_dump writes neither comments nor dollar quotes into these. */
const TOKEN = /"(?:[^"]|"")*"|'(?:[^']|'')*'|[^"'()]+|["'()]/g;

/** Of a table, a domain or a type. */
export function loadExpressions({ desc, definition }: TocEntry): LoadExpressions {
  switch (desc) {
    case 'TABLE':
    case 'FOREIGN TABLE':
      return ofTable(definition);
    case 'DOMAIN':
      return splitAt(definition, masked(definition, 0).search(/\bCONSTRAINT\b|\bCHECK\b/));
    case 'TYPE':
      // Base types and ranges have functions that read a value; rows and enumerations have none of their own.
      return splitAt(definition, / AS (?:ENUM )?_/.test(masked(definition, 0)) ? -1 : 0);
    default:
      return { atLoad: '', defaults: '' };
  }
}

function ofTable(definition: string): LoadExpressions {
  const text = masked(definition, 1);
  const end = text.indexOf(';'); // What follows sets options of columns.
  const statement = end === -1 ? text : text.slice(0, end);
  const [open, close] = [statement.indexOf('('), statement.indexOf(')')];
  const parts = [
    splitAt(definition.slice(close + 1, statement.length), statement.slice(close + 1).search(/\bPARTITION BY /)),
  ];
  let start = open + 1;
  for (const item of statement.slice(open + 1, Math.max(open + 1, close)).split(',')) {
    const isConstraint = /^\s*CONSTRAINT\b/.test(item);
    const at = isConstraint ? item.search(/\bCHECK\b/) : item.search(/\bGENERATED ALWAYS AS _/);
    parts.push(splitAt(definition.slice(start, start + item.length), at));
    start += item.length + 1;
  }
  const joined = (which: keyof LoadExpressions): string =>
    parts
      .map((part) => part[which])
      .join('\n')
      .trim();
  return { atLoad: joined('atLoad'), defaults: joined('defaults') };
}

/** -1 is nowhere. */
function splitAt(text: string, at: number): LoadExpressions {
  return at === -1 ? { atLoad: '', defaults: text } : { atLoad: text.slice(at), defaults: text.slice(0, at) };
}

/** The same text, as long as before, with `_` for what is in quotes or in more than so many parentheses. */
function masked(text: string, deepest: number): string {
  let depth = 0;
  const seen = [...text.matchAll(TOKEN)].map(([token]) => {
    if (token === ')') depth--;
    const isHidden = /^["']/.test(token) || depth > deepest || (depth === deepest && /^[()]$/.test(token));
    if (token === '(') depth++;
    return isHidden ? '_'.repeat(token.length) : token;
  });
  return seen.join('');
}
