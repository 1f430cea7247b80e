import { bad, good, quoted, type Parsed } from './parser.js';
import { name } from './scalars.js';

/** Patterns of names of databases, one a line. */
export function databasePatterns(text: string): Parsed<string[]> {
  const patterns = text
    .split(/\r?\n/)
    .map((one) => one.trim())
    .filter((one) => one !== '');
  const faults = patterns.flatMap((pattern) => {
    const parsed = name(pattern);
    return 'faults' in parsed ? parsed.faults : [];
  });
  return faults.length > 0 ? bad(...faults) : good(patterns);
}

/** A share, written as `50%`: 0.5. */
export function percent(text: string): Parsed<number> {
  const value = /^\d{1,3}(?:\.\d+)?%$/.test(text) ? Number(text.slice(0, -1)) / 100 : NaN;
  return value > 0 && value <= 1 ? good(value) : bad(`${quoted(text)} is not a share: give \`1%\` to \`100%\``);
}
