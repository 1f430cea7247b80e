import { phrase, type Mention, type Text } from '../foundation/text.js';
import type { Parser } from './parser.js';
import { MODES, type Mode } from './settings.js';

/** What an input is about. Documents and the pages of the help show the inputs of a group together. */
export type InputGroup =
  | 'subject' // what is done, to which database and backup
  | 'connection' // how the servers are reached
  | 's3'
  | 'directory'
  | 'tools' // where the tools of PostgreSQL run
  | 'dump' // how a backup is made
  | 'load' // how one is restored
  | 'prune'
  | 'fleet' // many databases, and what is expected of them
  | 'run'; // how much is checked and said

/** How a value is written: some text, a text of several lines, a number, or yes and no. */
export type InputKind = 'text' | 'lines' | 'number' | 'flag';

/** One input: the only place that says what it is called, what it is for, where it falls back to, and how it is understood. */
export interface InputDefinition<T> {
  name: string;
  /** What it is for: sentences in Markdown, in one line. The variables, the default and the modes are told from the rest. */
  about: Text;
  group: InputGroup;
  kind: InputKind;
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
  text: Text;
  /** The default as somebody would write it; null where it depends, or is nothing. */
  written: string | null;
}

/** What an input may say beyond its name, its purpose, its parser and its default. */
export type InputDetails<T> = Partial<
  Pick<InputDefinition<T>, 'group' | 'kind' | 'env' | 'modes' | 'secret' | 'parseEnv'>
>;

/** Makes an input of a group; `shared` holds for all that do not say otherwise. */
export function inputsOf(group: InputGroup, shared: Pick<InputDetails<never>, 'kind' | 'modes'> = {}) {
  return <T>(
    name: string,
    about: Text,
    parse: Parser<T>,
    fallback: Fallback<T>,
    details: InputDetails<T> = {},
  ): InputDefinition<T> => ({
    name,
    about,
    group,
    kind: kindOf(fallback.value),
    env: [],
    modes: MODES,
    secret: false,
    parse,
    parseEnv: parse,
    fallback,
    ...shared,
    ...details,
  });
}

/** A default tells the kind of what stands in its place. */
function kindOf(value: unknown): InputKind {
  if (typeof value === 'boolean') return 'flag';
  return typeof value === 'number' ? 'number' : 'text';
}

/** Nothing is a fine value, or one that depends on other inputs, as `text` tells. */
export function none(text: Text | Mention = ''): Fallback<null> {
  return { value: null, text: typeof text === 'string' ? text : phrase`${text}`, written: null };
}

/** A list or a text with nothing in it. */
export function empty<T>(value: T, text = ''): Fallback<T> {
  return { value, text, written: null };
}

/** A value that can be written down. */
export function preset<T>(value: T, text = String(value)): Fallback<T> {
  return { value, text: `\`${text}\``, written: text };
}
