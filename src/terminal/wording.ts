/** The words of the command line, where a workflow has others. */
import { PhaseliftError } from '../foundation/errors.js';
import type { Mention } from '../foundation/text.js';
import { MODES } from '../inputs/settings.js';

const MODE_WORDS: ReadonlySet<string> = new Set(MODES);

/** The next step of somebody whose command line cannot be meant. */
export const SEE_HELP = '`phaselift --help` lists modes and options.';

/** A mention of an input as the option that it is here: `mode: restore` is `--restore`, `force: true` is `--force`. */
export function asOption({ input, value, style }: Mention): string {
  const isMode = input === 'mode' && value !== null && MODE_WORDS.has(value);
  const option = isMode ? `--${value}` : value === null || value === 'true' ? `--${input}` : `--${input} ${value}`;
  return style === 'plain' ? option : `\`${option}\``;
}

/** A command line that cannot be meant: exit code 2. */
export function usageError(message: string, hint = SEE_HELP): PhaseliftError {
  return new PhaseliftError('INPUT', message, { hint });
}
