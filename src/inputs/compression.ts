import type { Parsed } from './parser.js';
import { bad, good, quoted } from './parser.js';

/** The highest level of each method that pg_dump knows (16 and newer); `none` takes no level. */
const HIGHEST_LEVEL: ReadonlyMap<string, number> = new Map([
  ['none', 0],
  ['gzip', 9],
  ['lz4', 12],
  ['zstd', 22],
]);

/** What pg_dump's `-Z` takes: `0` to `9`, or a method with or without a level. The text is handed on as it is. */
export function compression(text: string): Parsed<string> {
  if (/^[0-9]$/.test(text)) return good(text);
  const [, method = '', level] = /^([a-z0-9]+)(?::(\d{1,3}))?$/.exec(text) ?? [];
  const highest = HIGHEST_LEVEL.get(method);
  if (highest === undefined) {
    return bad(
      `${quoted(text)} is not a compression: use \`0\` to \`9\`, or \`none\`, \`gzip\`, \`lz4\` or \`zstd\` with or without a level, as in \`zstd:3\``,
    );
  }
  if (level === undefined) return good(text);
  if (highest === 0) return bad(`${quoted(text)} has a level, and \`none\` takes none: write \`none\``);
  if (Number(level) >= 1 && Number(level) <= highest) return good(text);
  return bad(`${quoted(text)} has a level out of range: \`${method}\` takes 1 to ${highest}`);
}
