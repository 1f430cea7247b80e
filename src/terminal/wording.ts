/** Messages are written in the words of a workflow's inputs; here they become the words of the command line. */
import type { Mention } from '../foundation/text.js';
import { ALL_INPUTS } from '../inputs/definitions.js';
import { MODES } from '../inputs/settings.js';

const NAMES = new Set(ALL_INPUTS.map(({ name }) => name));
const MODE_WORDS: ReadonlySet<string> = new Set(MODES);

/** A mention of an input as the option that it is on the command line. */
export function asOption({ input, value }: Mention): string {
  if (input === 'mode' && value !== null && MODE_WORDS.has(value)) return `\`--${value}\``;
  return value === null || value === 'true' ? `\`--${input}\`` : `\`--${input} ${value}\``;
}

/** `` `mode: restore` `` becomes `` `--restore` ``, `` `force: true` `` `` `--force` ``, `` `s3-bucket` `` `` `--s3-bucket` ``. */
export function inOptions(text: string): string {
  return text.replace(/`([a-z0-9-]+)(?:: ([^`]+))?`/g, (whole, name: string, value: string | undefined) => {
    // `verify` alone is the mode as often as the input, in lists of modes for one.
    if (!NAMES.has(name) || whole === '`verify`') return whole;
    if (name === 'mode' && value !== undefined && MODE_WORDS.has(value)) return `\`--${value}\``;
    return value === undefined || value === 'true' ? `\`--${name}\`` : `\`--${name} ${value}\``;
  });
}
