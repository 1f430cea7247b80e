import { copyPosition, routineOf } from './error-context.js';
import type { ServerError } from './server-error.js';
import { conditionName, isKnownState } from './sqlstate.js';

/**
 * What is shown of a server's error. Rows must not get into a log, so a text is shown only when the server itself made it and
 * it cannot quote what a row holds; else the code, the name of its condition, and the names of what it is about. DETAIL, HINT,
 * statements and all of CONTEXT but the names of code are never shown.
 */

/** Data exceptions, violations of constraints; codes of PL/pgSQL, of routines in other languages, of foreign servers. */
const NEVER_SHOWN = /^(?:22|23|P0|38|39|HV)/;
/** These speak of rights, locks, resources and the state of the server, whatever was being worked at. */
const NOT_ABOUT_ROWS = /^(?:25|40|42501|53|54|55|57|58|XX)/;
/** Texts of internal errors come from extensions as well, which may quote anything. */
const INTERNAL = /^XX/;
/** Names of objects, not values: `… for index "t_a_idx"`. */
const QUOTED_PART =
  /(?<!\b(?:index|relation|table|view|schema|sequence|constraint|database|role|tablespace|extension) )".*"/s;

/** Errors made by users' code, or passed on from a foreign server, by the place in the source: RAISE and its like. */
const RAISED =
  /^(?:exec_stmt_raise|exec_stmt_assert|pgfdw_report_error|dblink_res_error),|, (?:pl(?!an|_)\w*\.c|Util\.c|SPI\.c|[^:]*\.(?!c:|y:|l:|h:)\w+):\d+$/;

/** True when the words of an error are, or may be, those of users' code. */
export function isUserMade(error: ServerError): boolean {
  // Clients that say no code say no place either: then only code can have made the words.
  if (error.sqlState === null) return error.context !== null;
  if (error.location === null || RAISED.test(error.location)) return true;
  return /^(?:P0001|P0004|38|39|HV)/.test(error.sqlState) || !isKnownState(error.sqlState);
}

/** One line that is safe to print. */
export function safeServerMessage(error: ServerError): string {
  const routine = routineOf(error.context);
  const inCode = routine === null ? '' : `, in ${routine.title}`;
  const text = shownText(error);
  if (error.sqlState === null) return oneLine(`${text ?? 'in words that may quote rows and are not shown'}${inCode}`);
  if (text !== null) return oneLine(`${text} (SQLSTATE ${error.sqlState})${inCode}`);
  const where = [...namesIn(error), copyPosition(error.context)].filter((part) => part !== null);
  const condition = `${error.sqlState} ${conditionName(error.sqlState)}`;
  return oneLine(`${condition}${where.length === 0 ? '' : `: ${where.join(', ')}`}${inCode}`);
}

/** `schema.table`, or the type, as far as the server named it; null when users' code did. */
export function objectOf(error: ServerError): string | null {
  if (isUserMade(error)) return null;
  const name = error.table ?? error.dataType;
  if (name === null) return error.schema;
  return error.schema === null ? name : `${error.schema}.${name}`;
}

/** The part of the message that may be shown; null for none. */
function shownText(error: ServerError): string | null {
  const { sqlState, message, context } = error;
  if (isUserMade(error)) return null;
  if (sqlState === null) return withoutValues(message);
  if (NEVER_SHOWN.test(sqlState)) return null;
  if (context === null) return INTERNAL.test(sqlState) ? withoutQuoted(message) : message;
  if (isNameInFixedText(error)) return message;
  // The function that reads a type's text may belong to an extension.
  const isReadingValue = copyPosition(context)?.includes(', column ') === true;
  if (!NOT_ABOUT_ROWS.test(sqlState) || (isReadingValue && INTERNAL.test(sqlState))) return null;
  return withoutQuoted(message);
}

/**
 * True for `relation "kinds" does not exist` where that stands in the text of a function. In text that a function puts
 * together, and in a cast to `regclass`, the name may be a value; of a syntax error the token.
 */
function isNameInFixedText({ sqlState, hasQuery, context }: ServerError): boolean {
  const isName = sqlState?.startsWith('42') === true || sqlState === '3F000';
  return isName && sqlState !== '42601' && hasQuery && routineOf(context)?.isFixedText === true;
}

function namesIn(error: ServerError): (string | null)[] {
  if (isUserMade(error)) return [];
  return [
    objectOf(error),
    error.column === null ? null : `column ${error.column}`,
    error.constraint === null ? null : `constraint ${error.constraint}`,
  ];
}

function withoutQuoted(message: string): string {
  return message.replace(QUOTED_PART, '"…"');
}

/**
 * Without a code we cannot know the class, but the wordings of class 22 and 23 that quote values: the quoted part goes.
 * Names (`database "x" does not exist`) stay.
 */
function withoutValues(message: string): string {
  return message
    .replace(/^(invalid input (?:syntax|value) for [^:]*): .*$/s, '$1')
    .replace(/^(invalid byte sequence for encoding "[^"]*"): .*$/s, '$1')
    .replace(/\bvalue ".*" (?=is out of range|for type)/s, 'value ')
    .replace(/(\bKey \()[^)]*\)=\(.*$/s, '$1…)');
}

function oneLine(text: string): string {
  return text.replace(/\s*\n\s*/g, ' ').trim();
}
