import { stripVTControlCharacters } from 'node:util';

/**
 * Text from outside (names of objects, messages of servers and tools) made harmless for the three places it is shown in:
 * the log, which the runner parses for commands; the job summary, which is Markdown; and the chart in it.
 *
 * How the runner finds commands (actions/runner, ActionCommand.cs): `::name …::` at the start of a line, after white
 * space; and `##[name …]` anywhere in a line. It compares with the rules of a culture, which overlook invisible
 * characters, so a zero-width space between two colons does not keep them apart, and one before them does not hide them.
 */

/** Characters that a culture-aware comparison overlooks. */
const INVISIBLE = '[\\p{Cf}\\p{Default_Ignorable_Code_Point}]';
const COMMAND_START = new RegExp(`^((?:\\s|${INVISIBLE})*:)${INVISIBLE}*:`, 'u');
const OLD_COMMAND = new RegExp(`#${INVISIBLE}*#${INVISIBLE}*\\[`, 'gu');
/** Controls, line and paragraph separators, and format characters but for the two that words and emoji need (U+200C, U+200D). */
const HIDDEN = /[\p{Cc}\u2028\u2029]|(?![\u200c\u200d])\p{Cf}/gu;

/** `text` with at most `max` code points; what is cut off is shown by an ellipsis. */
export function truncate(text: string, max: number): string {
  // A code point is one or two code units: short texts need no counting.
  if (text.length <= max) return text;
  const points = Array.from(text.slice(0, 2 * max + 2));
  return points.length <= max ? text : `${points.slice(0, Math.max(0, max - 1)).join('')}…`;
}

/** One line of visible characters: no terminal sequences; controls, line ends and direction marks are spelled out. */
export function visibleLine(text: string): string {
  return stripVTControlCharacters(text)
    .toWellFormed()
    .replaceAll('\r', '\\r')
    .replaceAll('\n', '\\n')
    .replaceAll('\t', ' ')
    .replace(HIDDEN, (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`);
}

/** One line for the log which the runner cannot take for a command. Commands in it stay readable, with a space inside. */
export function safeLine(text: string): string {
  return visibleLine(text).replace(OLD_COMMAND, '## [').replace(COMMAND_START, '$1 :');
}

/**
 * Prose for a Markdown table cell, list item or paragraph, at most `max` characters of it.
 *
 * Entities, not backslashes: they work inside of HTML too, and `\|` after a backslash is ambiguous in tables. A span of
 * its own for `@` and `#` hides mentions, e-mail addresses and issue numbers from GitHub, without invisible characters
 * that somebody would copy.
 */
export function markdownCell(text: string, max = 400): string {
  return truncate(visibleLine(text), max)
    .trim()
    .replace(/^[-+]|^\d+[.)]|[\\`*{}[\]<>&!|~:$^]|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])|(?<=www)\.|@|#/giu, (found) => {
      if (found === '@' || found === '#') return `<span>${found}</span>`;
      return `${found.slice(0, -1)}&#${found.slice(-1).charCodeAt(0)};`;
    });
}

/** A name for a Markdown table cell, list item or paragraph, in the type of code. */
export function markdownCode(text: string, max = 150): string {
  return `<code>${markdownCell(text, max)}</code>`;
}

/** Words that begin statements of Mermaid's Gantt charts; a label must not start with one. */
const GANTT_WORDS =
  /^(?:gantt|title|section|click|call|href|dateformat|axisformat|tickinterval|includes|excludes|todaymarker|weekday|weekend|topaxis|inclusiveenddates|acctitle|accdescr|\d{4}-\d)/iu;

/** A label or title for a Mermaid Gantt chart: letters, digits and harmless signs; everything else becomes `·`. */
export function mermaidText(text: string, max = 60): string {
  const label = truncate(visibleLine(text), max)
    .replace(/[^\p{L}\p{M}\p{N}\p{So} ._()/+=…-]/gu, '·')
    .trim();
  if (label === '') return '·';
  return GANTT_WORDS.test(label) ? `· ${label}` : label;
}
