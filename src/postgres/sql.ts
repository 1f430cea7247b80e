/** Text that becomes part of SQL. Only for the few statements that are our own: the journal, checks and verification. */

/** A string literal that means the same with standard_conforming_strings on and off. */
export function literal(value: string): string {
  const doubled = value.replaceAll("'", "''");
  return doubled.includes('\\') ? ` E'${doubled.replaceAll('\\', '\\\\')}'` : `'${doubled}'`;
}

export function identifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** What a line of a log does not show as it is (but for the joiners of words and emoji), and what a runner could take for a command. */
const HIDDEN = String.raw`[\p{Cc}\u2028\u2029]|(?![\u200c\u200d])\p{Cf}|##(?=\[)`;
const HAS_HIDDEN = new RegExp(HIDDEN, 'u');
const TO_ESCAPE = new RegExp(String.raw`${HIDDEN}|\\`, 'gu');

/** An identifier in SQL that people are to copy out of a log: what a line cannot show is escaped, `U&"a\000Ab"`. */
export function identifierLine(name: string): string {
  return HAS_HIDDEN.test(name) ? `U&${identifier(unicodeEscaped(name))}` : identifier(name);
}

/** A string literal for the same. */
export function literalLine(value: string): string {
  return HAS_HIDDEN.test(value) ? `U&'${unicodeEscaped(value).replaceAll("'", "''")}'` : literal(value).trim();
}

function unicodeEscaped(text: string): string {
  return text.replace(TO_ESCAPE, (found) => (found === '\\' ? '\\\\' : Array.from(found, escapeOf).join('')));
}

function escapeOf(character: string): string {
  const code = (character.codePointAt(0) ?? 0).toString(16).toUpperCase();
  return code.length > 4 ? `\\+${code.padStart(6, '0')}` : `\\${code.padStart(4, '0')}`;
}
