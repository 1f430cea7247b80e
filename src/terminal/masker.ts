import { visibleLine } from '../report/escape.js';

/** Shorter ones stand in any text by chance: blotting them out would only show what they are. */
const SHORTEST_MASKED = 3;

/**
 * Replaces secrets in texts by `***`. What a runner does for the action is done here for the command line: in logs, errors
 * and results. Covers each secret as given, as the log would show it, and with percent-encoding in lower case.
 */
export type Masker = (text: string) => string;

/** Masks these secrets, as they are and in the forms that lines and URLs give them; those too short to be told from other text stay. */
export function maskerOf(secrets: readonly string[]): Masker {
  const forms = new Set(secrets.flatMap((secret) => [secret, visibleLine(secret), lowerCaseEscapes(secret)]));
  const masked = [...forms].filter((form) => form.trim().length >= SHORTEST_MASKED);
  if (masked.length === 0) return (text) => text;
  // A secret may be the beginning of another: the longer ones come first.
  const longestFirst = masked.sort((a, b) => b.length - a.length).map(literal);
  const pattern = new RegExp(longestFirst.join('|'), 'g');
  return (text) => text.replace(pattern, '***');
}

/** `%3A` and `%3a` are the same character to a URL. */
function lowerCaseEscapes(text: string): string {
  return text.replace(/%[0-9A-F]{2}/g, (escape) => escape.toLowerCase());
}

function literal(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');
}
