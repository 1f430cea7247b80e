/** Parsers of single values. Each says what is wrong and what would be right. */
import { resolve } from 'node:path';
import bytes from 'bytes';
import { nameFault } from '../store/names.js';
import type { Parsed, Parser } from './parser.js';
import { bad, good, quoted } from './parser.js';

/** `true` or `false`, in the spellings of YAML's core schema, which are those that actions accept. */
export function boolean(text: string): Parsed<boolean> {
  if (/^(?:true|True|TRUE)$/.test(text)) return good(true);
  if (/^(?:false|False|FALSE)$/.test(text)) return good(false);
  return bad(`${quoted(text)} is neither true nor false: write \`true\` or \`false\``);
}

/** The opposite of a boolean, for variables that say no. */
export function invertedBoolean(text: string): Parsed<boolean> {
  const parsed = boolean(text);
  return 'value' in parsed ? good(!parsed.value) : parsed;
}

/** One of a list of words. */
export function choice<T extends string>(words: readonly T[]): Parser<T> {
  return (text) => {
    const word = words.find((known) => known === text);
    return word === undefined ? bad(`${quoted(text)} is not known: use one of ${listed(words)}`) : good(word);
  };
}

/** A whole number within limits, both included. */
export function integer(what: string, least: number, most: number): Parser<number> {
  return (text) => {
    const value = /^\d{1,15}$/.test(text) ? Number(text) : NaN;
    if (value >= least && value <= most) return good(value);
    return bad(`${quoted(text)} is not a ${what}: give a whole number from ${least} to ${most}`);
  };
}

const UNITS_MS = [24 * 3_600_000, 3_600_000, 60_000, 1000] as const;

/** A length of time of at least `leastMs`, at most a month or so many days: `5h30m` is 19,800,000 milliseconds. */
export function duration(leastMs: number, mostDays = 31): Parser<number> {
  return (text) => {
    const parts = /^(?=\d)(?:(\d{1,4})d)?(?:(\d{1,4})h)?(?:(\d{1,6})m)?(?:(\d{1,8})s)?$/.exec(text)?.slice(1);
    if (parts === undefined) return bad(`${quoted(text)} is not a length of time: write it like \`5h30m\``);
    const ms = parts.reduce(
      (sum, part, at) => sum + Number((part as string | undefined) ?? 0) * (UNITS_MS[at] ?? 0),
      0,
    );
    if (ms >= leastMs && ms <= mostDays * UNITS_MS[0]) return good(ms);
    return bad(`${quoted(text)} is out of range: give \`${leastMs / UNITS_MS[3]}s\` to \`${mostDays}d\``);
  };
}

/** A whole number within limits, or `auto`. */
export function integerOrAuto(what: string, least: number, most: number): Parser<number | 'auto'> {
  const number = integer(what, least, most);
  return (text) => {
    if (text === 'auto') return good('auto');
    const parsed = number(text);
    return 'value' in parsed
      ? parsed
      : bad(`${quoted(text)} is not a ${what}: give a whole number from ${least} to ${most}, or \`auto\``);
  };
}

/** A size in bytes within limits: `64MB` is 64 * 1024 * 1024. */
export function size(least: number, most: number, orElse = ''): Parser<number> {
  return (text) => {
    // The library takes the number at the front of any text; we take only what it documents.
    const value = /^\d+(?:\.\d+)?(?:b|kb|mb|gb|tb)?$/i.test(text) ? bytes.parse(text) : null;
    if (value === null) return bad(`${quoted(text)} is not a size: write it like \`64MB\`${orElse}`);
    if (value >= least && value <= most) return good(value);
    return bad(`${quoted(text)} is out of range: give a size from ${String(bytes(least))} to ${String(bytes(most))}`);
  };
}

/** The same, or `auto`, which is null. */
export function sizeOrAuto(least: number, most: number): Parser<number | null> {
  const parse = size(least, most, ', or `auto`');
  return (text) => (text === 'auto' ? good(null) : parse(text));
}

/** Text without control characters. */
export function line(text: string): Parsed<string> {
  if (/\p{Cc}/u.test(text)) return bad(`${quoted(text)} has control characters: remove them`);
  return good(text);
}

/** A secret, taken as it is. */
export function secret(text: string): Parsed<string> {
  return good(text);
}

/** A secret without spaces at its ends, which no key has. */
export function key(text: string): Parsed<string> {
  return good(text.trim());
}

/** Text that ends up as an argument of a command, and so must not look like an option. */
export function word(what: string, pattern: RegExp): Parser<string> {
  return (text) => (pattern.test(text) ? good(text) : bad(`${quoted(text)} is not ${what}: check it`));
}

/** A name that becomes part of the place of a backup, or of a database. */
export function name(text: string): Parsed<string> {
  const fault = nameFault(text);
  return fault === null ? good(text) : bad(`${quoted(text)} cannot be used as a name: ${fault}`);
}

/** NAMEDATALEN - 1: what is longer the server cuts, and then it is another name. */
const IDENTIFIER_BYTES = 63;

/** Why the server does not have this name for anything, or null. */
export function identifierFault(text: string): string | null {
  const bytes = Buffer.byteLength(text);
  if (bytes <= IDENTIFIER_BYTES) return null;
  return `${quoted(text)} is ${bytes} bytes long, and PostgreSQL has no names of more than ${IDENTIFIER_BYTES} bytes`;
}

/** A server's name, its address, or the directory of its socket. */
export function host(text: string): Parsed<string> {
  // A URL could carry a password, so its text stays out of the message.
  if (/:\/\/|@/.test(text)) return bad('this is a URL, not a host: use the input for the URL instead');
  if (/[\s\p{Cc}]/u.test(text)) return bad(`${quoted(text)} is not a host: remove the spaces`);
  return good(text);
}

/** The path of a directory, made absolute; relative ones are below the working directory. */
export function directory(text: string): Parsed<string> {
  if (/\p{Cc}/u.test(text)) return bad(`${quoted(text)} holds a control character: give the path of a directory`);
  if (/^[a-z0-9]+:\/\//i.test(text)) return bad(`${quoted(text)} is a URL: give the path of a directory`);
  return good(resolve(text));
}

/** Server settings: a line break is a space, as libpq splits at either. */
export function options(text: string): Parsed<string> {
  return line(text.replace(/\s*[\r\n]\s*/g, ' '));
}

/** `` `a`, `b` or `c` ``, for messages. */
export function listed(words: readonly string[]): string {
  const shown = words.map((known) => `\`${known}\``);
  return shown.length < 2 ? shown.join('') : `${shown.slice(0, -1).join(', ')} or ${String(shown.at(-1))}`;
}
