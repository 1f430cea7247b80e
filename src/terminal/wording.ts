/** Messages are written in the words of a workflow's inputs; here they become the words of the command line. */
import { ALL_INPUTS } from '../inputs/definitions.js';
import { MODES } from '../inputs/settings.js';

const NAMES = new Set(ALL_INPUTS.map(({ name }) => name));
const MODE_WORDS: ReadonlySet<string> = new Set(MODES);

/** `` `mode: restore` `` becomes `` `--restore` ``, `` `force: true` `` `` `--force` ``, `` `s3-bucket` `` `` `--s3-bucket` ``. */
export function inOptions(text: string): string {
  return text.replace(/`([a-z0-9-]+)(?:: ([^`]+))?`/g, (whole, name: string, value: string | undefined) => {
    // `verify` alone is the mode as often as the input, in lists of modes for one.
    if (!NAMES.has(name) || whole === '`verify`') return whole;
    if (name === 'mode' && value !== undefined && MODE_WORDS.has(value)) return `\`--${value}\``;
    return value === undefined || value === 'true' ? `\`--${name}\`` : `\`--${name} ${value}\``;
  });
}
