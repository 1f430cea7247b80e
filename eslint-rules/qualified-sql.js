/**
 * Our own SQL names everything by its schema: an ordinary role may put a function, a type or a view of a catalog's name where
 * a search_path leads to, and a session of an administrator would run it. The sessions begin with an empty search_path; this
 * rule is the second net. It reads the string literals and templates that hold SQL and reports what is not qualified:
 * functions and aggregates, casts and types, catalogs behind FROM and JOIN, sampling methods, and names in `::regclass`.
 *
 * It is no parser. SQL is what has one of SQL's keywords in capitals; keywords are in capitals in our SQL, names are not.
 */

/** What looks like SQL. Prose has none of these in capitals, next to a name. */
const SQL =
  /\b(?:SELECT|INSERT INTO|UPDATE|DELETE FROM|JOIN|FROM|WHERE|UNION|VALUES|PERFORM|EXECUTE|NOT EXISTS|CREATE|AND|OR|CASE WHEN|ORDER BY|RETURNS)\b|['\w)\]]::[a-z]|pg_catalog\./;

/** Words before a bracket that are syntax, and call nothing by name (GREATEST and the like are resolved by the parser). */
const SYNTAX = new Set(
  (
    'all and any array as between by case cast check coalesce conflict columns constraint cube default distinct else end except ' +
    'exclude exists extract fetch filter from full greatest group grouping having if in index inner intersect into is join ' +
    'key least left like limit materialized natural not null nullif of offset on only operator or order over partition primary ' +
    'privileges recursive returning right rollup row select set sets some table then union unique update using values when ' +
    'where window with within'
  ).split(' '),
);

/** A placeholder for what a template computes. */
const HOLE = '\uFFFC';

const CHECKS = [
  {
    // `name(` or `name (`, but neither `schema.name(` nor the columns in `AS w (name, value)` and `WITH w (name) AS`.
    pattern: /(?<![\w$."\uFFFC])([A-Za-z_][\w$]*)(\s?)\(/g,
    isFault: (text, [, name, space], index) => {
      if (SYNTAX.has(name.toLowerCase())) return false;
      if (space === '') return true;
      return /^[a-z]/.test(name) && !/(?:\b(?:AS|WITH|RECURSIVE)\s+|-)$/.test(text.slice(0, index));
    },
    message: ([, name]) => `the function ${name}`,
  },
  {
    pattern: /(?<=['"\w)\]\uFFFC]\s*)::\s*([A-Za-z_"][\w$"]*)(?!\.|[\w$"])/g,
    message: ([, name]) => `the type ${name}`,
  },
  {
    pattern: /\bCAST\s*\([^()]*(?:\([^()]*\)[^()]*)*?\bAS\s+([A-Za-z_]\w*)(?!\.|\w)/gi,
    message: ([, name]) => `the type ${name}`,
  },
  {
    pattern: /\bRETURNS\s+(?!TABLE\b|SETOF\b)([a-z_]\w*)(?!\.|\w)/g,
    message: ([, name]) => `the type ${name}`,
  },
  {
    pattern: /\b(?:FROM|JOIN|LATERAL|ONLY|INTO|UPDATE)\s+(pg_\w+)(?!\.|\w)/g,
    message: ([, name]) => `the catalog ${name}`,
  },
  {
    pattern: /\bTABLESAMPLE\s+([A-Za-z_]\w*)(?!\.|\w)/gi,
    message: ([, name]) => `the sampling method ${name}`,
  },
  {
    pattern: /'(\w+)'::(?:pg_catalog\.)?reg(?:class|type|proc|procedure|oper|operator)\b/g,
    message: ([, name]) => `the object ${name}`,
  },
];

/** The faults in a text, in words; none when it is no SQL. `${…}` of a template is to be given as U+FFFC. */
export function unqualifiedNames(text) {
  if (!SQL.test(text)) return [];
  return CHECKS.flatMap(({ pattern, isFault = () => true, message }) =>
    [...text.matchAll(pattern)].filter((match) => isFault(text, match, match.index)).map(message),
  );
}

/** The text of a string expression as far as it is written down, and null for anything else. */
function textOf(node) {
  if (node.type === 'Literal') return typeof node.value === 'string' ? node.value : null;
  if (node.type === 'TemplateLiteral') return node.quasis.map(({ value }) => value.cooked ?? value.raw).join(HOLE);
  if (node.type === 'TaggedTemplateExpression') return textOf(node.quasi);
  if (node.type === 'BinaryExpression' && node.operator === '+') {
    const parts = [textOf(node.left), textOf(node.right)];
    return parts.every((part) => part === null) ? null : parts.map((part) => part ?? HOLE).join('');
  }
  return null;
}

/** True for a part of a longer text, which is looked at as a whole. */
function isPart({ parent, type }) {
  if (parent.type === 'BinaryExpression' && parent.operator === '+') return true;
  return type === 'TemplateLiteral' && parent.type === 'TaggedTemplateExpression';
}

/** @type {import('eslint').Rule.RuleModule} */
export const qualifiedSql = {
  meta: {
    type: 'problem',
    docs: { description: 'Names in SQL of ours are qualified by their schema' },
    messages: { unqualified: 'Name {{what}} by its schema (`pg_catalog.…`): a search_path must not decide what runs.' },
    schema: [],
  },
  create(context) {
    const look = (node) => {
      if (isPart(node)) return;
      const text = textOf(node);
      for (const what of text === null ? [] : unqualifiedNames(text)) {
        context.report({ node, messageId: 'unqualified', data: { what } });
      }
    };
    return { Literal: look, TemplateLiteral: look, TaggedTemplateExpression: look, BinaryExpression: look };
  },
};
