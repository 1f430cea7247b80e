import type { Mode } from './settings.js';

/** What became of a text: a value, or what is wrong with it and what to do, each in one line. */
export type Parsed<T> = { value: T } | { faults: readonly string[] };

/** Understands the text of an input; never throws. */
export type Parser<T> = (text: string) => Parsed<T>;

/** One input: the single place that says what it is called, where it falls back to, and how it is understood. */
export interface InputDefinition<T> {
  name: string;
  /** Environment variables that are looked at, in this order, when the input is empty. */
  env: readonly string[];
  /** The modes that use it. */
  modes: readonly Mode[];
  /** Its value is masked and never part of a message. */
  secret: boolean;
  parse: Parser<T>;
  /** How the environment variables are understood where that differs. */
  parseEnv: Parser<T>;
  /** What holds when nothing is given. */
  fallback: Fallback<T>;
}

/** What counts where neither the input nor a variable of it says anything. */
export interface Fallback<T> {
  value: T;
  /** For people, Markdown: `` `5432` ``, `required`, or empty when there is nothing to say. */
  text: string;
}

/** The value of a text. */
export function good<T>(value: T): Parsed<T> {
  return { value };
}

/** What is wrong with a text. */
export function bad(...faults: readonly string[]): { faults: readonly string[] } {
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
