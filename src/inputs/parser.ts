import type { Text } from '../foundation/text.js';

/** What became of a text: a value, or what is wrong with it and what to do, each in one line. */
export type Parsed<T> = { value: T } | { faults: readonly Text[] };

/** Understands the text of an input; never throws. */
export type Parser<T> = (text: string) => Parsed<T>;

/** The value of a text. */
export function good<T>(value: T): Parsed<T> {
  return { value };
}

/** What is wrong with a text. */
export function bad(...faults: readonly Text[]): { faults: readonly Text[] } {
  return { faults };
}

/** A value that somebody gave, for a message: in backquotes, one line, at most about 80 characters. */
export function quoted(text: string): string {
  const characters = Array.from(text);
  const shown = characters.length > 80 ? `${characters.slice(0, 77).join('')}…` : text;
  // Control characters and the like could forge a line of the log.
  const safe = shown.replace(/[\p{C}\u2028\u2029]/gu, (character) => {
    const code = (character.codePointAt(0) ?? 0).toString(16);
    return `\\u{${code}}`;
  });
  return `\`${safe}\``;
}
